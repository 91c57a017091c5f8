//! The front page of a demonstration: what each of the four people who meet the product can try at once.
//! A node of a deployment has none.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use fiveone_engine::{Engine, LINK_FOR_MS, LinkRequest, Look};
use fiveone_model::api_key::{KeyMode, MODEL_CITY};
use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::login::Credentials;
use fiveone_model::product::{Interface, Operation, Product};
use fiveone_model::token_key::sign;
use serde::Deserialize;

use crate::assets::VERSION;
use crate::html::html;
use crate::language::Language;
use crate::state::log_fault;

/// The address that the documents sign (P-10).
const DOCUMENTED: &str = "http://api.tcredit.com/identity/";
/// Sent by browsers alone; a page of another site cannot change it.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A person of the model city, as the page tells of them.
#[derive(Debug, Clone)]
pub struct WelcomePerson {
    /// The identity number.
    pub id_card: String,
    /// Where their last SMS can be read.
    pub inbox: String,
}

/// A password of the model city and what it does.
#[derive(Debug, Clone)]
pub struct WelcomePassword {
    /// What is typed.
    pub password: String,
    /// In Chinese.
    pub chinese: String,
    /// In English.
    pub english: String,
    /// The code that the task ends with.
    pub code: String,
}

/// What a demonstration's page tells.
#[derive(Debug, Clone)]
pub struct Welcome {
    /// The gateway's own address.
    pub gateway: String,
    /// The simulated portals' address.
    pub lab: String,
    /// How the program is called in commands.
    pub program: String,
    /// The data folder.
    pub data: String,
    /// The app.
    pub app: AppId,
    /// Its tokenId, a secret of nobody.
    pub token_id: String,
    /// A test key for `/v1`.
    pub key: String,
    /// People to be.
    pub people: Vec<WelcomePerson>,
    /// What their passwords do.
    pub passwords: Vec<WelcomePassword>,
    /// The path of the operator's console, where there is one.
    pub console: Option<&'static str>,
}

struct Shown {
    engine: Engine,
    welcome: Welcome,
}

/// The page and what its buttons do, to be merged with [`crate::router`].
pub fn welcome(engine: Engine, welcome: Welcome) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/welcome/link", post(link))
        .with_state(Arc::new(Shown { engine, welcome }))
}

#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

#[derive(Deserialize)]
struct Wanted {
    /// Both products by one link.
    both: Option<String>,
}

#[derive(Template)]
#[template(path = "welcome/page.html")]
struct Page<'a> {
    language: Language,
    other_tag: &'static str,
    version: &'static str,
    welcome: &'a Welcome,
    commands: Commands,
    /// Each code of `/v1` with the address of its page.
    errors: Vec<(&'static str, String)>,
}

/// What is to be copied into a terminal.
struct Commands {
    v1: Vec<String>,
    signed: [String; 1],
    terminal: [String; 1],
    connector: [String; 2],
    operator: [String; 2],
}

impl Commands {
    fn of(welcome: &Welcome) -> Self {
        let Welcome { gateway, program, data, app, token_id, key, people, .. } = welcome;
        let url = format!("{DOCUMENTED}{}", Interface::of(Product::Fund, Operation::Logins).name);
        let token_key = sign(&url, token_id, &[("area_code", MODEL_CITY)]);
        let bearer = format!("curl -s -H 'Authorization: Bearer {key}'");
        let mut v1 = vec![format!("{bearer} '{gateway}/v1/areas?product=fund&area={MODEL_CITY}'")];
        v1.extend(people.first().map(|WelcomePerson { id_card, .. }| {
            format!(
                "{bearer} -H 'Content-Type: application/json' \
                 -d '{{\"product\": \"fund\", \"area\": \"{MODEL_CITY}\", \"login\": 1, \
                 \"fields\": {{\"id_card\": \"{id_card}\", \"password\": \"good\"}}}}' \
                 {gateway}/v1/tasks"
            )
        }));
        let signed = format!(
            "curl -s -d appId={app} -d tokenKey={token_key} -d area_code={MODEL_CITY} \
             {gateway}/identity/getFundCityParamB"
        );
        Self {
            v1,
            signed: [signed],
            terminal: [format!("{program} query fund {MODEL_CITY} --gateway {gateway}")],
            connector: [
                format!("{program} connector check"),
                format!("{program} connector schema"),
            ],
            operator: [
                format!("{program} app show {app} --data {data}"),
                format!("{program} ledger verify --data {data}"),
            ],
        }
    }
}

impl Page<'_> {
    const fn say<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.say(chinese, english)
    }

    fn about<'p>(&self, password: &'p WelcomePassword) -> &'p str {
        self.language.say(&password.chinese, &password.english)
    }
}

async fn show(State(shown): State<Arc<Shown>>, Query(asked): Query<Asked>) -> Response {
    let language = Language::of(asked.lang.as_deref());
    let other_tag = match language {
        Language::Chinese => "en",
        Language::English => "zh",
    };
    let welcome = &shown.welcome;
    let errors = crate::v1::error_pages();
    let page = Page {
        language,
        other_tag,
        version: VERSION,
        welcome,
        commands: Commands::of(welcome),
        errors,
    };
    match page.render() {
        Ok(text) => html(StatusCode::OK, text),
        Err(error) => {
            tracing::error!(%error, "the front page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Makes a link to the person's page for the model city and leads there. A link is one person's, so each
/// press makes another.
async fn link(
    State(shown): State<Arc<Shown>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let site = headers.get(SITE).and_then(|site| site.to_str().ok());
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let request = LinkRequest {
        products: match wanted.both {
            Some(_) => Product::ALL.to_vec(),
            None => vec![Product::Fund],
        },
        area: AreaCode::parse(MODEL_CITY),
        purpose: "试用".to_owned(),
        state: String::new(),
        return_url: None,
        for_ms: LINK_FOR_MS,
        mode: KeyMode::Test,
        look: Look::default(),
        prefill: Credentials::default(),
    };
    let entry = match shown.engine.app(&shown.welcome.app).await {
        Ok(Some(entry)) => entry,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(fault) => {
            log_fault(&fault);
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    match shown.engine.links().create(&entry, request).await {
        Ok(Ok(token)) => {
            let place = format!("/link/{}", *token);
            let headers = [(header::LOCATION, place), (header::CACHE_CONTROL, "no-store".into())];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Ok(Err(refusal)) => (StatusCode::CONFLICT, refusal.to_string()).into_response(),
        Err(fault) => {
            log_fault(&fault);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
