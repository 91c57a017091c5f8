//! A client of `/v1` that believes nothing: whatever is answered must be in the OpenAPI document.

use std::sync::LazyLock;

use fiveone_model::api_key::KeyMode;
use fiveone_model::app::AppId;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::gateway::{APP, Plan, TestGateway, login_fields, read_picture, text};
use fiveone_testkit::TestStore;

static DOCUMENT: LazyLock<Value> = LazyLock::new(fiveone_web::openapi_document);

/// The model city.
pub(super) const CITY: &str = "990000";

/// A gateway whose portals are all simulated.
pub(super) async fn gateway(store: TestStore) -> TestGateway {
    gateway_with(store, Plan::default()).await
}

pub(super) async fn gateway_with(store: TestStore, mut plan: Plan) -> TestGateway {
    plan.web.live_keys_in_model_city = true;
    TestGateway::build(store, plan).await
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The status and code of a problem, whose form is checked.
    #[track_caller]
    pub(super) fn problem(&self) -> (u16, String) {
        let json = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(json["status"], self.status, "{self:?}");
        assert_eq!(json["type"], format!("/v1/errors/{}", text(&json["code"])));
        for member in ["title", "cause", "person", "app"] {
            assert!(!text(&json[member]).is_empty(), "{member}: {self:?}");
        }
        assert_eq!(json["request_id"], self.header("x-request-id"));
        (self.status, text(&json["code"]))
    }

    #[track_caller]
    pub(super) fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        self.json()
    }
}

/// A client with a key.
#[derive(Clone)]
pub(super) struct V1 {
    http: reqwest::Client,
    base: String,
    pub(super) key: String,
}

impl V1 {
    /// A client of the gateway's app.
    pub(super) async fn of(gateway: &TestGateway) -> Self {
        Self::of_app(gateway, APP, KeyMode::Live).await
    }

    /// A client of an app, with a key of its own.
    pub(super) async fn of_app(gateway: &TestGateway, app: &str, mode: KeyMode) -> Self {
        let app = AppId::parse(app).unwrap();
        let (key, _) = gateway.engine.api_keys().create(&app, mode, "").await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, base: gateway.address.clone(), key: key.as_str().to_owned() }
    }

    pub(super) fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// The same with another node.
    pub(super) fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    pub(super) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse::<reqwest::Method>().unwrap();
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    /// Sends a request; its answer must be documented.
    pub(super) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let (method, path) = (request.method().to_string(), request.url().path().to_owned());
        let response = self.http.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.unwrap();
        let answer = Answer { status, headers, body };
        assert_ne!(status, 500, "{answer:?}");
        assert_documented(&method, &path, &answer);
        answer
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.request("POST", path).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path)).await
    }

    /// Creates a task; its id.
    pub(super) async fn create(&self, product: &str, person: &Value, password: &str) -> String {
        let created = self.post("/v1/tasks", &new_task(product, person, password)).await;
        let id = text(&created.ok(201)["id"]);
        assert_eq!(created.header("location"), format!("/v1/tasks/{id}"));
        id
    }

    /// Waits for the task to ask or to end.
    pub(super) async fn due(&self, id: &str) -> Value {
        for _ in 0..4 {
            let task = self.get(&format!("/v1/tasks/{id}?wait=30")).await.ok(200);
            if !task["question"].is_null() || !task["ended_at"].is_null() {
                return task;
            }
        }
        panic!("task {id} does not move");
    }

    /// Brings a task to its end as a person who reads well.
    pub(super) async fn finish(&self, gateway: &TestGateway, id: &str, person: &Value) -> Value {
        loop {
            let task = self.due(id).await;
            if !task["ended_at"].is_null() {
                return task;
            }
            let code = self.reading(gateway, &task["question"], person).await;
            let answer = json!({ "question": task["question"]["id"], "code": code });
            let taken = self.post(&format!("/v1/tasks/{id}/answers"), &answer).await;
            assert_ne!(taken.ok(202)["question"]["id"], answer["question"]);
        }
    }

    /// What a person reads of a question.
    pub(super) async fn reading(
        &self,
        gateway: &TestGateway,
        question: &Value,
        person: &Value,
    ) -> String {
        match text(&question["kind"]).as_str() {
            "sms" => gateway.last_sms(&text(&person["login"]["id_card"])).await,
            "captcha" => {
                let picture = text(&question["pictures"][0]["url"]);
                read_picture(picture.split_once(";base64,").expect("a data URL").1)
            }
            other => panic!("asked for {other}"),
        }
    }

    /// The tasks that a stream tells, to its end.
    pub(super) async fn follow(&self, id: &str, mut seen: impl AsyncFnMut(&Value)) -> Vec<Value> {
        let request = self.request("GET", &format!("/v1/tasks/{id}/events"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut chunks = response.bytes_stream();
        let (mut told, mut rest) = (Vec::new(), Vec::new());
        while let Some(chunk) = chunks.next().await {
            rest.extend_from_slice(&chunk.unwrap());
            while let Some(end) = rest.windows(2).position(|two| two == b"\n\n") {
                let event = String::from_utf8(rest.drain(..end + 2).collect()).unwrap();
                let data = event.lines().filter_map(|line| line.strip_prefix("data: "));
                let data = data.collect::<String>();
                if data.is_empty() {
                    continue;
                }
                assert!(event.contains("event: task"), "{event}");
                let task: Value = serde_json::from_str(&data).unwrap();
                seen(&task).await;
                told.push(task);
            }
        }
        told
    }
}

/// The body of a create.
pub(super) fn new_task(product: &str, person: &Value, password: &str) -> Value {
    let fields: serde_json::Map<_, _> = login_fields(person, password)
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    let login: u32 = text(&person["login"]["login_type"]).parse().unwrap();
    json!({ "product": product, "area": CITY, "login": login, "fields": fields })
}

#[track_caller]
fn assert_documented(method: &str, path: &str, answer: &Answer) {
    let words: Vec<_> = path.split('/').collect();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fits = |pattern: &str| {
        let pattern: Vec<_> = pattern.split('/').collect();
        let pairs = pattern.iter().zip(&words);
        pattern.len() == words.len()
            && pairs.clone().all(|(own, word)| own == word || own.starts_with('{'))
    };
    let operations = paths.iter().find(|(pattern, _)| fits(pattern)).map(|(_, all)| all);
    let operation = operations.and_then(|all| all.get(method.to_ascii_lowercase()));
    let Some(operation) = operation else {
        assert!(matches!(answer.status, 404 | 405), "{method} {path}: {answer:?}");
        return;
    };
    let response = &operation["responses"][answer.status.to_string()];
    assert!(!response.is_null(), "{method} {path} answers what is not documented: {answer:?}");
    let media = answer.header("content-type").split(';').next().unwrap();
    if answer.status != 304 {
        let content = &response["content"][media];
        assert!(!content.is_null(), "{method} {path} answers {media}");
        if let Some(schema) = content.get("schema") {
            let found = super::schema::complaints(&DOCUMENT, schema, &answer.json(), "answer");
            assert_eq!(found, [""; 0], "{method} {path}");
        }
    }
    if answer.status >= 400 {
        let code = text(&answer.json()["code"]);
        let told = text(&response["description"]);
        assert!(told.contains(&code), "{method} {path}: {code} is not documented");
    }
}
