//! A person at a browser, as the tests of the page need one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fiveone_engine::seal::seal_as_page;
use reqwest::StatusCode;
use serde_json::Value;

use crate::gateway::login_fields;

/// A person at a browser.
#[derive(Clone)]
pub(super) struct Browser {
    pub(super) http: reqwest::Client,
    pub(super) address: String,
    pub(super) cookie: String,
}

impl Browser {
    pub(super) fn open(base: &str, token: &str) -> Self {
        let address = format!("{base}/link/{token}");
        Self { http: reqwest::Client::new(), address, cookie: String::new() }
    }

    pub(super) async fn get(&self, what: &str) -> (StatusCode, String) {
        let request = self.http.get(format!("{}{what}", self.address));
        let request = request.header("hx-request", "true").header("cookie", &self.cookie);
        let response = request.send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    pub(super) async fn post(
        &mut self,
        what: &str,
        fields: &[(&str, &str)],
    ) -> (StatusCode, String) {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        let request = self.http.post(format!("{}/{what}", self.address)).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("hx-request", "true").header("cookie", &self.cookie);
        let response = request.send().await.unwrap();
        if let Some(line) = response.headers().get("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.ends_with("; HttpOnly; SameSite=Strict"), "{line}");
            line.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        (response.status(), response.text().await.unwrap())
    }

    /// Seals as the page's script does, to what stands in the form.
    pub(super) async fn seal(&self, plain: &str) -> String {
        let (_, page) = self.get("").await;
        seal(&page, plain)
    }

    pub(super) async fn consent(&mut self) {
        let (status, page) = self.post("consent", &[]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("data-field=\"id_card\""), "{page}");
    }

    pub(super) async fn log_in(&mut self, person: &Value, password: &str) -> String {
        self.log_in_by("begin", person, password).await
    }

    /// The same by an address of the page's own.
    pub(super) async fn log_in_by(&mut self, what: &str, person: &Value, password: &str) -> String {
        let sealed = self.type_login(person, password).await;
        self.send_login(what, &sealed).await
    }

    /// What is typed into the form, sealed and not yet sent.
    pub(super) async fn type_login(&mut self, person: &Value, password: &str) -> String {
        self.seal(&plain_login(person, password)).await
    }

    /// Sends what was typed.
    pub(super) async fn send_login(&mut self, what: &str, sealed: &str) -> String {
        let fields = [("area", "990000"), ("way", "1"), ("sealed", sealed)];
        let (status, page) = self.post(what, &fields).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page
    }

    /// The same on the form that asks for the rest.
    pub(super) async fn log_in_again(&mut self, person: &Value, password: &str, form: &str) {
        let sealed = seal(form, &plain_login(person, password));
        let fields = [("area", "990000"), ("way", "1"), ("again", "1"), ("sealed", &sealed)];
        let (status, page) = self.post("begin", &fields).await;
        assert_eq!(status, StatusCode::OK, "{page}");
    }

    /// Follows the events until a stage holds one of these texts.
    pub(super) async fn wait_for(&self, texts: &[&str]) -> String {
        let request = self.http.get(format!("{}/events", self.address));
        let response = request.header("cookie", &self.cookie).send().await.unwrap();
        let mut response = response;
        let mut seen = String::new();
        while let Some(part) = response.chunk().await.unwrap() {
            seen.push_str(&String::from_utf8_lossy(&part));
            if texts.iter().any(|text| seen.contains(text)) {
                return seen;
            }
        }
        panic!("the events ended: {seen}")
    }

    /// All up to the result.
    pub(super) async fn read(&mut self, person: &Value) {
        self.consent().await;
        self.log_in(person, "good").await;
        self.answer_captcha().await;
        self.wait_for(&["这是读到的内容"]).await;
    }

    /// Reads the captcha as a person does, and answers it.
    pub(super) async fn answer_captcha(&mut self) {
        self.answer_captcha_by("answer").await;
    }

    /// The same by an address of the page's own.
    pub(super) async fn answer_captcha_by(&mut self, what: &str) {
        self.wait_for(&["data:image/png;base64,"]).await;
        let (_, page) = self.get("").await;
        let picture = page.split("base64,").nth(1).unwrap().split('"').next().unwrap();
        let code = fiveone_lab::answer_in(&STANDARD.decode(picture).unwrap()).unwrap();
        let sealed = seal_answer(&page, &code);
        let (status, _) = self.post(what, &[("sealed", &sealed)]).await;
        assert_eq!(status, StatusCode::OK);
    }
}

/// What the page's script seals of login fields.
fn plain_login(person: &Value, password: &str) -> String {
    let fields = login_fields(person, password);
    let fields = fields.iter().filter(|(name, _)| name != "login_type" && name != "area_code");
    fields.map(|(name, value)| format!("{name}\0{value}\0")).collect()
}

/// Login fields, sealed to what stands in a form.
pub(super) fn seal_login(form: &str, person: &Value, password: &str) -> String {
    seal(form, &plain_login(person, password))
}

pub(super) fn attribute<'a>(page: &'a str, name: &str) -> &'a str {
    let begin = format!("{name}=\"");
    page.split(&begin).nth(1).expect(name).split('"').next().unwrap()
}

pub(super) fn seal(page: &str, plain: &str) -> String {
    let key = attribute(page, "data-key").replace("&#43;", "+").replace("&#47;", "/");
    let key = STANDARD.decode(key.replace("&#61;", "=")).unwrap();
    STANDARD.encode(seal_as_page(&key, plain.as_bytes(), attribute(page, "data-about")).unwrap())
}

pub(super) fn seal_answer(page: &str, answer: &str) -> String {
    seal(page, &format!("{}\0{answer}", attribute(page, "data-question")))
}
