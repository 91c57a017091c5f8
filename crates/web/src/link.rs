//! `/link/{token}`: the person's page. An app makes the link; the person sees who asks for what, agrees,
//! logs in, answers the portal's questions, looks at what was read, and hands it over or deletes it.
//!
//! One page, rendered here: its stage is swapped as things happen. Whatever the person types is sealed in
//! the browser and opened in the engine; it stands in no request that a proxy could read. Whoever has the
//! address may see who asks; from the consent on only the browser in which it was given goes on.

mod cities;
mod fragment;
mod line;
mod page;
mod parts;
mod review;
mod summary;
mod templates;
mod visit;
mod whose;
mod words;
mod wrong;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fiveone_engine::{AdmitError, Answered, Begun, HandOver, Refreshing};
use fiveone_model::look::Colour;
use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use self::fragment::Chosen;
use self::parts::Given;
use self::visit::{Acting, COOKIE, Sealed, Sent, Trouble, Turn, Visit, stage_of};
pub(crate) use self::words::reason_name;
use crate::assets;
use crate::html::html;
use crate::language::Language;
use crate::state::{ApiState, log_fault};

/// The largest body: sealed login fields.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How often a page that shows nothing new hears that it is still heard.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
/// The key to seal to, when the page has one that is no more.
const PAGE_KEY: HeaderName = HeaderName::from_static("x-page-key");

/// The routes of the page.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(api: Arc<ApiState>) -> Router<S> {
    let routes = Router::new()
        .route("/link/assets/{version}/{name}", get(assets::serve))
        .route("/link/accent/{colour}", get(accent))
        .route("/link/{token}", get(show))
        .route("/link/{token}/cities", get(cities))
        .route("/link/{token}/cities-page", get(start_again))
        .route("/link/{token}/form", get(form))
        .route("/link/{token}/events", get(events))
        .route("/link/{token}/consent", post(consent))
        .route("/link/{token}/begin", post(begin))
        .route("/link/{token}/answer", post(answer))
        .route("/link/{token}/refresh", post(refresh))
        .route("/link/{token}/keep", post(keep))
        .route("/link/{token}/accept", post(parts::accept))
        .route("/link/{token}/skip", post(parts::skip))
        .route("/link/{token}/reopen", post(parts::reopen))
        .route("/link/{token}/hand-over", post(hand_over))
        .route("/link/{token}/wrong", post(wrong::say))
        .route("/link/{token}/decline", post(decline))
        .method_not_allowed_fallback(|| async { Trouble::Odd(StatusCode::METHOD_NOT_ALLOWED) })
        .route("/link/{token}/{*rest}", any(|| async { Trouble::Odd(StatusCode::NOT_FOUND) }));
    routes.layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).with_state(api)
}

/// The stage as it is now.
async fn now(api: &ApiState, mut visit: Visit) -> Result<Response, Trouble> {
    Ok(stage_of(visit.stage(api, &Chosen::default()).await?))
}

/// The colour of a page's buttons, as styles of our own: of an app's there is a colour alone, and none of its
/// words is in them.
async fn accent(Path(name): Path<String>) -> Response {
    let colour = name.strip_suffix(".css").and_then(|digits| Colour::parse(&format!("#{digits}")));
    let Some(colour) = colour else { return StatusCode::NOT_FOUND.into_response() };
    let text = format!(":root {{ --accent: {colour}; --on-accent: {}; }}\n", colour.words());
    let kept = (header::CACHE_CONTROL, "public, max-age=3600");
    let nosniff = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), kept, nosniff], text).into_response()
}

/// The whole page.
async fn show(State(api): State<Arc<ApiState>>, mut visit: Visit) -> Result<Response, Trouble> {
    let fragment = visit.stage(&api, &Chosen::default()).await?;
    let text = fragment::rendered(page::page(visit.frame(), &fragment))?;
    Ok(html(StatusCode::OK, text))
}

/// The cities that match what was typed.
async fn cities(State(api): State<Arc<ApiState>>, Turn(visit): Turn) -> Result<Response, Trouble> {
    let areas = match visit.link.row.turn() {
        Some(turn) => api.engine.areas(turn.product).await?,
        None => Arc::default(),
    };
    let list =
        page::city_list(visit.frame(), &areas, visit.asked.q.as_deref().unwrap_or_default())?;
    Ok(html(StatusCode::OK, list))
}

/// The choice of a city once more.
async fn start_again(
    State(api): State<Arc<ApiState>>,
    Turn(mut visit): Turn,
) -> Result<Response, Trouble> {
    // A city that is none leads to all of them.
    let chosen = Chosen { area: Some(String::new()), ..Chosen::default() };
    Ok(stage_of(visit.stage(&api, &chosen).await?))
}

/// The login fields of a city.
async fn form(
    State(api): State<Arc<ApiState>>,
    Turn(mut visit): Turn,
) -> Result<Response, Trouble> {
    let chosen = Chosen {
        area: visit.asked.area.take(),
        login_type: visit.asked.way,
        again: visit.asked.again.is_some(),
        ..Chosen::default()
    };
    Ok(stage_of(visit.stage(&api, &chosen).await?))
}

/// The person agrees; the browser is known from now on.
async fn consent(
    State(api): State<Arc<ApiState>>,
    Acting(mut visit): Acting,
) -> Result<Response, Trouble> {
    // Never one that came with the request: somebody else could have put it there.
    let cookie = match &visit.link.row.consent {
        Some(_) => visit.cookie.take().ok_or(Trouble::Forbidden)?,
        None => api.engine.link_pages().new_cookie()?,
    };
    let is_kept = api
        .engine
        .link_pages()
        .consent(&visit.link, &cookie, page::consent_text(&visit.link))
        .await?;
    visit.cookie = Some(cookie.clone());
    let mut response = stage_of(visit.stage(&api, &Chosen::default()).await?);
    let is_secure = api.options.public_bases.iter().any(|base| base.starts_with("https://"));
    let secure = if is_secure { "; Secure" } else { "" };
    let path = format!("/link/{}", visit.token);
    let line = format!("{COOKIE}={}; Path={path}; HttpOnly; SameSite=Strict{secure}", *cookie);
    if is_kept && let Ok(line) = line.parse() {
        response.headers_mut().insert(header::SET_COOKIE, line);
    }
    Ok(response)
}

/// The page has an old key: it gets the new one, and sends the same again.
fn reseal(api: &ApiState) -> Response {
    let key = STANDARD.encode(api.engine.link_pages().key());
    (StatusCode::CONFLICT, [(PAGE_KEY, key)]).into_response()
}

/// Begins to log in.
async fn begin(
    State(api): State<Arc<ApiState>>,
    Turn(mut visit): Turn,
    Sent(sent): Sent<Sealed>,
) -> Result<Response, Trouble> {
    if visit.link.row.consent.is_none() || visit.link.row.end.is_some() || visit.link.is_expired {
        return now(&api, visit).await;
    }
    let again = sent.again == "1";
    let way = (sent.area.as_str(), sent.way.as_str(), again);
    let mut chosen = Chosen::default();
    match api.engine.link_pages().begin(&visit.link, way, &sent.bytes()).await? {
        Begun::Task => {}
        Begun::Resealed => return Ok(reseal(&api)),
        Begun::Refused(refusal) => {
            let complaint = complaint_of(&refusal, visit.language);
            chosen = Chosen {
                login_type: sent.way.parse().ok(),
                area: Some(sent.area),
                complaint: Some(complaint),
                is_paused: false,
                again,
            };
        }
    }
    Ok(stage_of(visit.stage(&api, &chosen).await?))
}

/// What the person reads of a login that was not let in.
fn complaint_of(refusal: &AdmitError, language: Language) -> String {
    let text = match refusal {
        AdmitError::Parameter(complaint) => return complaint.clone(),
        AdmitError::Braked { .. } => language.say(
            "该账号多次被网站拒绝，为免被锁定，请一小时后再试。",
            "The site refused this account several times. So that it is not locked, try in an hour.",
        ),
        AdmitError::WrongMode => language.say(
            "示范市只供测试使用，请选择您所在的城市。",
            "The model city is for tests alone; choose your own city.",
        ),
        AdmitError::EmployerLogin => language.say("该登录方式未开通。", "This way is not open."),
        AdmitError::NoBalance | AdmitError::KeyReused => language.say(
            "应用暂时无法使用本服务，请联系应用。",
            "The app cannot use this service at present; ask it.",
        ),
        AdmitError::InProgress | AdmitError::Busy { .. } | AdmitError::Fault(_) => {
            language.say("现在请求太多，请稍后再试。", "Too many at the moment; try again soon.")
        }
    };
    text.to_owned()
}

/// Takes an answer to the portal's question.
async fn answer(
    State(api): State<Arc<ApiState>>,
    Turn(visit): Turn,
    Sent(sent): Sent<Sealed>,
) -> Result<Response, Trouble> {
    match api.engine.link_pages().answer(&visit.link, &sent.bytes()).await? {
        None => Ok(reseal(&api)),
        // What is not taken shows in the stage: the question is still there, or another.
        Some(
            Answered::Accepted
            | Answered::NotWaiting
            | Answered::Malformed
            | Answered::Unknown
            | Answered::NotYours,
        ) => now(&api, visit).await,
    }
}

/// Brings another picture, or sends another SMS.
async fn refresh(
    State(api): State<Arc<ApiState>>,
    Turn(mut visit): Turn,
) -> Result<Response, Trouble> {
    let question = visit.asked.question.ok_or(Trouble::Odd(StatusCode::BAD_REQUEST))?;
    let outcome = api.engine.link_pages().refresh(&visit.link, question).await?;
    let complaint = match (outcome, visit.language) {
        // The stage tells: another question is on its way, or there already.
        (Refreshing::Asked | Refreshing::NotWaiting, _) => None,
        (Refreshing::TooSoon(secs), Language::Chinese) => {
            Some(format!("短信刚发出，还要等 {secs} 秒才能重发。"))
        }
        (Refreshing::TooSoon(secs), Language::English) => {
            Some(format!("It was sent a moment ago; wait {secs} seconds before the next."))
        }
        (Refreshing::CannotRefresh, language) => Some(
            language
                .say(
                    "该网站不能再换了，请用现在这一个。",
                    "The site gives no other; answer the one that is here.",
                )
                .to_owned(),
        ),
    };
    Ok(stage_of(visit.stage(&api, &Chosen { complaint, ..Chosen::default() }).await?))
}

/// Goes back to what was read before.
async fn keep(State(api): State<Arc<ApiState>>, Turn(visit): Turn) -> Result<Response, Trouble> {
    api.engine.link_pages().return_to_kept(&visit.link).await?;
    now(&api, visit).await
}

/// Gives what was read to the app.
async fn hand_over(
    State(api): State<Arc<ApiState>>,
    Acting(mut visit): Acting,
    given: Given,
) -> Result<Response, Trouble> {
    let given = given.tasks();
    let outcome = api.engine.link_pages().hand_over(&visit.link, &given).await?;
    let is_paused = outcome == HandOver::Paused;
    let is_asked = visit.link.row.has_several() && visit.link.row.turn().is_none();
    let is_none = is_asked && outcome == HandOver::Nothing && given.is_empty();
    let complaint = is_none.then(|| {
        let language = visit.language;
        language
            .say("请至少勾选一项，或全部删除。", "Tick one at least, or delete it all.")
            .to_owned()
    });
    Ok(stage_of(visit.stage(&api, &Chosen { is_paused, complaint, ..Chosen::default() }).await?))
}

/// Gives nothing to the app, and deletes what was read.
async fn decline(
    State(api): State<Arc<ApiState>>,
    Acting(visit): Acting,
) -> Result<Response, Trouble> {
    api.engine.link_pages().decline(&visit.link).await?;
    now(&api, visit).await
}

/// The stages as they come, the present one first.
async fn events(State(api): State<Arc<ApiState>>, mut visit: Visit) -> Result<Response, Trouble> {
    // Not where the page is shown: who only looks at an address, as messengers do, runs nothing of it.
    api.engine.link_pages().opened(&visit.link).await?;
    visit.wait();
    let keep_alive = KeepAlive::new().interval(ALIVE_EVERY);
    let sse = Sse::new(stages(api, visit)).keep_alive(keep_alive);
    let headers =
        [(header::CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((headers, sse).into_response())
}

/// A page that is looked at for as long as somebody listens.
struct Listener {
    api: Arc<ApiState>,
    visit: Visit,
    changes: watch::Receiver<u64>,
    /// What was looked at last: many listen, and each is woken by any task's change.
    version: Option<String>,
    /// The key of the stage that was told last.
    told: String,
}

fn stages(api: Arc<ApiState>, visit: Visit) -> impl Stream<Item = Result<Event, Infallible>> {
    let (changes, version, told) = (api.engine.changes(), None, String::new());
    let begin = Listener { api, visit, changes, version, told };
    stream::unfold(begin, |mut listener| async {
        match listener.next().await {
            Ok(event) => Some((Ok(event?), listener)),
            // The page connects again by itself, and finds out.
            Err(Trouble::Fault(fault)) => {
                log_fault(&fault);
                None
            }
            Err(_) => None,
        }
    })
}

impl Listener {
    /// The next stage that was not told yet; `None` when there will be no other.
    async fn next(&mut self) -> Result<Option<Event>, Trouble> {
        loop {
            self.changes.mark_unchanged();
            self.visit.look(&self.api).await?;
            if !self.told.is_empty() && !self.visit.is_ours() {
                // The consent came after this began: the page comes again, with its cookie.
                return Ok(None);
            }
            // Before the stage itself: what changes between the two is looked at again.
            let version = Some(self.api.engine.link_pages().version(&self.visit.link).await?);
            if version != self.version {
                self.version = version;
                let fragment = self.visit.stage(&self.api, &Chosen::default()).await?;
                if fragment.key != self.told {
                    self.told.clone_from(&fragment.key);
                    let event = Event::default().event("stage").id(fragment.key);
                    return Ok(Some(event.data(fragment.html)));
                }
            }
            if self.visit.link.row.end.is_some() || self.visit.link.is_expired {
                return Ok(None);
            }
            // Nothing tells when a link expires, nor of what happens on other nodes.
            tokio::select! {
                biased;
                changed = self.changes.changed() => {
                    if changed.is_err() {
                        return Ok(None);
                    }
                }
                () = self.api.engine.in_a_while() => {}
            }
        }
    }
}
