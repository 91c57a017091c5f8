//! The envelope every answer comes in (P-02): `status`, `message`, `seqNum`, `data`.
//!
//! A finished report is kept as bytes, and polls are what a node mostly answers: its bytes are sent
//! between those of the envelope and copied nowhere.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use http_body::{Frame, SizeHint};

use crate::vendor::refusal::{Refusal, Status};

const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The answer to a call.
pub(super) fn respond(seq_num: &str, outcome: Result<Bytes, Refusal>) -> Response {
    let busy = outcome.as_ref().err().filter(|refusal| refusal.status == Status::Busy);
    let retry_after = busy.map(|refusal| HeaderValue::from(refusal.retry_after_s));
    let mut response = Response::new(Body::new(Parts::of(write(seq_num, outcome))));
    let headers = response.headers_mut();
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds);
    }
    headers.insert(header::CONTENT_TYPE, JSON);
    // A seqNum is digits only, so it is always a header value.
    if let Ok(value) = HeaderValue::from_str(seq_num) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

fn write(seq_num: &str, outcome: Result<Bytes, Refusal>) -> [Bytes; 3] {
    match outcome {
        Ok(data) => {
            let head = format!(r#"{{"status":0,"message":"成功","seqNum":"{seq_num}","data":"#);
            [Bytes::from(head), data, Bytes::from_static(b"}")]
        }
        Err(refusal) => {
            let message = serde_json::Value::String(refusal.message().into_owned());
            let status = refusal.status.number();
            let text = format!(r#"{{"status":{status},"message":{message},"seqNum":"{seq_num}"}}"#);
            [Bytes::from(text), Bytes::new(), Bytes::new()]
        }
    }
}

/// A body of three parts with a known length.
struct Parts {
    rest: std::array::IntoIter<Bytes, 3>,
    length: u64,
}

impl Parts {
    fn of(parts: [Bytes; 3]) -> Self {
        let length = parts.iter().map(|part| part.len() as u64).sum();
        Self { rest: parts.into_iter(), length }
    }
}

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.rest.find(|part| !part.is_empty());
        if let Some(part) = &next {
            self.length -= part.len() as u64;
        }
        Poll::Ready(next.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.length == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::refusal::Status;

    const SEQ_NUM: &str = "0961506611220665";

    fn text(outcome: Result<Bytes, Refusal>) -> String {
        String::from_utf8(write(SEQ_NUM, outcome).concat()).expect("UTF-8")
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
