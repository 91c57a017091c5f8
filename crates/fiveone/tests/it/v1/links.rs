//! Links as an app makes and follows them.

use fiveone_model::api_key::KeyMode;
use fiveone_testkit::TestStore;
use serde_json::{Value, json};

use super::client::{V1, gateway};
use crate::gateway::{APP, text};

/// What a person's browser sends to a page of the gateway.
async fn visit(base: &str, path: &str, what: &str) -> u16 {
    let request = reqwest::Client::new().post(format!("{base}{path}/{what}"));
    let response = request.header("hx-request", "true").send().await.unwrap();
    response.status().as_u16()
}

pub(super) async fn a_link_is_made_followed_and_nobody_elses(store: TestStore) {
    let gateway = gateway(store).await;
    let v1 = V1::of(&gateway).await;
    let new = json!({ "product": "fund", "purpose": "贷款审核", "state": "s-51", "seconds": 600 });
    let made = v1.post("/v1/links", &new).await.ok(201);
    assert_eq!((&made["status"], &made["state"]), (&json!("waiting"), &json!("s-51")), "{made}");
    let id = text(&made["id"]);
    assert!(!text(&made["path"]).contains(&id), "the id opens nothing");
    let status = async |id: &str| v1.get(&format!("/v1/links/{id}")).await.ok(200);
    assert_eq!(visit(&gateway.address, &text(&made["path"]), "consent").await, 200);
    let agreed = status(&id).await;
    assert_eq!(agreed["status"], "agreed");
    assert!(agreed["agreed_at"].is_string() && agreed["agreed_to"].is_string(), "{agreed}");
    assert_eq!(visit(&gateway.address, &text(&made["path"]), "decline").await, 403, "no cookie");

    let other = v1.post("/v1/links", &new).await.ok(201);
    assert_eq!(visit(&gateway.address, &text(&other["path"]), "decline").await, 200);
    let declined = status(&text(&other["id"])).await;
    assert_eq!((&declined["status"], &declined["task"]), (&json!("declined"), &Value::Null));
    let exit = (&declined["exit"]["stage"], &declined["exit"]["reason"]);
    assert_eq!(exit, (&json!("consent"), &json!("declined")), "{declined}");
    assert_eq!((&agreed["exit"], &made["exit"]), (&Value::Null, &Value::Null));

    gateway.second_app("app2", "TOKEN002").await;
    let stranger = V1::of_app(&gateway, "app2", KeyMode::Test).await;
    let unknown = (404, "link_not_found".to_owned());
    assert_eq!(stranger.get(&format!("/v1/links/{id}")).await.problem(), unknown);
    assert_eq!(v1.get("/v1/links/nothing").await.problem(), unknown);
    let test = V1::of_app(&gateway, APP, KeyMode::Test).await;
    for (client, member, value, problem) in [
        (&v1, "return_url", json!("https://evil.example/"), (422, "invalid_parameter")),
        (&v1, "seconds", json!(5), (422, "invalid_parameter")),
        (&test, "area", json!("210300"), (403, "wrong_mode")),
        (&v1, "area", json!("nowhere!"), (422, "area_unknown")),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        let refused = client.post("/v1/links", &wrong).await;
        assert_eq!(refused.problem(), (problem.0, problem.1.to_owned()), "{member}");
    }
}
