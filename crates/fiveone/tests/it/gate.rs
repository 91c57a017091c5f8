//! What strangers may do to a node before anybody knows who they are: connections that say nothing, or
//! too many of them; and what those may do who guess.

use std::time::Duration;

use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::gateway::{APP, Plan, TOKEN, TestGateway, login_fields, text};
use crate::process::Deployment;
use crate::vendor_client::{DOCUMENTED, FUND, code};

const FORM: &str = "application/x-www-form-urlencoded";

/// Longer than any of them may last: what is waited for is an end, not a time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether the other side closes a connection.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 4096];
    let closed = async {
        loop {
            match stream.read(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.is_ok()
}

#[tokio::test]
async fn connections_that_say_nothing_are_closed() {
    let server = "idle_for = \"1s\"";
    let deployment = Deployment::with_server(TestStore::sqlite().await, server).await;
    let gateway = deployment.gateway().await;
    let address = gateway.client.host().trim_start_matches("http://").to_owned();
    let head = "POST /identity/getFundB HTTP/1.1\r\nHost: a\r\n";
    let body = format!("{head}Content-Length: 100\r\n\r\ntid=");
    let whole = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let h2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for said in ["", "P", "PRI", "PRI * HTTP/2.0\r\n\r\nSM\r\n", h2, head, &body, whole] {
        let mut stream = TcpStream::connect(&address).await.expect("a connection");
        stream.write_all(said.as_bytes()).await.expect("it takes bytes");
        assert!(is_closed(&mut stream).await, "{said:?} keeps its connection");
    }

    // One that dribbles: never silent, and never done.
    let (mut read, mut write) =
        TcpStream::connect(&address).await.expect("a connection").into_split();
    let dribble = async {
        let mut every = tokio::time::interval(Duration::from_millis(200));
        let endless = head.bytes().chain(b"X-A: ".iter().copied()).chain(std::iter::repeat(b'a'));
        for byte in endless {
            every.tick().await;
            if write.write_all(&[byte]).await.is_err() {
                break;
            }
        }
    };
    let mut bytes = [0; 64];
    let ends = async { while !matches!(read.read(&mut bytes).await, Ok(0) | Err(_)) {} };
    let either = async {
        tokio::select! { () = dribble => {}, () = ends => {} }
    };
    tokio::time::timeout(PATIENCE, either).await.expect("it is closed");

    // One that asks and asks and never reads: the node stops reading, then closes.
    let mut deaf = TcpStream::connect(&address).await.expect("a connection");
    let metrics = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000);
    let asks = async { while deaf.write_all(metrics.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, asks).await.expect("it is closed");
    gateway.kill().await;
}

#[tokio::test]
async fn connections_are_bounded_and_a_place_is_free_again_when_one_ends() {
    let server = "connections_max = 9\nconnections_per_address_max = 8";
    let deployment = Deployment::with_server(TestStore::sqlite().await, server).await;
    let gateway = deployment.gateway().await;
    let address = gateway.client.host().trim_start_matches("http://").to_owned();
    // Some are held by the client that waited for the node.
    let connect = |n: usize| join_all((0..n).map(|_| TcpStream::connect(&address)));
    let many = connect(20).await;
    let closed = many.into_iter().map(|one| async {
        let mut one = one.expect("a connection");
        let mut byte = [0];
        // Whoever is let in hears nothing until it has asked.
        let end = tokio::time::timeout(Duration::from_secs(2), one.read(&mut byte)).await;
        (end.is_ok(), one)
    });
    let closed = join_all(closed).await;
    let let_in = closed.iter().filter(|(is_closed, _)| !is_closed).count();
    assert!((1..=8).contains(&let_in), "{let_in} of 20 were let in");
    // Who was let in is answered, and when they are gone the next are let in.
    let mut asks = closed.into_iter().find(|(is_closed, _)| !is_closed).expect("one").1;
    asks.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .expect("it takes bytes");
    let mut answer = String::new();
    asks.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(asks);
    let metrics = reqwest::get(format!("http://{address}/metrics")).await;
    let metrics = metrics.expect("an answer").text().await.expect("a body");
    let line = format!("fiveone_connections_refused_total{{reason=\"address\"}} {}", 20 - let_in);
    assert!(metrics.contains(&line), "{line}: {metrics}");
    gateway.kill().await;
}

#[tokio::test]
async fn an_app_calls_only_from_where_it_may() {
    let server = "trusted_proxies = \"127.0.0.1\"";
    let deployment = Deployment::with_server(TestStore::sqlite().await, server).await;
    let grant = ["app", "grant", "app1", "--allowed-networks", "203.0.113.0/24", "--json"];
    let shown = deployment.command(&grant).await;
    assert_eq!(shown["switches"]["allowed-networks"], "203.0.113.0/24");
    let gateway = deployment.gateway().await;
    let client = &gateway.client;
    let key = client.token_key(&format!("{DOCUMENTED}getFundCitysB"), &[]);
    let from = async |address: &str| {
        let request = client
            .request("POST", "/identity/getFundCitysB")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", address)
            .body(format!("appId=app1&tokenKey={key}"));
        let answer = client.send(request).await;
        (answer.status, answer.message)
    };
    assert_eq!(from("203.0.113.9").await.0, 0);
    let elsewhere = (7, "用户没有接口使用权限：调用地址不在该用户允许的范围内".to_owned());
    assert_eq!(from("198.51.100.1").await, elsewhere);
    // What a stranger writes before the proxy's own entry is not believed.
    assert_eq!(from("203.0.113.9, 198.51.100.1").await, elsewhere);
    gateway.kill().await;
}

#[tokio::test]
async fn who_guesses_token_keys_is_slowed_down_and_nobody_else() {
    let gateway = TestGateway::sqlite().await;
    let mut told = Vec::new();
    for guess in 0..24 {
        let body = format!("appId={APP}&tokenKey={guess:032x}");
        let answer = gateway.client.post("getFundCitysB", FORM, body).await;
        told.push(answer.status);
    }
    let (read, unread) = told.split_at(21);
    assert!(read.iter().all(|status| *status == 5), "{told:?}");
    assert!(unread.iter().all(|status| *status == 10), "{told:?}");
    // Another app of the same address goes on.
    let other = gateway.second_app("other", TOKEN).await;
    assert_eq!(other.call("getFundCitysB", &[]).await.status, 0);
    let request = gateway
        .client
        .request("POST", "/identity/getFundCitysB")
        .header("content-type", FORM)
        .body(format!("appId={APP}&tokenKey={:032x}", 0));
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.headers()["retry-after"], "1", "what is left of the first wait");
}

async fn an_account_is_left_alone_before_its_portal_locks_it(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let people = gateway.people(Product::Fund, "990000", 2);
    let id_card = text(&people[0]["id_card"]);
    for number in 0..5 {
        let password = format!("wrong:{number}");
        let tid = gateway.create(Product::Fund, "990000", &people[0], &password).await;
        let data = gateway.finish(Product::Fund, &tid, &id_card).await;
        assert_eq!(code(&data), 50004, "{data}");
    }
    let fields = login_fields(&people[0], "good");
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let refused = gateway.client.create(FUND, "990000", "1", &fields).await;
    let message = "参数错误：该账号的登录多次被网站拒绝，为免被锁定，请稍后再试";
    assert_eq!(refused, json!({ "success": false, "status": -2, "message": message }));
    // Another person is not held up, and nothing that names the first stands in the table.
    let tid = gateway.create(Product::Fund, "990000", &people[1], "good").await;
    let data = gateway.finish(Product::Fund, &tid, &text(&people[1]["id_card"])).await;
    assert_eq!(code(&data), 40001, "{data}");
    gateway.assert_nothing_is_left().await;
}

on_both!(an_account_is_left_alone_before_its_portal_locks_it);
