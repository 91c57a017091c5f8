//! The portal that the tests log in to: no sockets, just answers.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use fiveone_model::question::Question;

use super::super::{Person, Unanswered};
use crate::portal::{Answer, Portal, Request, TransportError};
use zeroize::Zeroizing;

/// 2018-06-15 in Shanghai.
pub(super) const NOW_MS: i64 = 1_528_999_200_000;

/// Enough of a PNG to be taken for one.
pub(super) const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\nrest";

const MODULUS: &str = "d1f3a5c7e9b2046813579bdf02468aef";

/// Gives prepared answers; none left means nobody answers.
pub(super) struct Answers {
    left: Vec<String>,
    pub(super) asked: Vec<(Question, u32)>,
}

impl Answers {
    pub(super) fn of(answers: &[&str]) -> Self {
        let left = answers.iter().rev().map(|answer| (*answer).to_owned()).collect();
        Self { left, asked: Vec::new() }
    }
}

#[async_trait]
impl Person for Answers {
    async fn ask(
        &mut self,
        question: Question,
        attempt: u32,
    ) -> Result<Zeroizing<String>, Unanswered> {
        self.asked.push((question, attempt));
        self.left.pop().map(Zeroizing::new).ok_or(Unanswered::TimedOut)
    }
}

pub(super) struct Fake {
    pub(super) picture: Vec<u8>,
    pub(super) mutant: Option<(&'static str, &'static str)>,
    pub(super) is_lost: bool,
    pub(super) seen: Mutex<Vec<String>>,
}

impl Default for Fake {
    fn default() -> Self {
        Self { picture: PICTURE.to_vec(), mutant: None, is_lost: false, seen: Mutex::default() }
    }
}

fn html(body: &str) -> Answer {
    let headers = vec![("Content-Type".to_owned(), b"text/html;charset=utf-8".to_vec())];
    Answer { status: 200, headers, body: body.as_bytes().to_vec() }
}

fn redirect(to: &str) -> Answer {
    Answer {
        status: 302,
        headers: vec![("Location".to_owned(), to.as_bytes().to_vec())],
        body: Vec::new(),
    }
}

const HOME: &str = "<html><body><a>退出服务大厅</a></body></html>";

const LOGIN: &str = "<html><body><form><input type=hidden name=modulus value=MODULUS>\
    <input type=hidden name=exponent value=10001><span id=yzm_tip>YZM</span><span id=pwd_tip>PWD</span>\
    <span style='display:none'>今日登陆次数已达上限 密码错误</span>\
    <script>function check(){ alert('用户名或密码错误'); }</script></form></body></html>";

impl Fake {
    fn logon(&self, body: &str) -> Result<Answer, TransportError> {
        let field = |name: &str| {
            let pairs = url::form_urlencoded::parse(body.as_bytes()).into_owned();
            pairs.filter(|(own, _)| own == name).map(|(_, value)| value).last().unwrap_or_default()
        };
        let page = |yzm: &str, pwd: &str| html(&LOGIN.replace("YZM", yzm).replace("PWD", pwd));
        let is = |password: &str| {
            field("password") == crate::template::rsa_for_tests(password, MODULUS, "10001")
        };
        if field("captcha") == "9x9x" && field("hidden_token") == "t1" {
            return Ok(html(HOME));
        }
        if field("captcha") != "8k3f" {
            return Ok(page("验证码错误", ""));
        }
        Ok(match () {
            () if is("good") => html(HOME),
            () if is("quota") => html("<script>alert('今日登陆次数已达上限')</script>"),
            () if is("maintenance") => html("<p>系统维护中</p>"),
            () if is("changed") => html("<p>欢迎光临</p>"),
            () if is("elsewhere") => redirect("http://evil.example/"),
            () if is("loop") => redirect("grlogin"),
            () if is("drops") => return Err(TransportError::Broken),
            () if is("blocked") => Answer { status: 405, ..html("<h1>请求被拒绝</h1>") },
            () if is("forced") => html(
                "<form action=grlogin><input type=hidden name=hidden_token value=t1>\
                 <input id=force_captcha name=force_captcha><button id=qzdl>强制登录</button></form>",
            ),
            () => page("", "个人密码错误"),
        })
    }

    fn bills(&self, query: &str) -> Answer {
        let value = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(own, _)| own == name)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        let total = if value("grxx") == "A1" { 102 } else { 51 };
        let page: usize = value("pageNum").parse().unwrap_or(1);
        let rows: Vec<_> = (0..total)
            .skip((page - 1) * 100)
            .take(100)
            .map(|n| {
                let kind = if n % 2 == 0 { "汇缴" } else { "部分提取" };
                json!({ "jzrq": format!("2018-01-{:02}", n % 28 + 1), "gjhtqywlx": kind,
                    "fse": format!("{}.00", 100 + n), "yue": "1000.00", "ywlsh": n })
            })
            .collect();
        let text = json!({ "success": true, "totalcount": total, "results": rows }).to_string();
        let (from, to) = self.mutant.unwrap_or_default();
        html(&if from.is_empty() { text } else { text.replace(from, to) })
    }
}

#[async_trait]
impl Portal for Fake {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        self.seen.lock().unwrap().push(format!("{request:?}"));
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match (request.method, request.url.path()) {
            ("GET", "/wt-web/grlogin") if self.seen.lock().unwrap().len() > 6 => {
                Ok(redirect("grlogin"))
            }
            ("GET", "/wt-web/grlogin") => Ok(html(&LOGIN.replace("MODULUS", MODULUS))),
            ("GET", "/wt-web/captcha") => {
                Ok(Answer { status: 200, headers: Vec::new(), body: self.picture.clone() })
            }
            ("POST", "/wt-web/grlogin") => self.logon(&body),
            _ if self.is_lost => Ok(html(r#"{"success":false,"msg":"用户登录已经失效"}"#)),
            ("POST", "/wt-web/jcr/jcrkhxxcx_mh.service") => {
                let account = json!({ "xingming": "张三", "csny": "19900101", "xingbie": "1", "zjlx": "01",
                    "zjhm": "990102199001011237", "sjhm": null, "jtzz": "null", "grzh": "A1", "grzhzt": "01",
                    "grzhye": "12,345.60", "djrq": "2018-02-31", "dwmc": "某公司", "grjcjs": "5000",
                    "yjce": "1200", "grckzhkhyhmc": "", "grckzhhm": "  " });
                let second = json!({ "grzh": "A2" });
                Ok(html(&json!({ "success": true, "results": [account, second] }).to_string()))
            }
            ("GET", "/wt-web/jcr/jcrxxcxzhmxcx.service") => {
                Ok(self.bills(request.url.query().unwrap_or_default()))
            }
            _ => Ok(Answer { status: 404, ..html("not found") }),
        }
    }
}
