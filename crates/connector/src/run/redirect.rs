//! Where an answer leads: by its `Location`, by `Refresh`, by a `<meta>`, or by a page whose only
//! script goes elsewhere. A page that says something, or on which something can be done, is an answer,
//! whatever it would do next.

use std::sync::LazyLock;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use regex::Regex;
use url::Url;

use crate::{
    page::{Page, Standing, has_controls, spoken},
    portal::Answer,
};

/// What may not stand raw in an address: raw bytes of portals' redirects.
const RAW: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// The largest page in which a redirect is looked for.
const PAGE_BYTES_MAX: usize = 16 * 1024;

/// The longest wait of a refresh that is a redirect; longer ones only keep a page fresh.
const REFRESH_SECS_MAX: u64 = 3;

static META: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)<meta\b[^>]*\bhttp-equiv\s*=\s*["']?refresh\b[^>]*>"#)
        .expect("the pattern is a constant")
});
static CONTENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)')"#).expect("the pattern is a constant")
});
static REFRESH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)^\s*(\d+)\s*[;,]\s*url\s*=\s*["']?([^"']+?)["']?\s*$"#)
        .expect("the pattern is a constant")
});
static SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"^(?:(?:window|self|document|top|parent)\.)*location(?:\.href)?\s*(?:=\s*|\.(?:replace|assign)\()["']([^"']+)["']\)?;?$"#,
    )
    .expect("the pattern is a constant")
});

static FUNCTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^function\s+(\w+)\s*\(\s*\)\s*\{\s*(.*?)\s*\}$")
        .expect("the pattern is a constant")
});

/// The address that an answer leads to.
pub(super) fn target(answer: &Answer, from: &Url, standing: &Standing) -> Option<Url> {
    match answer.status {
        301 | 302 | 303 | 307 | 308 => location(answer, from),
        200 => header(answer, "refresh")
            .and_then(|value| refresh(&String::from_utf8_lossy(value)))
            .or_else(|| of_page(answer, from, standing))
            .and_then(|address| from.join(&address).ok())
            .filter(|target| target != from),
        _ => None,
    }
}

fn header<'a>(answer: &'a Answer, wanted: &str) -> Option<&'a [u8]> {
    let found = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| value.as_slice())
}

/// A `Location`; raw bytes in it are escaped as they are.
fn location(answer: &Answer, from: &Url) -> Option<Url> {
    let text = percent_encode(header(answer, "location")?, RAW).to_string();
    let mut next = from.join(text.trim()).ok()?;
    next.set_fragment(None);
    Some(next)
}

/// The address of `0;url=…`.
fn refresh(value: &str) -> Option<String> {
    let found = REFRESH.captures(value)?;
    let is_soon = found[1].parse::<u64>().is_ok_and(|secs| secs <= REFRESH_SECS_MAX);
    is_soon.then(|| found[2].trim().to_owned())
}

fn of_page(answer: &Answer, from: &Url, standing: &Standing) -> Option<String> {
    if answer.body.len() > PAGE_BYTES_MAX {
        return None;
    }
    let text = String::from_utf8_lossy(&answer.body);
    if let Some(meta) = META.find(&text) {
        let content = CONTENT.captures(meta.as_str())?;
        let content = content.get(1).or_else(|| content.get(2))?;
        return refresh(content.as_str());
    }
    if !text.contains("location") {
        return None;
    }
    let headers = answer.headers.clone();
    let page = Page::new(answer.status, from.clone(), headers, &answer.body, None, None);
    let scripts = page.scripts();
    let [script] = scripts.as_slice() else { return None };
    let says_something = spoken(&page).iter().any(|text| !standing.has(text));
    if page.is_json() || has_controls(&page) || says_something {
        return None;
    }
    let script = script.trim();
    let onload = page.onload();
    // A function that the page calls as it opens.
    let script = FUNCTION.captures(script).map_or(script, |found| {
        let called = onload.trim().trim_end_matches(';').trim_end_matches("()");
        if called == &found[1] { found.get(2).map_or("", |body| body.as_str()) } else { "" }
    });
    Some(SCRIPT.captures(script)?[1].to_owned())
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::target;
    use crate::{
        page::{Page, Standing},
        portal::Answer,
    };

    fn leads(status: u16, header: (&str, &str), body: &str) -> Option<String> {
        let from = Url::parse("http://h.test/app/login").unwrap();
        let headers = vec![(header.0.to_owned(), header.1.as_bytes().to_vec())];
        let answer = Answer { status, headers, body: body.as_bytes().to_vec() };
        target(&answer, &from, &Standing::default()).map(|url| url.to_string())
    }

    #[test]
    fn answers_lead_elsewhere_in_every_way_browsers_follow() {
        let home = Some("http://h.test/app/home".to_owned());
        assert_eq!(leads(302, ("location", "home"), ""), home);
        assert_eq!(leads(302, ("Location", "\\app\\home#top"), ""), home);
        assert_eq!(leads(200, ("refresh", "0;url=home"), ""), home);
        for page in [
            r#"<html><head><meta http-equiv="refresh" content="0;url=home"></head></html>"#,
            "<META content='1; URL=home' http-equiv=Refresh>",
            "<script>window.location.href='/app/home';</script>",
            "<html><body><script type=\"text/javascript\">top.location.replace(\"home\")</script></body></html>",
            "<script>function go(){ location='home'; }</script><body onload=\"go()\"></body>",
            "<div class=\"notice\">密码错误请找回</div><script>location='home'</script><p>正在进入</p>",
        ] {
            assert_eq!(leads(200, ("", ""), page), home, "{page}");
        }
    }

    #[test]
    fn a_page_with_something_on_it_is_an_answer() {
        for page in [
            "<meta http-equiv=refresh content='300;url=home'>",
            "<script>alert('密码错误');location='home'</script>",
            "<script>if(a){location='home'}</script>",
            "<p>请登录</p><script>location='home'</script>",
            "<script>location='login'</script>",
            "<script>function go(){ location='home'; }</script>",
        ] {
            assert_eq!(leads(200, ("", ""), page), None, "{page}");
        }
        assert_eq!(leads(302, ("x", "home"), ""), None);
    }

    #[test]
    fn tips_that_stood_there_before_do_not_stop_a_script() {
        let tip = "<p class=tip>密码错误请到柜台找回</p>";
        let body = format!("{tip}<script>location='home'</script>");
        let from = Url::parse("http://h.test/app/login").unwrap();
        let answer = Answer { status: 200, headers: Vec::new(), body: body.into_bytes() };
        let mut standing = Standing::default();
        assert_eq!(target(&answer, &from, &standing), None, "it is the answer to the input");
        standing.remember(&Page::of(&format!("{tip}<input name=id>")));
        let home = Url::parse("http://h.test/app/home").unwrap();
        assert_eq!(target(&answer, &from, &standing), Some(home));
    }
}
