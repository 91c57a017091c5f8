//! P-14: the signature of our own, with time and nonce, on every node.

use std::sync::Arc;

use fiveone_model::signature::{BodyDigest, SignedCall, sign};
use fiveone_testkit::build::NOW;
use fiveone_testkit::{ManualClock, TestStore, on_both};

use crate::gateway::{APP, Plan, TOKEN, TestGateway};
use crate::vendor_client::{Answer, Client, DOCUMENTED};

on_both!(
    p_14_a_signed_call_is_good_once_for_five_minutes_and_only_as_it_was_sent,
    a_token_that_was_rotated_is_taken_for_a_while,
);

const NAME: &str = "getFundCitysB";
const FORM: &str = "application/x-www-form-urlencoded";

/// A call with this header, at whatever path.
async fn call(client: &Client, path: &str, body: &str, headers: &[&str]) -> Answer {
    let mut request = client.request("POST", path).header("content-type", FORM);
    for header in headers {
        request = request.header("x-fiveone-signature", *header);
    }
    client.send(request.body(body.to_owned())).await
}

async fn p_14_a_signed_call_is_good_once_for_five_minutes_and_only_as_it_was_sent(
    store: TestStore,
) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = TestGateway::build(store, plan).await;
    let client = &gateway.client;
    let other = TestGateway::router_of(&gateway.second_node().await).await;
    let token_key = client.token_key(&format!("{DOCUMENTED}{NAME}"), &[]);
    let body = format!("appId={APP}&tokenKey={token_key}");
    let path = format!("/identity/{NAME}");
    let signed = |token: &str, name: &str, body: &str, at_ms: i64, nonce: &str| {
        let call = SignedCall { name, body: BodyDigest::of(body.as_bytes()) };
        sign(call, token, at_ms / 1_000, nonce)
    };
    let good = |nonce: &str| signed(TOKEN, NAME, &body, NOW, nonce);
    let told = |answer: Answer| format!("{} {}", answer.status, answer.message);

    assert_eq!(call(client, &path, &body, &[]).await.status, 0, "nobody has to");
    let first = good("nonce-0000000001");
    assert_eq!(call(client, &path, &body, &[&first]).await.status, 0);
    let replayed = "5 TokenKey验证失败：X-Fiveone-Signature 的随机数已使用过";
    for node in [client, &other] {
        assert_eq!(told(call(node, &path, &body, &[&first]).await), replayed);
    }
    let odd_path = format!("//identity/{NAME}/;jsessionid=1");
    let answer = call(&other, &odd_path, &body, &[&good("nonce-0000000002")]).await;
    assert_eq!(answer.status, 0, "the interface is signed, not how a proxy writes it");

    let no_match = "5 TokenKey验证失败：X-Fiveone-Signature 与请求不符";
    let padded = format!("{body}&");
    for (body, header) in [
        (&body, signed("TOKEN002", NAME, &body, NOW, "nonce-0000000003")),
        (&body, signed(TOKEN, "getInsuranceCitysB", &body, NOW, "nonce-0000000003")),
        (&padded, good("nonce-0000000003")),
    ] {
        assert_eq!(told(call(client, &path, body, &[&header]).await), no_match, "{header}");
    }
    let third = good("nonce-0000000003");
    assert_eq!(call(client, &path, &body, &[&third]).await.status, 0, "no nonce of those is used");

    let malformed = "5 TokenKey验证失败：X-Fiveone-Signature 格式错误";
    let fourth = good("nonce-0000000004");
    for headers in [vec!["t=1"], vec![""], vec![fourth.as_str(), fourth.as_str()]] {
        assert_eq!(told(call(client, &path, &body, &headers).await), malformed);
    }

    let late = "5 TokenKey验证失败：X-Fiveone-Signature 的时间与服务器相差超过 5 分钟";
    for (seconds, expected) in [(-301, late), (-300, "0 成功"), (300, "0 成功"), (301, late)] {
        let nonce = format!("nonce-at-{}", seconds + 10_000_000);
        let header = signed(TOKEN, NAME, &body, NOW + seconds * 1_000, &nonce);
        assert_eq!(told(call(client, &path, &body, &[&header]).await), expected, "{seconds}");
    }

    gateway.change_app(|app| app.requires_signature = true).await;
    let missing = "5 TokenKey验证失败：缺少 X-Fiveone-Signature";
    assert_eq!(told(call(client, &path, &body, &[]).await), missing, "tokenKey alone");
    let wrong_key = body.replace(&token_key, &"0".repeat(32));
    let header = signed(TOKEN, NAME, &wrong_key, NOW, "nonce-0000000005");
    let answer = call(client, &path, &wrong_key, &[&header]).await;
    assert_eq!(told(answer), "5 TokenKey验证失败", "nor the signature alone");
    assert_eq!(call(client, &path, &body, &[&good("nonce-0000000006")]).await.status, 0);
    time.advance(301_000);
    assert_eq!(told(call(client, &path, &body, &[&good("nonce-0000000007")]).await), late);
}

#[tokio::test]
async fn p_14_the_programs_own_calls_can_be_signed() {
    let gateway = TestGateway::sqlite().await;
    gateway.change_app(|app| app.requires_signature = true).await;
    let call = async |more: &[&str]| {
        let access = ["--gateway", &gateway.address, "--app-id", APP, "--token-id", TOKEN];
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_fiveone"))
            .args(["call", NAME, "--json"])
            .args(access)
            .args(more)
            .output()
            .await
            .unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["status"].as_i64()
    };
    assert_eq!(call(&[]).await, Some(5));
    assert_eq!(call(&["--signature"]).await, Some(0));
}

async fn a_token_that_was_rotated_is_taken_for_a_while(store: TestStore) {
    let time = ManualClock::default();
    let plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    let gateway = TestGateway::build(store, plan).await;
    let id = fiveone_testkit::build::app_id(APP);
    let (hour_ms, nonces) = (3_600_000, std::cell::Cell::new(0));
    let rotated = gateway.engine.accounts().rotate_token(&id, hour_ms).await.unwrap();
    assert_eq!(rotated.1, NOW + hour_ms);
    let new = Client::new(gateway.client.host(), APP, &rotated.0);
    let statuses = async || {
        gateway.engine.forget_apps();
        let mut statuses = Vec::new();
        for (client, token) in [(&gateway.client, TOKEN), (&new, rotated.0.as_str())] {
            let token_key = client.token_key(&format!("{DOCUMENTED}{NAME}"), &[]);
            let body = format!("appId={APP}&tokenKey={token_key}");
            let path = format!("/identity/{NAME}");
            let signed = SignedCall { name: NAME, body: BodyDigest::of(body.as_bytes()) };
            nonces.set(nonces.get() + 1);
            let nonce = format!("nonce-{:010}", nonces.get());
            let header = sign(signed, token, gateway.engine.now() / 1_000, &nonce);
            let plain = call(client, &path, &body, &[]).await.status;
            let signed = call(client, &path, &body, &[&header]).await.status;
            statuses.push((plain, signed));
        }
        statuses
    };
    let (taken, refused) = ((0, 0), (5, 5));
    assert_eq!(statuses().await, [taken, taken], "both");
    time.advance(hour_ms - 1);
    gateway.engine.tick().await.unwrap();
    assert_eq!(statuses().await, [taken, taken], "to the end");
    time.advance(1);
    gateway.engine.tick().await.unwrap();
    assert_eq!(statuses().await, [refused, taken]);
    let sql = "select id from app where former_token_sealed is not null";
    assert_eq!(gateway.store.read.dump(sql).await.unwrap(), Vec::<String>::new(), "forgotten");
}
