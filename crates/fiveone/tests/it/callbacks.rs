//! §9: callbacks, from both sides.

use std::sync::Arc;

use fiveone_model::app::CallbackAddress;
use fiveone_model::callback::{RETRY_AFTER_MS, webhook_secret, webhook_signature};
use fiveone_model::product::Product;
use fiveone_model::report::Dialect;
use fiveone_testkit::{ManualClock, TestStore, on_both};
use md5::{Digest as _, Md5};
use serde_json::Value;

use crate::gateway::{Plan, TOKEN, TestGateway, read_picture, text};
use crate::vendor_client::INSURANCE;

on_both!(
    a_callback_comes_once_signed_both_ways,
    a_callback_is_retried_on_the_documented_schedule_and_then_kept,
    an_app_may_want_201_and_challenges,
    the_callback_of_an_app_with_the_samples_dialect_says_what_its_poll_says,
    private_addresses_are_refused_unless_allowed,
);

/// The lab's receiver: a box of its own for each test.
async fn call_back_to(gateway: &TestGateway, query: &str) -> String {
    let url = format!("{}/callbacks/box{query}", gateway.lab.base());
    let address = CallbackAddress { url: url.clone() };
    gateway.change_app(|app| app.callbacks.insurance = Some(address)).await;
    url
}

async fn received(gateway: &TestGateway) -> Vec<Value> {
    let url = format!("{}/callbacks/box", gateway.lab.base());
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

fn form(received: &Value) -> Vec<(String, String)> {
    let body = text(&received["body"]);
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

fn header(received: &Value, name: &str) -> String {
    let headers = &received["headers"];
    let by_map = headers.get(name).map(text);
    by_map
        .or_else(|| {
            let all = headers.as_array()?;
            all.iter().find(|pair| pair[0] == name).map(|pair| text(&pair[1]))
        })
        .unwrap_or_default()
}

/// What an operator's command ends with and tells, over the gateway's store.
async fn operator(gateway: &TestGateway, args: &[&str]) -> (Option<i32>, String) {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_fiveone"))
        .args(args)
        .env("FIVEONE_STORE_URL", gateway.store.url())
        .output()
        .await
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}

async fn one_task(gateway: &TestGateway, password: &str) -> String {
    let person = gateway.people(Product::Insurance, "990000", 1).remove(0);
    let tid = gateway.create(Product::Insurance, "990000", &person, password).await;
    gateway.finish(Product::Insurance, &tid, &text(&person["id_card"])).await;
    tid
}

/// Sends what is due now, and waits until the callbacks of a task are as told.
pub(crate) async fn sent(gateway: &TestGateway, tid: &str, expected: &[(&str, i64)]) {
    let expected: Vec<_> = expected.iter().map(|(state, n)| ((*state).to_owned(), *n)).collect();
    let mut every = tokio::time::interval(std::time::Duration::from_millis(10));
    let mut last = Vec::new();
    for _ in 0..1_000 {
        every.tick().await;
        last = gateway.store.read.callbacks_of(&TestGateway::id(tid)).await.unwrap();
        if last == expected {
            return;
        }
    }
    panic!("callbacks are {last:?}, not {expected:?}");
}

async fn a_callback_comes_once_signed_both_ways(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let url = call_back_to(&gateway, "").await;
    let tid = one_task(&gateway, "good").await;
    sent(&gateway, &tid, &[("delivered", 1)]).await;
    let all = received(&gateway).await;
    assert_eq!(all.len(), 1, "{all:?}");
    let msg = "爬取结束";
    let md5 = Md5::digest(format!("{url}{TOKEN}msg={msg},status=40001,tid={tid}"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("tid", &tid),
        pair("status", "40001"),
        pair("msg", msg),
        pair("tokenKey", &hex::encode(md5)),
    ];
    assert_eq!(form(&all[0]), expected);
    let id = header(&all[0], "webhook-id");
    let timestamp: i64 = header(&all[0], "webhook-timestamp").parse().unwrap();
    let body = text(&all[0]["body"]);
    let signature = webhook_signature(TOKEN.as_bytes(), &id, timestamp, &body);
    assert_eq!(header(&all[0], "webhook-signature"), signature);
    // As a receiver verifies it that knows the convention and the secret that `app create` prints.
    let mut headers = http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, header(&all[0], name).parse().unwrap());
    }
    let receiver = standardwebhooks::Webhook::new(&webhook_secret(TOKEN)).unwrap();
    receiver.verify(body.as_bytes(), &headers).unwrap();
    let other = standardwebhooks::Webhook::new(&webhook_secret("TOKEN002")).unwrap();
    assert!(other.verify(body.as_bytes(), &headers).is_err(), "another app's secret");
    gateway.assert_nothing_is_left().await;
}

async fn a_callback_is_retried_on_the_documented_schedule_and_then_kept(store: TestStore) {
    let time = ManualClock::default();
    let mut plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    plan.options.tick_every_ms = i64::MAX / 4;
    plan.options.report_for_ms = i64::MAX / 4;
    let gateway = TestGateway::build(store, plan).await;
    call_back_to(&gateway, "?answer=500").await;
    let tid = one_task(&gateway, "wrong").await;
    sent(&gateway, &tid, &[("pending", 1)]).await;
    let mut attempts = 1;
    for wait in RETRY_AFTER_MS {
        time.advance(wait - 1);
        gateway.engine.send_due_callbacks().await.unwrap();
        sent(&gateway, &tid, &[("pending", attempts)]).await;
        time.advance(1);
        attempts += 1;
        let state = if attempts == 8 { "exhausted" } else { "pending" };
        sent(&gateway, &tid, &[(state, attempts)]).await;
    }
    assert_eq!(received(&gateway).await.len(), 8);
    let ids: Vec<_> =
        received(&gateway).await.iter().map(|one| header(one, "webhook-id")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "one id for all attempts: {ids:?}");

    let (code, told) = operator(&gateway, &["callback", "list", "--json"]).await;
    let listed: Value = serde_json::from_str(&told).unwrap();
    let listed = &listed["callbacks"][0];
    let shown = ["id", "tid", "status", "attempts", "error"].map(|name| text(&listed[name]));
    assert_eq!(
        (code, shown),
        (Some(0), [&ids[0], &tid, "50004", "8", "HTTP 500"].map(str::to_owned))
    );
    let (code, told) = operator(&gateway, &["callback", "replay"]).await;
    assert_eq!((code, told.as_str()), (Some(2), "fiveone: which? an id, --app, --tid, or --all\n"));
    let (code, told) = operator(&gateway, &["callback", "replay", "--tid", &tid]).await;
    assert_eq!((code, told.as_str()), (Some(0), "1 begun anew\n"));
    // The operator's clock is the system's.
    time.advance(100 * 365 * 86_400_000);
    gateway.engine.send_due_callbacks().await.unwrap();
    sent(&gateway, &tid, &[("pending", 9)]).await;
    time.advance(RETRY_AFTER_MS[0]);
    gateway.engine.send_due_callbacks().await.unwrap();
    sent(&gateway, &tid, &[("pending", 10)]).await;
    assert_eq!(received(&gateway).await.len(), 10, "it has all its tries again");
}

async fn an_app_may_want_201_and_challenges(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    call_back_to(&gateway, "?answer=201").await;
    gateway
        .change_app(|app| {
            app.acknowledges_by_201 = true;
            app.wants_challenge_callbacks = true;
        })
        .await;
    let tid = one_task(&gateway, "good").await;
    sent(&gateway, &tid, &[("delivered", 1), ("delivered", 1)]).await;
    let mut codes: Vec<_> =
        received(&gateway).await.iter().map(|one| form(one)[1].1.clone()).collect();
    codes.sort();
    assert_eq!(codes, ["10004", "40001"]);

    call_back_to(&gateway, "?answer=200").await;
    gateway.change_app(|app| app.wants_challenge_callbacks = false).await;
    let tid = one_task(&gateway, "wrong").await;
    sent(&gateway, &tid, &[("pending", 1)]).await;
}

async fn private_addresses_are_refused_unless_allowed(store: TestStore) {
    let mut plan = Plan::default();
    plan.options.callbacks_to_private = false;
    let gateway = TestGateway::build(store, plan).await;
    let port = gateway.lab.address().port();
    for host in
        ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "[::ffff:127.0.0.1]"]
    {
        let url = format!("http://{host}:{port}/callbacks/box");
        gateway.change_app(|app| app.callbacks.insurance = Some(CallbackAddress { url })).await;
        // One that costs nothing and touches no account: the portal would lock it.
        let tid = one_task(&gateway, "down").await;
        sent(&gateway, &tid, &[("pending", 1)]).await;
    }
    assert_eq!(received(&gateway).await, Vec::<Value>::new());
}

async fn the_callback_of_an_app_with_the_samples_dialect_says_what_its_poll_says(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    call_back_to(&gateway, "").await;
    gateway.change_app(|app| app.dialect = Dialect::Example).await;
    let person = gateway.people(Product::Insurance, "990000", 1).remove(0);
    for (password, code) in [("good", 0), ("wrong", 50004)] {
        let tid = gateway.create(Product::Insurance, "990000", &person, password).await;
        let answered = gateway.wait_for(Product::Insurance, &tid, &["10004", "0", "5"]).await;
        if answered["code"] == 10004 {
            let picture = read_picture(&text(&answered["base64_image_bytes"]));
            gateway.client.user_code(INSURANCE, &tid, &picture).await;
        }
        sent(&gateway, &tid, &[("delivered", 1)]).await;
        let data = gateway.client.result(INSURANCE, &tid).await;
        let told = form(received(&gateway).await.last().unwrap());
        assert_eq!(data["code"], code, "{data}");
        assert_eq!((told[1].1.clone(), told[2].1.clone()), (code.to_string(), text(&data["msg"])));
    }
}
