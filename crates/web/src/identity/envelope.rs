//! The envelope every answer comes in (P-02): `status`, `message`, `seqNum`, `data`.
//!
//! It is written by joining bytes, because a finished report is kept as bytes and polls are what
//! a node mostly answers.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};

use crate::error::Refusal;

const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The answer to a call.
pub(super) fn respond(seq_num: &str, outcome: Result<Bytes, Refusal>) -> Response {
    let mut response = Response::new(Body::from(write(seq_num, &outcome)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON);
    // A seqNum is digits only, so it is always a header value.
    if let Ok(value) = HeaderValue::from_str(seq_num) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

fn write(seq_num: &str, outcome: &Result<Bytes, Refusal>) -> Vec<u8> {
    const SUCCESS: &str = r#"{"status":0,"message":"成功","seqNum":""#;
    match outcome {
        Ok(data) => [SUCCESS.as_bytes(), seq_num.as_bytes(), br#"","data":"#, data, b"}"].concat(),
        Err(refusal) => {
            let message = serde_json::Value::String(refusal.message().into_owned());
            let status = refusal.status.number();
            format!(r#"{{"status":{status},"message":{message},"seqNum":"{seq_num}"}}"#)
                .into_bytes()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    const SEQ_NUM: &str = "0961506611220665";

    fn text(outcome: Result<Bytes, Refusal>) -> String {
        String::from_utf8(write(SEQ_NUM, &outcome)).expect("UTF-8")
    }

    #[test]
    fn p_02_a_success_has_all_four_keys_in_order() {
        insta::assert_snapshot!(
            text(Ok(Bytes::from_static(b"[]"))),
            @r#"{"status":0,"message":"成功","seqNum":"0961506611220665","data":[]}"#
        );
    }

    #[test]
    fn p_02_data_is_left_out_when_status_is_not_0() {
        insta::assert_snapshot!(
            text(Err(Refusal::parameter("含有\"引号\""))),
            @r#"{"status":2,"message":"参数错误：含有\"引号\"","seqNum":"0961506611220665"}"#
        );
        for status in &Status::ALL[1..] {
            let json: serde_json::Value =
                serde_json::from_str(&text(Err(Refusal::from(*status)))).expect("JSON");
            assert_eq!(json["status"].to_string(), status.number());
            assert_eq!(json["message"], status.label());
            assert_eq!(json.get("data"), None);
        }
    }

    #[test]
    fn p_02_every_answer_is_http_200_and_json_in_utf_8() {
        for outcome in [Ok(Bytes::from_static(b"{}")), Err(Refusal::from(Status::Fault))] {
            let response = respond(SEQ_NUM, outcome);
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["content-type"], "application/json;charset=UTF-8");
        }
    }

    #[test]
    fn p_05_the_seq_num_is_also_a_header() {
        let response = respond(SEQ_NUM, Ok(Bytes::from_static(b"{}")));
        assert_eq!(response.headers()["x-request-id"], SEQ_NUM);
    }
}
