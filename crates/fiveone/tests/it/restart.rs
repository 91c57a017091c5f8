//! After `kill -9` and a restart nothing is stuck, no hold is left, no callback is lost.

use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use serde_json::Value;

use crate::gateway::{login_fields, read_picture, text};
use crate::process::{Deployment, Gateway};
use crate::vendor_client::{FUND, code};

on_both!(a_killed_gateway_leaves_nothing_stuck, a_gateway_asked_to_stop_gives_its_tasks_back,);

async fn create(
    deployment: &Deployment,
    gateway: &Gateway,
    number: usize,
    password: &str,
) -> String {
    let people = fiveone_lab::people(&deployment.lab.world(), Product::Fund.as_str(), "990000", 16);
    let fields = login_fields(&people[number], password);
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let data = gateway.client.create(FUND, "990000", "1", &fields).await;
    assert_eq!(data["success"], true, "{data}");
    text(&data["tid"])
}

/// Waits for the captcha and answers it.
async fn answer(gateway: &Gateway, tid: &str) {
    let data = gateway.client.wait_for(FUND, tid, |data| code(data) == 10004).await;
    let picture = read_picture(&text(&data["base64_image_bytes"]));
    assert_eq!(gateway.client.user_code(FUND, tid, &picture).await, 0);
}

/// The callbacks that came, each as the task's id and its status.
async fn received(deployment: &Deployment) -> Vec<(String, String)> {
    let url = format!("{}/callbacks/box", deployment.lab.base());
    let body = reqwest::get(url).await.unwrap().text().await.unwrap();
    let all: Vec<Value> = serde_json::from_str(&body).unwrap();
    let field = |one: &Value, wanted: &str| {
        let body = text(&one["body"]);
        let mut form = url::form_urlencoded::parse(body.as_bytes());
        let found = form.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let mut came: Vec<_> =
        all.iter().map(|one| (field(one, "tid"), field(one, "status"))).collect();
    came.sort();
    came
}

/// What is to come, in the order of [`received`].
fn sorted<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    let mut all: Vec<_> =
        pairs.iter().map(|(tid, status)| ((*tid).to_owned(), (*status).to_owned())).collect();
    all.sort();
    all
}

async fn a_killed_gateway_leaves_nothing_stuck(store: TestStore) {
    let deployment = Deployment::new(store, "").await;
    let gateway = deployment.gateway().await;
    let asking = create(&deployment, &gateway, 0, "good").await;
    let slow = create(&deployment, &gateway, 1, "slow").await;
    gateway.client.wait_for(FUND, &asking, |data| code(data) == 10004).await;
    answer(&gateway, &slow).await;
    // The slow one is past login, between its sections.
    gateway.client.wait_for(FUND, &slow, |data| matches!(code(data), 20001 | 20005)).await;
    let done = create(&deployment, &gateway, 2, "good").await;
    answer(&gateway, &done).await;
    gateway.client.wait_for_end(FUND, &done).await;
    let queued = create(&deployment, &gateway, 3, "good").await;
    gateway.kill().await;

    let again = deployment.gateway().await;
    let lost = again.client.wait_for_end(FUND, &asking).await;
    assert_eq!(code(&lost), 50002, "its login was in the memory of the killed one: {lost}");
    assert_eq!(code(&again.client.wait_for_end(FUND, &queued).await), 50002);
    let went_on = again.client.wait_for_end(FUND, &slow).await;
    assert_eq!(code(&went_on), 40001, "it went on from its checkpoint: {went_on}");
    assert_eq!(code(&again.client.wait_for_end(FUND, &done).await), 40001);
    deployment.settle().await;
    // At least once: the kill may fall between a delivery and its record.
    let mut came = received(&deployment).await;
    came.dedup();
    let (done, slow) = ((&*done, "40001"), (&*slow, "40001"));
    assert_eq!(came, sorted([done, slow, (&asking, "50002"), (&queued, "50002")]));
    again.kill().await;
}

async fn a_gateway_asked_to_stop_gives_its_tasks_back(store: TestStore) {
    let deployment = Deployment::new(store, "shutdown_for = \"300ms\"").await;
    let gateway = deployment.gateway().await;
    let asking = create(&deployment, &gateway, 0, "good").await;
    let slow = create(&deployment, &gateway, 1, "slow").await;
    gateway.client.wait_for(FUND, &asking, |data| code(data) == 10004).await;
    answer(&gateway, &slow).await;
    gateway.client.wait_for(FUND, &slow, |data| matches!(code(data), 20001 | 20005)).await;
    assert_eq!(gateway.stop().await, Some(0), "{}", deployment.log_text());

    let again = deployment.gateway().await;
    assert_eq!(code(&again.client.wait_for_end(FUND, &asking).await), 50002);
    assert_eq!(code(&again.client.wait_for_end(FUND, &slow).await), 40001);
    deployment.settle().await;
    assert_eq!(received(&deployment).await, sorted([(&slow, "40001"), (&asking, "50002")]));
    again.kill().await;
}
