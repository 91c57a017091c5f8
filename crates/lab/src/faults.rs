//! Carries out the behaviours that break an answer on its way: slow, cut, endless, misdeclared.
//! It looks only at the session and at the part a page belongs to, never into a family.

use std::time::Duration;

use axum::body::Body as Stream;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use futures_util::stream;

use crate::behaviour::Behaviour;
use crate::dress::BROKEN;
use crate::session::Session;
use crate::visit::{Body, Page, Part, Visit};

const HUGE_BYTES: usize = 100 * 1024 * 1024;
const CHUNK_BYTES: usize = 64 * 1024;
const FLAKED_MAX: usize = 256;

/// What happens to one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Slow,
    Reset,
    Busy,
    Broken,
    Huge,
    Endless,
    Loop,
    ElsewhereHost,
    BadGzip,
    Charset,
}

/// Decides what happens to a page.
pub(crate) fn plan(visit: &Visit<'_>, session: &mut Session, page: &Page) -> Fault {
    let Some(behaviour) = session.behaviour else { return Fault::None };
    if behaviour == Behaviour::Slow {
        return Fault::Slow;
    }
    let Part::Data(sections) = page.part else { return Fault::None };
    if behaviour == Behaviour::Flaky {
        return flake(visit, session);
    }
    if !sections.iter().any(|section| visit.city.last_group().contains(section)) {
        return Fault::None;
    }
    match behaviour {
        Behaviour::Partial => Fault::Broken,
        Behaviour::Huge => Fault::Huge,
        Behaviour::Endless => Fault::Endless,
        Behaviour::Redirects => Fault::Loop,
        Behaviour::ElsewhereHost => Fault::ElsewhereHost,
        Behaviour::BadGzip => Fault::BadGzip,
        Behaviour::Charset => Fault::Charset,
        _ => Fault::None,
    }
}

/// The first try of every data GET fails, in turns by a reset and by a 503.
fn flake(visit: &Visit<'_>, session: &mut Session) -> Fault {
    let is_full = session.flaked.len() >= FLAKED_MAX;
    if visit.is_post() || is_full || !session.flaked.insert(flake_key(visit)) {
        return Fault::None;
    }
    if session.flaked.len() % 2 == 1 { Fault::Busy } else { Fault::Reset }
}

/// The address without what changes from try to try (`_random`, `_laneID`, `r`).
fn flake_key(visit: &Visit<'_>) -> String {
    let names = ["method", "year", "nd", "pageNum", "pageNo", "pageNo1", "pageNo2", "type", "page"];
    let values: Vec<&str> = names.iter().map(|name| visit.query.get(name)).collect();
    format!("{} {}", visit.path, values.join(" "))
}

/// Waits; the only place in the lab that does.
pub(crate) async fn pause(length: Duration) {
    #[expect(clippy::disallowed_methods, reason = "slowness is what a slow portal simulates")]
    tokio::time::sleep(length).await;
}

/// The charset of a portal's bytes and the one that its headers tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charset {
    pub(crate) is_gbk: bool,
    /// Blank when the header tells none.
    pub(crate) told: &'static str,
}

/// Turns a page into an HTTP answer, spoilt as planned.
pub(crate) async fn respond(
    charset: Charset,
    page: Page,
    fault: Fault,
    slow: Duration,
    address: &str,
) -> Response<Stream> {
    let plain = |page: Page| plain(page, charset.is_gbk, charset.told);
    match fault {
        Fault::Slow => pause(slow).await,
        Fault::Reset => return plain(Page::cut()),
        Fault::Busy => return plain(Page::tomcat(503, "Server Busy")),
        Fault::Broken => {
            let page = Page::tomcat(500, "java.lang.NullPointerException");
            return plain(page);
        }
        Fault::Loop => return plain(Page::redirect(address)),
        Fault::ElsewhereHost => {
            let page = Page::redirect("http://elsewhere.invalid/stolen/");
            return plain(page);
        }
        Fault::BadGzip => {
            let mut answer = plain(page);
            *answer.body_mut() = Stream::from(&b"\x1f\x8b\x08\x00broken on purpose"[..]);
            let gzip = HeaderValue::from_static("gzip");
            answer.headers_mut().insert(header::CONTENT_ENCODING, gzip);
            return answer;
        }
        Fault::Charset => return self::plain(page, !charset.is_gbk, charset.told),
        Fault::Huge => return streamed(plain(page), huge()),
        Fault::Endless => return streamed(plain(page), endless()),
        Fault::None => {}
    }
    plain(page)
}

fn streamed(mut answer: Response<Stream>, body: Stream) -> Response<Stream> {
    *answer.body_mut() = body;
    answer
}

/// 100 MB of blanks, made as they are sent.
fn huge() -> Stream {
    let chunk = Bytes::from(vec![b' '; CHUNK_BYTES]);
    Stream::from_stream(stream::iter(
        (0..HUGE_BYTES / CHUNK_BYTES).map(move |_| Ok::<_, std::io::Error>(chunk.clone())),
    ))
}

/// One blank every 200 ms until the reader gives up.
fn endless() -> Stream {
    Stream::from_stream(stream::unfold((), |()| async {
        pause(Duration::from_millis(200)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
    }))
}

/// A page as it should be, except that the bytes and the declared charset can be set apart.
fn plain(page: Page, is_gbk: bool, told: &str) -> Response<Stream> {
    let (body, is_text) = match page.body {
        Body::Text(text) => (Stream::from(encoded(&text, is_gbk)), true),
        Body::Json(value) => (Stream::from(encoded(&value.to_string(), is_gbk)), true),
        Body::Bytes(bytes) => (Stream::from(bytes), false),
        Body::Cut => (cut(), true),
    };
    let content_type = if is_text && !told.is_empty() {
        format!("{};charset={told}", page.content_type)
    } else {
        page.content_type.into()
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = axum::http::StatusCode::from_u16(page.status).unwrap_or_default();
    let headers = answer.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static("Apache-Coyote/1.1"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let pairs = std::iter::once((header::CONTENT_TYPE, content_type))
        .chain(page.location.map(|to| (header::LOCATION, to)))
        .chain(page.cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)));
    for (name, value) in pairs {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(name, value);
        }
    }
    answer
}

/// The bytes of a text; a cut character leaves its first byte.
fn encoded(text: &str, is_gbk: bool) -> Vec<u8> {
    let encode = |part: &str| {
        if is_gbk { encoding_rs::GBK.encode(part).0.into_owned() } else { part.as_bytes().to_vec() }
    };
    let parts: Vec<Vec<u8>> = text.split(BROKEN).map(encode).collect();
    parts.join(&[0xe6][..])
}

/// A body that ends in an error, which makes the server drop the connection.
fn cut() -> Stream {
    let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Stream::from_stream(stream::iter([Err::<Bytes, _>(reset)]))
}
