//! The testers' pages, the callback receiver, and the behaviours that break answers on their way.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use crate::browser::{Browser, lab, person, truth};

/// Logs in at 成都, whose login is one request.
fn chengdu(
    lab: &fiveone_lab::Lab,
    password: &str,
) -> (Browser, std::io::Result<crate::browser::Answer>) {
    let someone = person(lab, "fund", "510100", 0);
    let mut browser = Browser::new(lab, "fund/510100");
    browser.ajax = true;
    let id_card = someone["id_card"].as_str().unwrap();
    let form = [("aType", "4"), ("j_username", id_card), ("j_password", password)];
    let answer = browser.send("POST", "login.do", &crate::browser::encode(&form, false));
    (browser, answer)
}

const BILLS: &str = "per/depositRecordQueryAction!queryAepositDetailInfo.do";
const YEAR: &str = "dto%5B%27year%27%5D=2017";

#[tokio::test(flavor = "multi_thread")]
async fn passwords_break_answers_on_their_way() {
    let lab = lab().await;
    assert!(chengdu(&lab, "drops").1.is_err());
    assert_eq!(chengdu(&lab, "down").1.unwrap().status, 503);
    assert_eq!(chengdu(&lab, "blocked").1.unwrap().status, 403);
    let started = Instant::now();
    chengdu(&lab, "slow").1.unwrap();
    assert!(started.elapsed().as_millis() >= 300);
    let bills = |password| {
        let (mut browser, _) = chengdu(&lab, password);
        browser.get("per/querPerInfo.do?menuid=259333").text();
        browser.send("POST", BILLS, YEAR).unwrap()
    };
    assert_eq!(bills("partial").status, 500);
    let answer = bills("redirects");
    assert!(answer.headers["location"].ends_with(BILLS));
    assert_eq!(bills("elsewherehost").headers["location"], "http://elsewhere.invalid/stolen/");
    assert_eq!(bills("badgzip").headers["content-encoding"], "gzip");
    assert_eq!(bills("huge").bytes.len(), 100 * 1024 * 1024);
    assert!(String::from_utf8(bills("charset").bytes).is_err());
    assert!(bills("changedrows").json()["lists"]["dataList"]["records"][0]["col0"].is_string());
    assert_eq!(bills("empty").json()["lists"]["dataList"]["total"], 0);
    assert_eq!(bills("lost").json()["msg"], "用户登录已经失效，请重新登录");
    let (mut browser, _) = chengdu(&lab, "flaky");
    assert_eq!(browser.get("per/querPerInfo.do").status, 503);
    assert_eq!(browser.get("per/querPerInfo.do").status, 200);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn truths_are_deterministic_and_follow_the_password() {
    let (first, second) = (lab().await, lab().await);
    for (portal, _) in first.portals() {
        let (product, area) = portal.split_once('/').unwrap();
        for index in 0..32 {
            let someone = person(&first, product, area, index);
            assert_eq!(someone, person(&second, product, area, index));
            let truths = ["good", "empty", "partial"]
                .map(|password| truth(&first, product, area, &someone, password));
            assert_eq!(truths[0], truth(&second, product, area, &someone, "good"));
            let last = truths[0].as_object().unwrap().keys().next_back().unwrap();
            assert!(truths[2].get(last).is_none(), "{portal}");
            assert_eq!(truths[1][last], json!([]), "{portal}");
        }
    }
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn testers_pages_agree_with_the_library() {
    let lab = lab().await;
    let mut browser = Browser::new(&lab, "fund/210300");
    let people = browser.get("/people?product=fund&area=210300&n=3").json();
    assert_eq!(people.as_array().unwrap().len(), 3);
    assert_eq!(people[2], person(&lab, "fund", "210300", 2));
    let told = browser.get(people[2]["truth"].as_str().unwrap()).json();
    assert_eq!(told, truth(&lab, "fund", "210300", &people[2], "good"));
    assert_eq!(browser.get("/truth/fund/210300/990000190001010016").status, 404);
    assert_eq!(browser.get("/inbox/990000190001010016").status, 404);
    let rows = browser.get("/behaviours?product=insurance&area=460100").json();
    assert_eq!(rows, Value::Array(fiveone_lab::behaviours("insurance", "460100")));
    let codes: BTreeMap<&str, &str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["password"].as_str().unwrap(), row["code"].as_str().unwrap()))
        .collect();
    assert_eq!((codes["good"], codes["wrong"], codes["partial"]), ("40001", "50004", "40002"));
    assert!(!codes.contains_key("captcha"));
    let page = browser.get("/").text();
    assert!(page.contains("盘锦") && page.contains("<code>badgzip</code>") && !page.contains("{{"));
    assert_eq!(browser.get("/nowhere").status, 404);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_are_kept_and_answered_as_wished() {
    let lab = lab().await;
    let mut browser = Browser::new(&lab, "fund/210300");
    let answers: Vec<u16> = (0..3)
        .map(|_| browser.post("/callbacks/one?answer=500&times=2", &[("tid", "1")]).status)
        .collect();
    assert_eq!(answers, [500, 500, 200]);
    let kept = browser.get("/callbacks/one").json();
    assert_eq!(kept.as_array().unwrap().len(), 3);
    assert_eq!((&kept[2]["body"], &kept[2]["answered"]), (&json!("tid=1"), &json!(200)));
    assert_eq!(kept[0]["headers"]["content-type"], "application/x-www-form-urlencoded");
    lab.stop().await;
}
