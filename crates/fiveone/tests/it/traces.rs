//! Traces: what a collector receives of a task, and what it must not.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use fiveone_model::product::Product;
use fiveone_testkit::TestStore;

use crate::gateway::{login_fields, read_picture, text};
use crate::process::Deployment;
use crate::vendor_client::{FUND, code};

/// Everything that was posted, one body after the other.
pub(crate) type Received = Arc<Mutex<Vec<u8>>>;

async fn collect(State(received): State<Received>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    received.lock().unwrap().extend(body);
    StatusCode::OK
}

/// A collector of OTLP over HTTP; its address and what it received.
pub(crate) async fn collector() -> (String, Received) {
    let received = Received::default();
    let router = Router::new().route("/v1/traces", post(collect)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    (address, received)
}

/// Has the nodes that are started from now on send their traces there.
pub(crate) fn trace_to(deployment: &Deployment, address: &str) {
    let text = std::fs::read_to_string(&deployment.config).unwrap();
    let text = format!("{text}[telemetry]\notlp_endpoint = \"{address}\"\n");
    std::fs::write(&deployment.config, text).unwrap();
}

fn has(received: &[u8], wanted: &[u8]) -> bool {
    received.windows(wanted.len()).any(|part| part == wanted)
}

#[tokio::test]
async fn a_task_is_a_trace_that_tells_nothing_of_its_person() {
    let deployment = Deployment::new(TestStore::sqlite().await, "").await;
    let (address, received) = collector().await;
    trace_to(&deployment, &address);
    let gateway = deployment.gateway().await;

    let people = fiveone_lab::people(&deployment.lab.world(), Product::Fund.as_str(), "990000", 1);
    let fields = login_fields(&people[0], "good:KanarieGeheim");
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let data = gateway.client.create(FUND, "990000", "1", &fields).await;
    let tid = text(&data["tid"]);
    let asked = gateway.client.wait_for(FUND, &tid, |data| code(data) == 10004).await;
    let picture = read_picture(&text(&asked["base64_image_bytes"]));
    assert_eq!(gateway.client.user_code(FUND, &tid, &picture).await, 0);
    let report = gateway.client.wait_for_end(FUND, &tid).await;
    assert_eq!(code(&report), 40001, "{report}");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = gateway.client.request("GET", "/v1/wallet?secret=KanarieQuery");
    let request = request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    assert_eq!(request.send().await.unwrap().status(), 401);
    assert_eq!(gateway.stop().await, Some(0));

    let received = received.lock().unwrap().clone();
    for name in
        ["fiveone", "request", "call", "task", "step", "portal_request", "createFundSearchTaskB"]
    {
        assert!(has(&received, name.as_bytes()), "{name}");
    }
    assert!(has(&received, tid.as_bytes()), "the task is found by its tid");
    let trace: Vec<u8> = hex::decode(trace).unwrap();
    assert!(has(&received, &trace), "the app's trace is gone on with");
    let mut secrets = vec!["KanarieGeheim".to_owned(), "KanarieQuery".to_owned()];
    secrets.push(text(&people[0]["id_card"]));
    let base = report["baseInfo"].as_object().expect("what was read");
    let values = base.values().filter(|value| value.is_string()).map(text);
    secrets.extend(values.filter(|value| value.len() >= 8 && *value != tid));
    assert!(secrets.len() >= 6, "{secrets:?}");
    for secret in secrets {
        assert!(!has(&received, secret.as_bytes()), "{secret}");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_delays_nobody() {
    let deployment = Deployment::new(TestStore::sqlite().await, "").await;
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    trace_to(&deployment, &format!("http://{away}"));
    let gateway = deployment.gateway().await;
    gateway.client.cities(FUND).await;
    let stopping = tokio::time::timeout(std::time::Duration::from_secs(20), gateway.stop());
    assert_eq!(stopping.await, Ok(Some(0)));
}
