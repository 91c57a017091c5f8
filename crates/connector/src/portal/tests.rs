//! The live portal against raw sockets that misbehave.

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::Duration,
};

use url::Url;

use super::*;

/// Serves the same bytes to everyone; `endless` repeats the last of them for ever.
fn serve(answer: Vec<u8>, endless: bool) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (mut stream, answer) = (stream, answer.clone());
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let mut sent = stream.write_all(&answer);
                while endless && sent.is_ok() {
                    sent = stream.write_all(&[b'x'; 4096]);
                }
            });
        }
    });
    Url::parse(&format!("http://{address}/a")).unwrap()
}

async fn get(answer: &[u8], endless: bool) -> Result<Answer, TransportError> {
    let limits = Limits { requests_per_second: None, ..Limits::default() };
    let request = Request {
        method: "GET",
        url: serve(answer.to_vec(), endless),
        headers: Vec::new(),
        body: Vec::new(),
        answer_bytes_max: 100_000,
        time_max: Duration::from_secs(5),
    };
    live(limits, ExtraCertificates::default()).unwrap().send(request).await
}

#[tokio::test]
async fn misbehaving_portals_end_in_their_troubles() {
    let trouble = async |answer: &[u8], endless: bool| get(answer, endless).await.err();
    let head = b"HTTP/1.1 200 OK\r\n\r\n";
    assert_eq!(trouble(head, true).await, Some(TransportError::TooLarge));
    let gzip = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip";
    assert_eq!(trouble(gzip, false).await, Some(TransportError::Garbled));
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi";
    assert!(matches!(
        trouble(short, false).await,
        Some(TransportError::Broken | TransportError::Garbled)
    ));
    assert_eq!(trouble(b"", false).await, Some(TransportError::Broken));
}

#[tokio::test]
async fn odd_headers_are_read_and_raw_bytes_kept() {
    let mut answer =
        b"HTTP/1.1 302\r\nX-A : b\r\nBad(Name): 1\r\nGarbage\r\nLocation: /a?n=".to_vec();
    answer.extend(encoding_rs::GBK.encode("深圳").0.iter());
    answer.extend(b"\r\nContent-Length: 0\r\n\r\n");
    let answer = get(&answer, false).await.unwrap();
    assert_eq!(answer.status, 302);
    let (_, location) = answer.headers.iter().find(|(name, _)| name == "location").unwrap();
    assert!(location.ends_with(&encoding_rs::GBK.encode("深圳").0));
}

#[tokio::test]
async fn tls_that_cannot_be_had_is_told_by_its_cause() {
    // A fatal alert: handshake_failure.
    let mut url = serve(vec![0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28], false);
    url.set_scheme("https").unwrap();
    let request = Request {
        method: "GET",
        url,
        headers: Vec::new(),
        body: Vec::new(),
        answer_bytes_max: 1000,
        time_max: Duration::from_secs(5),
    };
    let portal = live(Limits::default(), ExtraCertificates::default()).unwrap();
    match portal.send(request).await {
        Err(TransportError::Tls(cause)) => assert!(cause.contains("no longer safe"), "{cause}"),
        other => panic!("{other:?}"),
    }
    assert!(ExtraCertificates::from_pem(b"no certificate").is_err());
}
