//! A tiny browser for the tests: one connection a request, cookies, raw bytes.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use fiveone_lab::{Lab, Options};
use serde_json::Value;

/// Starts a lab on a free port on a fixed day.
pub(crate) async fn lab() -> Lab {
    let mut options = Options::default();
    options.listen.set_port(0);
    options.today = Some(jiff::civil::date(2017, 12, 7));
    options.slow_ms = 300;
    fiveone_lab::start(options).await.unwrap()
}

/// The login fields of one person.
pub(crate) fn person(lab: &Lab, product: &str, area: &str, index: usize) -> Value {
    fiveone_lab::people(&lab.world(), product, area, 48)[index].clone()
}

/// The truth about that person under a password.
pub(crate) fn truth(lab: &Lab, product: &str, area: &str, person: &Value, password: &str) -> Value {
    let id_card = person["id_card"].as_str().unwrap();
    fiveone_lab::truth(&lab.world(), product, area, id_card, password).unwrap()
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    pub(crate) fn gbk(&self) -> String {
        let (text, had_errors) = encoding_rs::GBK.decode_without_bom_handling(&self.bytes);
        assert!(!had_errors);
        text.into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    /// What the `tEXt` chunk of a picture says.
    pub(crate) fn picture_answer(&self) -> String {
        let reader = png::Decoder::new(std::io::Cursor::new(&self.bytes)).read_info().unwrap();
        reader.info().uncompressed_latin1_text[0].text.clone()
    }
}

/// Keeps cookies for one base address.
pub(crate) struct Browser {
    address: SocketAddr,
    base: String,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) ajax: bool,
}

impl Browser {
    pub(crate) fn new(lab: &Lab, portal: &str) -> Self {
        let (product, area) = portal.split_once('/').unwrap();
        let base = fiveone_lab::portal("", product, area).unwrap();
        Self { address: lab.address(), base, cookies: BTreeMap::new(), ajax: false }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "").unwrap()
    }

    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &encode(form, false)).unwrap()
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        let path =
            if path.starts_with('/') { path.into() } else { format!("{}/{path}", self.base) };
        let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let ajax = if self.ajax { "X-Requested-With: XMLHttpRequest\r\n" } else { "" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\nCookie: {}\r\n{ajax}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            cookies.join("; "),
            body.len()
        );
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(request.as_bytes())?;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw)?;
        let end = raw.windows(4).position(|w| w == b"\r\n\r\n");
        let end = end.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        self.parse(&raw[..end], &raw[end + 4..])
    }

    fn parse(&mut self, head: &[u8], body: &[u8]) -> std::io::Result<Answer> {
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if name == "set-cookie" {
                let (key, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.insert(key.into(), value.into());
            }
            headers.insert(name.to_owned(), value.to_owned());
        }
        let bytes = match headers.get("content-length") {
            Some(length) if length.parse() != Ok(body.len()) => {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            Some(_) => body.to_vec(),
            None => unchunk(body).ok_or(std::io::ErrorKind::UnexpectedEof)?,
        };
        Ok(Answer { status, headers, bytes })
    }
}

/// Joins the chunks of a body; nothing when the last one is missing.
fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = body.windows(2).position(|w| w == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(body.get(end + 2..end + 2 + size)?);
        body = body.get(end + size + 4..)?;
    }
}

/// Encodes a form in UTF-8 or GBK.
pub(crate) fn encode(form: &[(&str, &str)], is_gbk: bool) -> String {
    let charset = if is_gbk { encoding_rs::GBK } else { encoding_rs::UTF_8 };
    let part = |text: &str| {
        let bytes = charset.encode(text).0;
        percent_encoding::percent_encode(&bytes, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<String> = form.iter().map(|(k, v)| format!("{}={}", part(k), part(v))).collect();
    pairs.join("&")
}

/// The text between two marks.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("no {after}")).0
}

/// Cells of the rows of a page that have data cells, tags and layout blanks removed.
pub(crate) fn rows(html: &str, cell: &str) -> Vec<Vec<String>> {
    html.split("<tr")
        .skip(1)
        .map(|row| {
            row.split(&format!("<{cell}"))
                .skip(1)
                .map(|part| {
                    let inner = part.split_once('>').unwrap().1;
                    let inner = inner.split(&format!("</{cell}>")).next().unwrap();
                    unescape(inner.replace("&nbsp;", " ").trim())
                })
                .collect::<Vec<_>>()
        })
        .filter(|row| !row.is_empty())
        .collect()
}

/// Undoes HTML escapes.
pub(crate) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// A number as the truth writes it, from the text a portal shows.
pub(crate) fn number(text: &str) -> Value {
    let text: String = text.chars().filter(|c| !matches!(c, ',' | '￥' | '元')).collect();
    let cents: i64 = text.replace('.', "").parse().unwrap();
    if cents % 100 == 0 { (cents / 100).into() } else { text.parse::<f64>().unwrap().into() }
}

/// Sorts rows, since their order is not part of the truth.
pub(crate) fn sorted(rows: Vec<Value>) -> Vec<String> {
    let mut rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let fields: BTreeMap<String, Value> = serde_json::from_value(row.clone()).unwrap();
            serde_json::to_string(&fields).unwrap()
        })
        .collect();
    rows.sort();
    rows
}

/// The rows of a section of the truth, sorted.
pub(crate) fn told(truth: &Value, section: &str) -> Vec<String> {
    sorted(truth[section].as_array().unwrap().clone())
}
