//! An operator at a browser, as the tests of the console need one.

use fiveone_engine::Engine;
use fiveone_model::operator::{OperatorName, Role};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::gateway::TestGateway;

pub(super) const PASSWORD: &str = "correct horse battery";

/// An operator at a browser.
pub(super) struct Console {
    pub(super) http: reqwest::Client,
    pub(super) base: String,
    pub(super) cookie: String,
    pub(super) form_token: String,
}

/// An answer as a browser gets it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn location(&self) -> &str {
        self.headers.get("location").map_or("", |location| location.to_str().unwrap())
    }
}

impl Console {
    pub(super) fn at(base: &str) -> Self {
        let policy = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(policy).build().unwrap();
        let [cookie, form_token] = [const { String::new() }; 2];
        Self { http, base: base.to_owned(), cookie, form_token }
    }

    /// A new operator of a role, signed in.
    pub(super) async fn of(gateway: &TestGateway, name: &str, role: Role) -> Self {
        add(&gateway.engine, name, role).await;
        let mut console = Self::at(&gateway.address);
        let answer = console.sign_in(name, PASSWORD).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/console"));
        console
    }

    pub(super) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.header("cookie", &self.cookie).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// A page that must be there.
    pub(super) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    /// A form with these fields and no more, from a page of an origin.
    pub(super) async fn send_form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        origin: &str,
    ) -> Answer {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(format!("{}{path}", self.base)).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.header("origin", origin)).await
    }

    /// A form of one of our pages.
    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let own = [("form_token", self.form_token.as_str())];
        self.send_form(path, &[own.as_slice(), fields].concat(), &self.base).await
    }

    pub(super) async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let fields = [("name", name), ("password", password), ("code", ""), ("next", "")];
        let answer = self.send_form("/console/sign-in", &fields, &self.base.clone()).await;
        if let Some(line) = answer.headers.get("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{line}");
            line.split(';').next().unwrap().clone_into(&mut self.cookie);
            let page = self.page("/console").await;
            let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
            rest.split('"').next().unwrap().clone_into(&mut self.form_token);
        }
        answer
    }
}

pub(super) async fn add(engine: &Engine, name: &str, role: Role) {
    let name = OperatorName::parse(name).unwrap();
    assert!(engine.operators().add(&name, role, PASSWORD).await.unwrap());
}
