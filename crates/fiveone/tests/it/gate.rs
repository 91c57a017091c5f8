//! What strangers may do to a node before anybody knows who they are: connections that say nothing, or
//! too many of them.

use std::time::Duration;

use fiveone_testkit::TestStore;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::process::Deployment;

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
