//! What no honest client sends: each gets a clear answer, and the gateway goes on.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::gateway::{APP, TOKEN, TestGateway};
use crate::vendor_client::{FUND, INSURANCE};

/// Sends bytes as they are; the whole answer.
async fn raw(address: &str, request: &[u8]) -> String {
    let address = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("the gateway");
    stream.write_all(request).await.expect("everything is taken");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8(answer).expect("UTF-8")
}

/// A request whose head has those lines.
fn request(head: &[&str], body: &[u8]) -> Vec<u8> {
    let lines = head.join("\r\n");
    let first = "POST /identity/getFundB HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    [format!("{first}{lines}\r\n\r\n").as_bytes(), body].concat()
}

#[tokio::test]
async fn raw_requests_get_http_200_and_status_2() {
    let gateway = TestGateway::sqlite().await;
    let form = "Content-Type: application/x-www-form-urlencoded";
    let json = "Content-Type: application/json";
    let long = |size: usize| format!("Content-Length: {size}");
    let chunked = "Transfer-Encoding: chunked";
    let mega = "1".repeat(1 << 20);
    let mega_chunk = format!("100000\r\n{mega}\r\n0\r\n\r\n");
    let many: String = (0..10_000).map(|n| format!("p{n}=&")).collect();
    for (what, request, complaint) in [
        ("no body at all", request(&[form], b""), "缺少参数 appId"),
        ("no content type", request(&[&long(3)], b"a=1"), "缺少参数 appId"),
        (
            "chunked without length",
            request(&[form, chunked], b"3\r\na=1\r\n0\r\n\r\n"),
            "缺少参数 appId",
        ),
        ("1 MB", request(&[form, &long(mega.len())], mega.as_bytes()), "请求体超过"),
        ("1 MB in a chunk", request(&[form, chunked], mega_chunk.as_bytes()), "请求体超过"),
        ("announced 1 TB", request(&[form, &long(1 << 40)], b""), "请求体超过"),
        ("broken chunks", request(&[form, chunked], b"zz\r\n\r\n"), "请求体不完整"),
        ("two content types", request(&[form, json, &long(3)], b"a=1"), "Content-Type 重复"),
        ("broken JSON", request(&[json, &long(1)], b"{"), "有效的 JSON"),
        ("invalid UTF-8", request(&[form, &long(3)], b"a=\xff"), "有效的 UTF-8"),
        ("10,000 parameters", request(&[form, &long(many.len())], many.as_bytes()), "请求体超过"),
        (
            "3,000 parameters",
            request(&[form, &long(20_000)], &many.as_bytes()[..20_000]),
            "参数超过",
        ),
        ("repeated", request(&[form, &long(7)], b"a=1&a=2"), "重复"),
        ("NUL", request(&[form, &long(5)], b"a=%00"), "NUL"),
    ] {
        let answer = raw(&gateway.address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{what}: {answer}");
        assert!(
            answer.contains("content-type: application/json;charset=UTF-8"),
            "{what}: {answer}"
        );
        assert!(answer.contains(r#"{"status":2,"message":"参数错误："#), "{what}: {answer}");
        assert!(answer.contains(complaint), "{what}: {answer}");
    }
    assert_eq!(gateway.client.call("getFundCitysB", &[]).await.status, 0);
    gateway.assert_nothing_is_left().await;
}

/// What breaks programs that put values into other languages.
const SYNTAX: [&str; 8] = [
    "' or '1'='1",
    "1; drop table task; --",
    "{{ 7 * 7 }}{% for a in b %}",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\u{1}\u{7f}\r\n\t\u{200b}\u{feff}",
    "%00%27&=,+",
];

#[tokio::test]
async fn syntax_of_other_languages_in_every_field_does_nothing() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    for value in SYNTAX {
        for document in [FUND, INSURANCE] {
            let data = client.result(document, value).await;
            assert_eq!(data["code"], "-2", "{value}");
            assert_eq!(client.user_code(document, value, value).await, -2, "{value}");
            let data = client.create(document, value, value, &[("account", value)]).await;
            assert_eq!((&data["success"], &data["status"]), (&json!(false), &json!(-2)), "{value}");
            let data = client.create(document, "990000", value, &[("password", value)]).await;
            assert_eq!(data["status"], -2, "{value}");
        }
    }
}

#[tokio::test]
async fn syntax_of_other_languages_in_app_ids_and_keys_does_nothing() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    for value in SYNTAX {
        let post = async |app: &str, key: &str| {
            let body = json!({ "appId": app, "tokenKey": key }).to_string();
            client.post("getFundCitysB", "application/json", body).await.status
        };
        assert_eq!(post(value, TOKEN).await, 4, "{value}");
        assert_eq!(post(APP, value).await, 5, "{value}");
        assert_eq!(post(APP, &value.repeat(500)).await, 5, "{value}");
    }
    for length in [1, 31, 33, 64, 60_000] {
        let body = json!({ "appId": APP, "tokenKey": "a".repeat(length) }).to_string();
        assert_eq!(client.post("getFundCitysB", "application/json", body).await.status, 5);
    }
}

#[tokio::test]
async fn codes_of_any_length_get_minus_2_and_no_message_repeats_what_was_sent() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    let tid = "0123456789abcdef0123456789abcdef";
    for code in ["", " ", "\u{1}", "hunter2hunter2hunter2hunter2hunter2", &"hunter2".repeat(8_000)]
    {
        let params = [("tid", tid), ("code", code)];
        let answer = client.call("fundUserCode", &params).await;
        let data = answer.data();
        assert_eq!(data["status"], -2);
        assert!(!data.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn an_idempotency_key_that_is_none_is_minus_2() {
    let TestGateway { client, .. } = &TestGateway::sqlite().await;
    let params = [("area_code", "990000"), ("login_type", "1")];
    let key = client.token_key("http://api.tcredit.com/identity/createFundSearchTaskB", &params);
    let body = json!({ "area_code": "990000", "login_type": "1", "appId": APP, "tokenKey": key });
    let request = |value: &str| {
        client
            .request("POST", "/identity/createFundSearchTaskB")
            .header("content-type", "application/json")
            .header("idempotency-key", value)
            .body(body.to_string())
    };
    for value in ["", &"k".repeat(256)] {
        let data = client.send(request(value)).await.data();
        assert_eq!(data["status"], -2);
        assert!(data["message"].as_str().is_some_and(|text| text.contains("Idempotency-Key")));
    }
}
