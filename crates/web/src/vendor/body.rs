//! A request's body as parameters (P-01): form in UTF-8 or GBK, JSON object, multipart form.
//!
//! Everything a client can get wrong here is status 2 with what is wrong. Values are never
//! repeated in a message.

mod form;
mod json;
mod media;
mod multipart;

use axum::body::Body;
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use fiveone_model::signature::BodyDigest;
use futures_util::{FutureExt as _, StreamExt as _};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Uri};

use self::media::{Kind, MediaType};
use super::params::{self, Collector, Params};
use crate::Options;
use crate::vendor::refusal::Refusal;

/// Reads the parameters of a request; with the digest of its body, for a signature (P-14).
pub(super) async fn read(
    request: Request,
    options: &Options,
) -> Result<(Params, BodyDigest), Refusal> {
    let (parts, body) = request.into_parts();
    let arriving = collect(&parts.headers, body, options);
    let bytes = tokio::time::timeout(options.body_for, arriving)
        .await
        .map_err(|_| Refusal::parameter("请求体未在规定时间内到达"))??;
    refuse_query(&parts.uri)?;
    let digest = BodyDigest::of(&bytes);
    Ok((parse(&parts.headers, bytes, options).await?, digest))
}

/// The parameters of a body that is here.
async fn parse(headers: &HeaderMap, bytes: Bytes, options: &Options) -> Result<Params, Refusal> {
    let is_encoded = headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if is_encoded {
        return Err(Refusal::parameter("不支持 Content-Encoding"));
    }
    let media = MediaType::of(headers)?;
    let collector = Collector::new(options.params_max);
    match media.kind {
        Kind::Form => form::parse(&bytes, media.charset, collector),
        Kind::Json => json::parse(&bytes, collector),
        Kind::Multipart(boundary) => {
            multipart::parse(bytes, boundary, media.charset, collector).await
        }
    }
}

/// Reads a body of strangers as a call's, for the fuzzer: whether it has parameters.
#[must_use]
pub fn read_body(content_type: &str, body: Vec<u8>) -> bool {
    let mut headers = HeaderMap::new();
    if let Ok(value) = content_type.parse() {
        headers.insert(http::header::CONTENT_TYPE, value);
    }
    // Nothing in it waits: the body is here.
    let options = Options::default();
    let read = parse(&headers, Bytes::from(body), &options).now_or_never();
    read.is_some_and(|read| read.is_ok())
}

/// Parameters belong in the body: addresses end up in the logs of proxies (P-01). Names that no
/// interface knows do no harm there.
fn refuse_query(uri: &Uri) -> Result<(), Refusal> {
    let query = uri.query().unwrap_or_default();
    let has_known = query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        params::is_known(&percent_encoding::percent_decode_str(name).decode_utf8_lossy())
    });
    if has_known {
        Err(Refusal::parameter("参数须放在请求体中，不得放在网址中"))
    } else {
        Ok(())
    }
}

/// The whole body. What is too large is read to its end where that is bearable, because a sender
/// who is still writing when the connection closes never sees our answer.
async fn collect(headers: &HeaderMap, body: Body, options: &Options) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::parameter(format!("请求体超过 {} 字节", options.body_bytes_max));
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > options.body_bytes_drained_max) {
        return Err(too_large());
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Bytes::new();
    let mut bytes_read = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::parameter("请求体不完整"))?;
        bytes_read += chunk.len();
        if bytes_read > options.body_bytes_drained_max {
            break;
        }
        if bytes_read <= options.body_bytes_max {
            whole = joined(whole, chunk);
        }
    }
    if bytes_read > options.body_bytes_max { Err(too_large()) } else { Ok(whole) }
}

/// A body mostly comes in one piece, which is then not copied.
fn joined(head: Bytes, tail: Bytes) -> Bytes {
    if head.is_empty() {
        return tail;
    }
    let mut whole = head.try_into_mut().unwrap_or_else(BytesMut::from);
    whole.extend_from_slice(&tail);
    whole.freeze()
}

#[cfg(test)]
mod tests;
