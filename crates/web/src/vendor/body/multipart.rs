//! `multipart/form-data`. A part with a file name is taken like any other: some HTTP libraries give
//! every part one.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use multer::{Field, Multipart};
use zeroize::Zeroizing;

use super::form;
use super::media::Charset;
use crate::vendor::params::{Collector, Params};
use crate::vendor::refusal::Refusal;

/// The parameters of a multipart body.
pub(super) async fn parse(
    bytes: Bytes,
    boundary: String,
    charset: Charset,
    mut collector: Collector,
) -> Result<Params, Refusal> {
    let broken = |_| Refusal::parameter("请求体不是有效的 multipart/form-data");
    let whole = stream::once(async { Ok::<_, Infallible>(bytes) });
    let mut parts = Multipart::new(whole, boundary);
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let charset = charset_of(&part)?.unwrap_or(charset);
        let value = Zeroizing::new(part.bytes().await.map_err(broken)?.to_vec());
        collector.add(name, form::decode(value, charset)?)?;
    }
    collector.finish()
}

/// The charset a part declares for itself.
fn charset_of(part: &Field<'_>) -> Result<Option<Charset>, Refusal> {
    let charset = part.content_type().and_then(|media| media.get_param("charset"));
    charset.map(|charset| Charset::parse(charset.as_str())).transpose()
}
