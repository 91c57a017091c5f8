//! The model city, read the way its notes say, and the notes themselves.

use serde_json::{Value, json};

use crate::browser::{Browser, between, lab, number, person, rows, told, truth};

fn login(browser: &mut Browser, someone: &Value, way: usize, password: &str) -> Value {
    let page = browser.get(&format!("login?way={way}")).text();
    let ticket = between(&page, "name=\"ticket\" value=\"", "\"").to_owned();
    let way_text = way.to_string();
    let mut form = vec![("way", way_text.as_str()), ("ticket", &ticket)];
    let fields = someone["logins"][way - 1].as_object().unwrap();
    let fields = fields.iter().filter(|field| field.0 != "password" && field.0 != "login_type");
    form.extend(fields.map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
    form.push(("password", password));
    let code = if way == 1 { browser.get("captcha.png").picture_answer() } else { String::new() };
    form.push(("captcha", &code));
    browser.post("login", &form).json()
}

fn ticket(browser: &mut Browser) -> String {
    let page = browser.get("login").text();
    between(&page, "name=\"ticket\" value=\"", "\"").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_leads_in() {
    let lab = lab().await;
    let someone = person(&lab, "insurance", "990000", 2);
    for way in [1, 2] {
        let mut browser = Browser::new(&lab, "insurance/990000");
        assert_eq!(login(&mut browser, &someone, way, "good")["code"], "OK");
    }
    for (way, password) in [(3, "good"), (1, "sms"), (2, "smswrong"), (1, "both")] {
        let mut browser = Browser::new(&lab, "insurance/990000");
        assert_eq!(login(&mut browser, &someone, way, password)["code"], "SMS");
        assert_eq!(browser.get("pays.json?kind=birth").json()["code"], "NO_SESSION");
        let inbox = format!("/inbox/{}", someone["id_card"].as_str().unwrap());
        let submit = |browser: &mut Browser| {
            let code = browser.get(&inbox).json()["code"].as_str().unwrap().to_owned();
            let ticket = ticket(browser);
            browser.post("login/sms", &[("ticket", &ticket), ("code", &code)]).json()["code"]
                .clone()
        };
        if password == "smswrong" {
            assert_eq!(submit(&mut browser), "BAD_SMS");
        }
        assert_eq!(submit(&mut browser), "OK");
        assert_eq!(browser.get("pays.json?kind=birth").json()["code"], "OK");
    }
    let mut browser = Browser::new(&lab, "insurance/990000");
    assert_eq!(login(&mut browser, &someone, 1, "relogin")["code"], "ONLINE");
    let ticket = ticket(&mut browser);
    assert_eq!(browser.post("login/force", &[("ticket", &ticket)]).json()["code"], "OK");
    assert_eq!(browser.get("base").status, 200);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fund_shows_loans_with_everything() {
    let lab = lab().await;
    let someone = person(&lab, "fund", "990000", 15);
    let expected = truth(&lab, "fund", "990000", &someone, "good");
    let mut browser = Browser::new(&lab, "fund/990000");
    assert_eq!(login(&mut browser, &someone, 2, "good")["code"], "OK");
    let loans = browser.get("loans.json").json()["loans"].clone();
    let loans = loans.as_array().unwrap();
    assert_eq!(loans.len(), 2);
    for (loan, told) in loans.iter().zip(expected["loanInfos"].as_array().unwrap()) {
        let contract = loan["contract"].as_str().unwrap();
        let page = browser.get(&format!("loan?contract={contract}")).text();
        assert_eq!(told["detailInfo"]["loanNum"], json!(contract));
        assert_eq!(told["detailInfo"].as_object().unwrap().len(), 35);
        let repayments = rows(between(&page, "id=\"repayments\"", "</table>"), "td");
        let told = told["loanRepayInfos"].as_array().unwrap();
        assert_eq!(repayments.len(), told.len());
        assert_eq!(number(&repayments[0][4]), told[0]["sum"]);
    }
    lab.stop().await;
}

/// Every field of the documents' tables can be produced here.
#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_the_documents_is_offered() {
    let lab = lab().await;
    let someone = person(&lab, "fund", "990000", 15);
    let fund = truth(&lab, "fund", "990000", &someone, "good");
    let size = |value: &Value| value.as_object().unwrap().len();
    let widest = |list: &Value| list.as_array().unwrap().iter().map(size).max();
    let loan = &fund["loanInfos"][0];
    let sizes = [
        Some(size(&fund["baseInfo"])),
        widest(&fund["billInfos"]),
        Some(size(&loan["detailInfo"])),
        widest(&loan["loanRepayerInfos"]),
        widest(&loan["loanRepayInfos"]),
        widest(&loan["loanOverdueInfos"]),
    ];
    assert_eq!(sizes, [34, 8, 35, 8, 11, 6].map(Some));
    let someone = person(&lab, "insurance", "990000", 0);
    let insurance = truth(&lab, "insurance", "990000", &someone, "good");
    // All but tid, and the date of a retirement that has not happened.
    assert_eq!(size(&insurance["baseInfo"]), 45);
    let retired = person(&lab, "insurance", "990000", 13);
    let retired = truth(&lab, "insurance", "990000", &retired, "good");
    assert_eq!(size(&retired["baseInfo"]), 46);
    assert_eq!(
        told(&insurance, "injuryInsuranceInfos").len(),
        told(&insurance, "birthInsuranceInfos").len()
    );
    assert_eq!(widest(&insurance["oldageInsuranceInfos"]), Some(11));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_name_every_field() {
    let lab = lab().await;
    let mut browser = Browser::new(&lab, "fund/990000");
    for (product, words) in [
        ("fund", ["`loanRepayerInfos`", "| 冲还贷方式 | `isMonthHedge` |", "accounts.json"]),
        ("insurance", ["pays.json", "| 照片地址 | `imgUrl` |", "`payCompanyScale`"]),
    ] {
        let notes = browser.get(&format!("/portal-notes/{product}/990000")).text();
        for word in words {
            assert!(notes.contains(word), "{word} in {notes}");
        }
    }
    assert_eq!(browser.get("/portal-notes/fund/210300").status, 404);
    lab.stop().await;
}
