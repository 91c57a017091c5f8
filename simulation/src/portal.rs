//! A portal that is written down: a picture, a login, three sections. What it does with a visitor
//! follows from the password and from chance, and it sees which node uses which session.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fiveone_connector::{Answer, Library, Portal, Request, SourceFile, TransportError};
use fiveone_model::clock::Millis;

use crate::chance::{Chance, Trace};
use crate::clock::World;

/// Where it is.
pub(crate) const AREA: &str = "210300";
/// What its picture asks for.
pub(crate) const CODE: &str = "8k3f";

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\nrest";
const CITY: &str = r#"
area: "210300"
with: { base: "http://portal.test/app" }
login:
  - type: 1
    name: 身份证号
    fields: [id_card, password]
    steps:
      - { id: picture, ask: captcha, get: captcha.png }
      - id: enter
        post: login
        texts: false
        form: { id_card: "{{ id_card }}", password: "{{ password }}", captcha: "{{ captcha }}" }
        expect: { json: "$.code", equals: OK }
sections:
  baseInfo:
    steps: [{ get: base }]
    record: { json: "$", map: { xm: employeeName } }
  billInfos:
    steps: [{ get: bills }]
    rows: { json: "$.rows", map: { d: payArriveDate, a: inAmount } }
  loanInfos:
    steps: [{ get: loans }]
    record: { json: "$", map: { xm: loanName, ht: loanNum } }
    empty: { json: "$.none", equals: "1" }
outcomes:
  - { json: "$.code", equals: BAD_CAPTCHA, as: wrong_captcha }
  - { json: "$.code", equals: BAD_PASSWORD, as: wrong_password }
  - { json: "$.code", equals: MAINTENANCE, as: maintenance }
  - { json: "$.code", equals: NO_SESSION, as: session_lost }
"#;

/// The connector that knows it.
pub(crate) fn library() -> anyhow::Result<Library> {
    let is_shared = |path: &str| !path.starts_with("families/") && !path.starts_with("cities/");
    let mut sources = Library::sources();
    sources.retain(|file| is_shared(&file.path));
    let path = format!("cities/fund/{AREA}-simulated.yaml");
    sources.push(SourceFile { path, text: CITY.to_owned() });
    Library::load(sources, &BTreeMap::new()).map_err(|complaints| anyhow::anyhow!("{complaints}"))
}

/// What all nodes meet.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) world: World,
    pub(crate) chance: Chance,
    pub(crate) trace: Trace,
    sessions: Arc<Mutex<Sessions>>,
    lease_ms: Millis,
}

#[derive(Default)]
struct Sessions {
    all: BTreeMap<String, Session>,
    requests: u64,
    broken: Option<String>,
}

/// A login.
struct Session {
    password: String,
    /// Who used it, from when on.
    users: Vec<(u64, Millis)>,
}

impl Script {
    pub(crate) fn new(world: World, chance: Chance, trace: Trace, lease_ms: Millis) -> Self {
        Self { world, chance, trace, sessions: Arc::default(), lease_ms }
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many requests came, and what was wrong with them.
    pub(crate) fn outcome(&self) -> (u64, Option<String>) {
        let sessions = self.lock();
        (sessions.requests, sessions.broken.clone())
    }

    /// The way of a node to it; `went_on_at` is when the node last went on after a pause.
    pub(crate) fn for_node(&self, node: u64, went_on_at: Arc<Mutex<Millis>>) -> Arc<dyn Portal> {
        Arc::new(Way { script: self.clone(), node, went_on_at })
    }
}

/// One node's way.
struct Way {
    script: Script,
    node: u64,
    went_on_at: Arc<Mutex<Millis>>,
}

#[async_trait]
impl Portal for Way {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        let Script { world, chance, trace, .. } = &self.script;
        let path = request.url.path().to_owned();
        let cookie = request.headers.iter().find(|(name, _)| name == "cookie");
        let cookie = cookie.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        let form: BTreeMap<String, String> = String::from_utf8_lossy(&request.body)
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let password = self.script.password(cookie.as_deref(), &form);
        trace.add(|| format!("{} node {} asks {path} {cookie:?}", world.now(), self.node));
        self.use_session(cookie.as_deref());
        let longest = if password.starts_with("slow") { 6_000 } else { 400 };
        world.until(world.now() + chance.between(5, longest)).await;
        if chance.in_thousand(if password.starts_with("flaky") { 150 } else { 5 }) {
            return Err(TransportError::Broken);
        }
        Ok(self.script.answer(&path, cookie.as_deref(), &password, &form))
    }

    async fn pause(&self, time: Duration) {
        let world = &self.script.world;
        world.until(world.now() + Millis::try_from(time.as_millis()).unwrap_or(0)).await;
    }
}

impl Way {
    /// A session that another node has taken over may be used for a lease more, counted from when
    /// this one could know of it.
    fn use_session(&self, cookie: Option<&str>) {
        let now = self.script.world.now();
        let went_on_at = *self.went_on_at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sessions = self.script.lock();
        sessions.requests += 1;
        let Some(session) = cookie.and_then(|cookie| sessions.all.get_mut(cookie)) else { return };
        let Some(place) = session.users.iter().position(|(node, _)| *node == self.node) else {
            session.users.push((self.node, now));
            return;
        };
        let Some((other, since)) = session.users.get(place + 1).copied() else { return };
        let over = now - since.max(went_on_at);
        if over > self.script.lease_ms {
            sessions.broken.get_or_insert(format!(
                "no task runs on two nodes past a lease: node {} uses a session {over} ms after \
                 node {other} took it over",
                self.node
            ));
        }
    }
}

impl Script {
    fn password(&self, cookie: Option<&str>, form: &BTreeMap<String, String>) -> String {
        let own = form.get("password").cloned();
        let sessions = self.lock();
        let known = cookie.and_then(|cookie| sessions.all.get(cookie));
        own.or_else(|| known.map(|session| session.password.clone())).unwrap_or_default()
    }

    fn answer(
        &self,
        path: &str,
        cookie: Option<&str>,
        password: &str,
        form: &BTreeMap<String, String>,
    ) -> Answer {
        let is_known = cookie.is_some_and(|cookie| self.lock().all.contains_key(cookie));
        match path.rsplit('/').next().unwrap_or_default() {
            "captcha.png" => Answer { status: 200, headers: Vec::new(), body: PICTURE.to_vec() },
            "login" if form.get("captcha").map(String::as_str) != Some(CODE) => {
                json(r#"{"code":"BAD_CAPTCHA"}"#)
            }
            "login" if password.starts_with("wrong") => json(r#"{"code":"BAD_PASSWORD"}"#),
            "login" if password.starts_with("closed") => json(r#"{"code":"MAINTENANCE"}"#),
            "login" => self.log_in(password),
            _ if !is_known => json(r#"{"code":"NO_SESSION"}"#),
            "base" => json(r#"{"xm":"张三"}"#),
            "bills" => json(r#"{"rows":[{"d":"2026-01-02","a":"100.00"}]}"#),
            "loans" if password.starts_with("partial") => {
                Answer { status: 500, headers: Vec::new(), body: Vec::new() }
            }
            "loans" => json(r#"{"xm":"张三","ht":"H-1"}"#),
            _ => Answer { status: 404, headers: Vec::new(), body: Vec::new() },
        }
    }

    fn log_in(&self, password: &str) -> Answer {
        let mut sessions = self.lock();
        let key = format!("sid=s{}", sessions.all.len());
        let session = Session { password: password.to_owned(), users: Vec::new() };
        sessions.all.insert(key.clone(), session);
        let mut answer = json(r#"{"code":"OK"}"#);
        answer.headers.push(("set-cookie".to_owned(), key.into_bytes()));
        answer
    }
}

fn json(text: &str) -> Answer {
    let kind = ("content-type".to_owned(), b"application/json;charset=UTF-8".to_vec());
    Answer { status: 200, headers: vec![kind], body: text.as_bytes().to_vec() }
}
