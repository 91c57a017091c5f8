//! The three social-insurance families.

use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::browser::{Answer, Browser, between, lab, number, person, rows, sorted, told, truth};

const SECTIONS: [(&str, &str); 5] = [
    ("siAd.do?method=queryAgedPayHis", "oldageInsuranceInfos"),
    ("siMedi.do?method=queryMediPayHis", "medicalInsuranceInfos"),
    ("siBirth.do?method=queryBirthPayHis", "birthInsuranceInfos"),
    ("siHarm.do?method=queryHarmPayHis", "injuryInsuranceInfos"),
    ("siLost.do?method=queryLostPayHis", "unemployInsuranceInfos"),
];

fn mixed(version: &str, id: &str) -> String {
    let h = format!("9853398{}7291166723", version.replace('.', ""));
    let tail = &h[h.len() - 5..];
    [&h[6..9], &id[4..7], &h[..4], &id[..4], tail, &id[11..15], &h[3..7], &id[11..], &h[10..14]]
        .concat()
}

fn hsp_login(browser: &mut Browser, area: &str, id: &str, password: &str) -> Value {
    let page = browser.get("logonDialog.jsp").text();
    let version = if area == "370100" {
        mixed(between(&page, "appversion = \"", "\""), id)
    } else {
        between(&page, "onLogin('", "'").to_owned()
    };
    let code = browser.get("authcode?0.3").picture_answer();
    let digest = hex::encode(Md5::digest(password));
    let xml = format!(
        "<p><s userid=\"{id}\"/><s usermm=\"{digest}\"/><s authcode=\"{code}\"/>\
         <s yxzjlx=\"A\"/><s appversion=\"{version}\"/><s dlfs=\"1\"/></p>"
    );
    let form = [("method", "doLogon"), ("_xmlString", &xml), ("_random", "0.1")];
    browser.post("logon.do", &form).json()
}

/// Rows of inputs with their column titles.
fn inputs(page: &str) -> Vec<Vec<(String, String)>> {
    let titles = &rows(page, "th")[0];
    page.split("<tr ondblclick")
        .skip(1)
        .map(|row| {
            let values = row.split(" value=\"").skip(1).map(|v| v.split('"').next().unwrap());
            titles.iter().cloned().zip(values.map(str::to_owned)).collect()
        })
        .collect()
}

fn hsp_row(cells: &[(String, String)]) -> Value {
    let mut row = json!({});
    for (title, value) in cells {
        let (name, value) = match title.as_str() {
            "缴费年月" => ("payMonthly", json!(format!("{}-{}", &value[..4], &value[4..]))),
            "缴费基数" | "个人基数" => ("salary", json!(value)),
            "记账额" => ("amount", number(value)),
            "个人缴" | "个人缴费" => ("payPerson", number(value)),
            "单位缴费" => ("payCompany", number(value)),
            "发生日期" | "缴费日期" => ("payDate", json!(value)),
            "缴费类型" => ("describe", json!(value)),
            _ => continue,
        };
        if !value.as_str().is_some_and(|v| v.contains("-02-30")) {
            row[name] = value;
        }
    }
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn hsp_reads_every_year_or_everything() {
    let lab = lab().await;
    for area in ["370100", "370300"] {
        for index in [1, 3, 5, 7, 10] {
            let someone = person(&lab, "insurance", area, index);
            let expected = truth(&lab, "insurance", area, &someone, "good");
            let mut browser = Browser::new(&lab, &format!("insurance/{area}"));
            let id = someone["id_card"].as_str().unwrap();
            let answer = hsp_login(&mut browser, area, id, "good");
            assert_eq!(answer["flag"], true, "{answer}");
            let uuid = answer["__usersession_uuid"].as_str().unwrap();
            let mut read = |address: &str, year: &str| -> String {
                let address = format!("{address}&__usersession_uuid={uuid}&_laneID=1&_random=0.2");
                if area == "370100" {
                    return browser.get(&format!("{address}&year={year}")).text();
                }
                let (path, form) = address.split_once('?').unwrap();
                browser.send("POST", path, form).unwrap().text()
            };
            let base = read("hspUser.do?method=fwdQueryPerInfo", "");
            let company = crate::browser::unescape(between(&base, "id=\"dwmc\" value=\"", "\""));
            assert_eq!(json!(company), expected["baseInfo"]["company"]);
            for (address, section) in SECTIONS {
                let years: &[&str] =
                    if area == "370100" { &["2015", "2016", "2017"] } else { &[""] };
                let found = years
                    .iter()
                    .flat_map(|year| inputs(&read(address, year)))
                    .map(|cells| hsp_row(&cells));
                assert_eq!(sorted(found.collect()), told(&expected, section), "{area} {index}");
            }
        }
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hsp_refuses_a_wrong_version_and_a_stale_token() {
    let lab = lab().await;
    let someone = person(&lab, "insurance", "370300", 0);
    let id = someone["id_card"].as_str().unwrap();
    let mut browser = Browser::new(&lab, "insurance/370300");
    browser.get("authcode");
    let xml = format!("<p><s userid='{id}'/><s appversion='0'/></p>");
    let form = [("method", "doLogon"), ("_xmlString", &*xml)];
    let answer = browser.post("logon.do", &form).json();
    assert_eq!(answer["message"], "系统版本与数据库版本两者不一致！");
    assert_eq!(hsp_login(&mut browser, "370300", id, "wrong")["message"], "用户名或密码不正确");
    assert_eq!(hsp_login(&mut browser, "370300", id, "good")["flag"], true);
    let form = [("method", "fwdQueryPerInfo"), ("__usersession_uuid", "USERSESSION_x")];
    assert!(browser.post("hspUser.do", &form).text().contains("您没有登录或者连结超时"));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ehrss_of_haerbin_binds_the_picture_to_its_id() {
    let lab = lab().await;
    let someone = person(&lab, "insurance", "230100", 1);
    let expected = truth(&lab, "insurance", "230100", &someone, "good");
    let mut browser = Browser::new(&lab, "insurance/230100");
    let id = browser.get("uaa/captcha/img").json()["id"].as_str().unwrap().to_owned();
    let code = browser.get(&format!("uaa/captcha/img/{id}")).picture_answer();
    let account = someone["login"]["account"].as_str().unwrap();
    let form =
        [("captchaId", &*id), ("captchaWord", &code), ("username", account), ("password", "good")];
    let answer = browser.post("uaa/api/person/idandmobile/login", &form);
    let home = browser.get(&answer.headers["location"]).text();
    assert!(home.contains("<title>社会保障个人网上业务大厅</title>"));
    let user = browser.get("api/security/user").json();
    assert_eq!(user["associatedPersons"].as_array().unwrap().len(), 2);
    let own = user["associatedPersons"][0]["id"].as_str().unwrap();
    let api = "ehrss-si-person/api/rights";
    let base = browser.get(&format!("{api}/person/baseinfo?personId={own}")).json();
    assert_eq!(base["baseInfoDTO"]["idNumber"], expected["baseInfo"]["idcard"]);
    for (number, section) in [
        ("1", "injuryInsuranceInfos"),
        ("2", "birthInsuranceInfos"),
        ("3", "unemployInsuranceInfos"),
    ] {
        let address = format!(
            "{api}/payment/paydetail?startTime=200701&endTime=201712&type={number}&personId={own}\
             &paymentType="
        );
        let rows = browser.get(&address).json()["personPaymentInfoDetailDTO"].clone();
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len(), expected[section].as_array().unwrap().len());
        assert_eq!(rows[0]["companyName"], expected[section][0]["company"]);
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ehrss_of_haikou_wants_its_cookie_back() {
    let lab = lab().await;
    let someone = person(&lab, "insurance", "460100", 3);
    let expected = truth(&lab, "insurance", "460100", &someone, "good");
    let mut browser = Browser::new(&lab, "insurance/460100");
    let door = "uaa/api/person/idandmobile";
    browser.get(&format!("{door}?client_id=acme&redirect_uri=x&response_type=code"));
    let csrf = browser.cookies["XSRF-TOKEN"].clone();
    let (id, mobile) =
        (someone["id_card"].as_str().unwrap(), someone["login"]["mobile"].as_str().unwrap());
    let login = |csrf: &str, password: &str| {
        format!("{door}/login?idnumber={id}&mobilenumber={mobile}&password={password}&_csrf={csrf}")
    };
    assert_eq!(browser.get(&login("x", "good")).status, 403);
    let refused = browser.get(&login(&csrf, "wrong")).text();
    assert!(refused.contains("<div class=\"alert alert-danger\">用户名或密码错误</div>"));
    let answer = browser.get(&login(&csrf, "good"));
    assert_eq!(answer.status, 302);
    let user = browser.get("api/security/user").json();
    let own = user["associatedPersons"][0]["id"].as_str().unwrap();
    let mut pension = Vec::new();
    for year in 2013..=2017 {
        let address = format!("ehrss-si-person/api/rights/payment/{own}?insurance=&year={year}");
        let rows = browser.get(&address).json()["list"].clone();
        let rows = rows.as_array().unwrap().iter().filter(|row| row["insurance"] == "110");
        pension.extend(rows.map(|row| {
            let month = row["costperiod"].as_str().unwrap();
            json!({
                "company": row["unitname"],
                "payMonthly": format!("{}-{}", &month[..4], &month[4..]),
                "salary": row["paymentbase"],
                "payCompany": number(row["unitacttransfersum"].as_str().unwrap()),
                "payPerson": number(row["personalacttranssum"].as_str().unwrap()),
                "amount": number(row["acttransfersum"].as_str().unwrap()),
            })
        }));
    }
    assert_eq!(sorted(pension), told(&expected, "oldageInsuranceInfos"));
    lab.stop().await;
}

fn token_login(browser: &mut Browser, someone: &Value, password: &str) -> Answer {
    assert!(browser.get("index.html").text().contains("id=\"f_svl\" src=\"validatecode.svl\""));
    let code = browser.get("validatecode.svl").picture_answer();
    let account = someone["login"]["account"].as_str().unwrap();
    let form = [("type", "1"), ("account", account), ("password", password), ("captcha", &*code)];
    browser.post("loginvalidate.html", &form)
}

#[tokio::test(flavor = "multi_thread")]
async fn person_html_of_panjin_fills_its_grids() {
    let lab = lab().await;
    for (index, word) in [(7, "['success1']"), (6, "['success']"), (5, "['success1']")] {
        let someone = person(&lab, "insurance", "211100", index);
        let expected = truth(&lab, "insurance", "211100", &someone, "good");
        let mut browser = Browser::new(&lab, "insurance/211100");
        assert_eq!(token_login(&mut browser, &someone, "good").text(), word);
        let base = rows(&browser.get("personRYJBXX.html").text(), "td").pop().unwrap();
        assert!(base.contains(&expected["baseInfo"]["idcard"].as_str().unwrap().to_owned()));
        let mut found = Vec::new();
        for page in 1.. {
            let address = format!("web_personYLCBJFXXCX_query.html?pageNo1={page}&tzid=tab2");
            let html = browser.get(&address).text();
            let grid = rows(between(&html, "class=\"grid\"", "</table>"), "td");
            assert_eq!(grid.len(), 10);
            found.extend(grid.into_iter().filter(|row| !row[0].is_empty()));
            let pages = between(&html, "class=\"page_num\">", "页").split('/').next_back();
            if pages == Some(&page.to_string()) {
                break;
            }
        }
        let found = found.iter().map(|row| {
            let mut told = json!({
                "company": row[7],
                "describe": row[8],
                "payMonthly": format!("{}-{}", &row[9][..4], &row[9][4..]),
                "status": row[10],
                "salary": row[11].replace(',', ""),
                "payPerson": number(&row[12]),
                "payCompany": number(&row[13]),
            });
            told["payDate"] = row[14].as_str().into();
            told
        });
        assert_eq!(sorted(found.collect()), told(&expected, "oldageInsuranceInfos"));
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn person_html_of_wuxi_answers_columns_until_they_are_absent() {
    let lab = lab().await;
    let someone = person(&lab, "insurance", "320200", 7);
    let expected = truth(&lab, "insurance", "320200", &someone, "good");
    let mut browser = Browser::new(&lab, "insurance/320200");
    assert_eq!(token_login(&mut browser, &someone, "locked").text(), "['isLocked']");
    assert_eq!(token_login(&mut browser, &someone, "good").text(), "['success']");
    let base = browser.get("person/personBaseInfo.html").text();
    assert!(base.contains("<li>姓　　名：</li>"));
    let mut found = Vec::new();
    for page in 1.. {
        let html = browser.get(&format!("person/personMedCountInfo.html?pageNo={page}")).text();
        if !html.contains("年度") {
            break;
        }
        let column = |title: &str| {
            let dl = between(&html, &format!("<dt>{title}</dt>"), "</dl>").to_owned();
            dl.split("<dd>").skip(1).map(|d| d.replace("</dd>", "")).collect::<Vec<_>>()
        };
        let years = column("年度").into_iter().zip(column("本年划入"));
        found.extend(years.map(|(y, sum)| json!({"describe": y, "amount": number(&sum)})));
    }
    assert!(found.len() > 5);
    assert_eq!(sorted(found), told(&expected, "medicalInsuranceInfos"));
    lab.stop().await;
}
