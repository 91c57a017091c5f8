//! P-50 and P-51 as a plain client sees them: it polls, compares nothing and remembers nothing.

use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use serde_json::Value;

use crate::gateway::{Plan, TestGateway, read_picture, text};
use crate::vendor_client::FUND;

on_both!(
    p_50_the_poll_after_a_code_asks_for_it_no_more_on_any_node,
    p_51_a_wrong_code_is_told_in_msg_for_pictures_and_for_sms,
);

async fn p_50_the_poll_after_a_code_asks_for_it_no_more_on_any_node(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let other = TestGateway::router_of(&gateway.second_node().await).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "slow").await;
    let data = gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    let code = read_picture(&text(&data["base64_image_bytes"]));
    assert_eq!(other.user_code(FUND, &tid, &code).await, 0, "taken by a node that did not ask");
    for client in [&gateway.client, &other] {
        let data = client.result(FUND, &tid).await;
        assert_ne!(data["code"], "10004", "{data}");
        assert_eq!(data.get("base64_image_bytes"), None, "{data}");
    }
    let data = gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    assert_eq!(data["code"], "40001", "{data}");
    gateway.assert_nothing_is_left().await;
}

/// Answers whatever is asked with a wrong code; every `msg` of a question, once each.
async fn told(gateway: &TestGateway, password: &str) -> (Vec<String>, Value) {
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, password).await;
    let mut told = Vec::new();
    loop {
        let data = gateway.wait_for(Product::Fund, &tid, &["10003", "10004", "4", "5"]).await;
        if data["code"].as_str().is_some_and(|code| code > "3") {
            return (told, data);
        }
        told.push(text(&data["msg"]));
        let code = match password {
            "smswrong3" if data["code"] == "10004" => {
                read_picture(&text(&data["base64_image_bytes"]))
            }
            _ => "0000".to_owned(),
        };
        assert_eq!(gateway.client.user_code(FUND, &tid, &code).await, 0);
    }
}

async fn p_51_a_wrong_code_is_told_in_msg_for_pictures_and_for_sms(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let captcha = "登录中，等待用户输入图片码";
    let sms = "登录中，等待用户输入短信";
    let second = "：验证码错误，请重新输入（第2次）";
    let third = "：验证码错误，请重新输入（第3次）";
    let all = |label: &str, rest: [&str; 3]| rest.map(|end| format!("{label}{end}"));

    let (of_pictures, data) = told(&gateway, "captcha3").await;
    assert_eq!(of_pictures, all(captcha, ["", second, third]));
    assert_eq!(data["code"], "50009", "{data}");
    let (of_sms, data) = told(&gateway, "smswrong3").await;
    let (before, of_sms) = of_sms.split_at(1);
    assert_eq!(
        (before, of_sms),
        ([captcha.to_owned()].as_slice(), &all(sms, ["", second, third])[..])
    );
    assert_eq!(data["code"], "50009", "{data}");
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_50_a_code_is_taken_once() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "captcha").await;
    let data = gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    let first = text(&data["base64_image_bytes"]);
    assert_eq!(gateway.client.user_code(FUND, &tid, "").await, -2, "blank");
    assert_eq!(gateway.client.user_code(FUND, &tid, &"9".repeat(5_000)).await, -2, "too long");
    // At once, since a moment later the question is closed, and another one open.
    let answers = (0..8).map(|_| gateway.client.user_code(FUND, &tid, "wrong"));
    let mut answers = futures_util::future::join_all(answers).await;
    answers.sort_unstable();
    assert_eq!(answers, [-2, -2, -2, -2, -2, -2, -2, 0]);
    // P-51: a wrong captcha brings a fresh picture.
    let mut changes = gateway.engine.changes();
    let fresh = loop {
        let data = gateway.client.result(FUND, &tid).await;
        let picture = text(&data["base64_image_bytes"]);
        if data["code"] == "10004" && picture != first {
            break picture;
        }
        // Waiting for a question that will not come would never end.
        let is_over = data["code"].as_str().is_some_and(|code| code > "3");
        assert!(!is_over, "no fresh question: {data}");
        changes.changed().await.unwrap();
    };
    // The fresh question is open: the code that was refused was not kept for it.
    assert_ne!(read_picture(&fresh), read_picture(&first));
    assert_eq!(gateway.client.user_code(FUND, &tid, &read_picture(&fresh)).await, 0);
    let data = gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    assert_eq!(data["code"], "40001", "{data}");
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn p_51_three_wrong_captchas_end_in_50009() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "captcha3").await;
    let data = gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    assert_eq!(data["code"], "50009", "{data}");
    assert_eq!(gateway.is_captured(&tid).await, Some(false));
    gateway.assert_nothing_is_left().await;
}
