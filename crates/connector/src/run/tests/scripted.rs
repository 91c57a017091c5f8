//! Portals of a few pages, written down as they are: what is asked for, and what comes.
//!
//! They hold the facts that are known of a family for which the lab has no portal yet: the addresses,
//! the parameters that matter, the keys and headers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use fiveone_model::{
    area::AreaCode,
    failure::{Failure, FailureKind},
    login::{Credentials, FieldName},
    product::Product,
    question::Question,
    report::{Dialect, Section},
};
use serde_json::Value as Json;

use super::{
    super::Run,
    fake::{Answers, NOW_MS, PICTURE},
};
use crate::{
    connector::Connector,
    files::SourceFile,
    library::Library,
    portal::{Answer, Portal, Request, TransportError},
};

/// A request that is known: its method, words of its address and body, and the answer.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// Words that the query or the body must hold, decoded.
    pub(super) with: &'static [&'static str],
    pub(super) answer: Body,
}

/// What comes back.
#[derive(Clone)]
pub(super) enum Body {
    Text(String),
    Picture,
    /// A cookie beside a text.
    Cookie(&'static str, String),
    /// A text with a status of its own.
    Status(u16, String),
}

pub(super) fn get(path: &'static str, answer: impl Into<Body>) -> Route {
    Route { method: "GET", path, with: &[], answer: answer.into() }
}

pub(super) fn post(
    path: &'static str,
    with: &'static [&'static str],
    answer: impl Into<Body>,
) -> Route {
    Route { method: "POST", path, with, answer: answer.into() }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Json> for Body {
    fn from(json: Json) -> Self {
        Self::Text(json.to_string())
    }
}

struct Script {
    routes: Vec<Route>,
    unknown: Mutex<Vec<String>>,
}

#[async_trait]
impl Portal for Script {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let query = request.url.query().unwrap_or_default();
        let sent = format!("{query}&{body}").replace('+', " ");
        let sent = percent_encoding::percent_decode_str(&sent).decode_utf8_lossy().into_owned();
        let path = request.url.path().to_owned();
        let is_it = |route: &&Route| {
            route.method == request.method
                && path.ends_with(route.path)
                && route.with.iter().all(|word| sent.contains(word))
        };
        let Some(route) = self.routes.iter().find(is_it) else {
            self.unknown.lock().unwrap().push(format!("{} {path} {sent}", request.method));
            return Ok(Answer { status: 404, headers: Vec::new(), body: Vec::new() });
        };
        let html = ("content-type".to_owned(), b"text/html;charset=UTF-8".to_vec());
        Ok(match route.answer.clone() {
            Body::Text(text) => {
                Answer { status: 200, headers: vec![html], body: text.into_bytes() }
            }
            Body::Picture => Answer { status: 200, headers: Vec::new(), body: PICTURE.to_vec() },
            Body::Cookie(cookie, text) => {
                let cookie = ("set-cookie".to_owned(), cookie.as_bytes().to_vec());
                Answer { status: 200, headers: vec![html, cookie], body: text.into_bytes() }
            }
            Body::Status(status, text) => {
                Answer { status, headers: vec![html], body: text.into_bytes() }
            }
        })
    }
}

/// What a person typed at an area, and the portal that they meet.
pub(super) struct Visit {
    run: Run,
    script: Arc<Script>,
    person: Answers,
}

/// The connector of one city's file, with the shared texts and labels.
pub(super) fn connector_of(product: Product, city: &str) -> Arc<Connector> {
    let is_shared = |path: &str| !path.starts_with("families/") && !path.starts_with("cities/");
    let mut sources = Library::sources();
    sources.retain(|file| is_shared(&file.path));
    let path = format!("cities/{}/210300-own.yaml", product.as_str());
    sources.push(SourceFile { path, text: city.to_owned() });
    let library = Library::load(sources, &BTreeMap::new());
    let library = library.unwrap_or_else(|complaints| panic!("\n{complaints}"));
    let area = AreaCode::parse("210300").unwrap();
    library.connector(product, &area).unwrap().clone()
}

/// A fund city whose login is these steps, each a line of its file.
pub(super) fn connector_with_login(steps: &str) -> Arc<Connector> {
    let steps: String =
        steps.trim().lines().map(|step| format!("      {}\n", step.trim())).collect();
    let city = format!(
        r#"
area: "210300"
with: {{ base: "http://h.test/app" }}
login:
  - type: 1
    name: 身份证号
    fields: [id_card, password]
    steps:
{steps}
sections:
  baseInfo:
    steps: [{{ get: base }}]
    record: {{ json: "$", map: {{ xm: employeeName }} }}
"#
    );
    connector_of(Product::Fund, &city)
}

impl Visit {
    /// Logs in with the first method.
    pub(super) async fn log_in(
        product: Product,
        area: &str,
        routes: Vec<Route>,
    ) -> (Self, Result<(), Failure>) {
        let library = Library::builtin().unwrap_or_else(|complaints| panic!("\n{complaints}"));
        let area = AreaCode::parse(area).unwrap();
        let mut visit = Self::of(library.connector(product, &area).unwrap().clone(), routes);
        let ended = visit.enter().await;
        (visit, ended)
    }

    /// Stands before a portal.
    pub(super) fn of(connector: Arc<Connector>, routes: Vec<Route>) -> Self {
        let script = Arc::new(Script { routes, unknown: Mutex::default() });
        let run = Run::new(connector, script.clone(), NOW_MS);
        Self { run, script, person: Answers::of(&["8k3f", "8k3f", "8k3f"]) }
    }

    /// Logs in with the first method.
    pub(super) async fn enter(&mut self) -> Result<(), Failure> {
        let mut credentials = Credentials::default();
        for (field, value) in [
            (FieldName::IdCard, "990102199001011237"),
            (FieldName::Account, "62220001"),
            (FieldName::RealName, "张三"),
            (FieldName::Password, "secret-1"),
        ] {
            credentials.set(field, value.to_owned());
        }
        self.run.login(1, &credentials, &mut self.person).await
    }

    /// The session as it would be kept.
    pub(super) fn kept(&self) -> String {
        String::from_utf8(self.run.checkpoint().to_vec()).unwrap()
    }

    /// Whether words of the portal are kept that may repeat what was typed.
    pub(super) const fn keeps_words(&self) -> bool {
        self.run.refusal.is_some()
    }

    /// What the person answers, in order, instead of what they would.
    pub(super) fn answer_with(&mut self, answers: &[&str]) {
        self.person = Answers::of(answers);
    }

    /// What the person was asked, each with how often.
    pub(super) fn asked(&self) -> &[(Question, u32)] {
        &self.person.asked
    }

    /// How many questions were asked.
    pub(super) fn questions(&self) -> usize {
        self.person.asked.len()
    }

    /// A section with its findings as text, or what its reading ended in.
    pub(super) async fn try_read(
        &mut self,
        section: Section,
    ) -> Result<(Json, String), FailureKind> {
        let reading = self.run.read(section).await.map_err(|failure| failure.kind)?;
        let findings: Vec<String> = reading.findings.iter().map(ToString::to_string).collect();
        Ok((reading.content.render(Dialect::Table), findings.join("; ")))
    }

    /// A section as the documents' table has it.
    pub(super) async fn read(&mut self, section: Section) -> Json {
        match self.run.read(section).await {
            Ok(reading) => reading.content.render(Dialect::Table),
            Err(failure) => panic!(
                "{section:?}: {failure:?}\n{:#?}\nnot known: {:#?}",
                self.run.log().take(),
                self.script.unknown.lock().unwrap()
            ),
        }
    }

    pub(super) fn explain(&mut self) -> String {
        let unknown = self.script.unknown.lock().unwrap().clone();
        format!("{:#?}\nnot known: {unknown:#?}", self.run.log().take())
    }
}
