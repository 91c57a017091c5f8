//! One call of `/v1`: who makes it, and whether they may.

use std::sync::Arc;

use axum::extract::Request;
use bytes::Bytes;
use fiveone_engine::{AppEntry, OwnTask};
use fiveone_model::api_key::{Key, KeyMode, MODEL_CITY};
use fiveone_model::area::AreaCode;
use fiveone_model::networks::client_network;
use fiveone_model::product::Product;
use http::{HeaderMap, header};
use tokio::sync::SemaphorePermit;

use super::Front;
use super::body;
use super::code::Code;
use super::problem::Problem;
use super::query::Query;
use super::waits::Waiting;
use crate::client_address::client_address;
use crate::guesses::Guesser;
use crate::rate::CallKind;

/// A call that passed every check that is the same for all routes.
pub(super) struct Call<'a> {
    pub(super) front: &'a Arc<Front>,
    pub(super) app: Arc<AppEntry>,
    pub(super) mode: KeyMode,
    /// What it came with, for as long as it is answered.
    key: Key,
    /// The one variable part of a path; blank where there is none.
    pub(super) id: String,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Counts the call as under way until it is answered.
    permit: Option<SemaphorePermit<'a>>,
}

/// What a route has of a call checked.
pub(super) struct Needs {
    /// What it is to the load of a node.
    pub(super) kind: CallKind,
    /// The names it knows behind the `?`.
    pub(super) query_names: Vec<&'static str>,
    pub(super) has_body: bool,
}

impl<'a> Call<'a> {
    /// Whether it may ask the simulated portals.
    pub(super) fn reaches_model_city(&self) -> bool {
        self.mode == KeyMode::Test || self.front.api.options.live_keys_in_model_city
    }

    /// Checks a request: key, address, rate, load, query, body.
    pub(super) async fn check(
        front: &'a Arc<Front>,
        needs: &Needs,
        id: String,
        request: Request,
    ) -> Result<Self, Problem> {
        let api = &front.api;
        let address = client_address(&request, &api.options.trusted_proxies);
        let guesser = Guesser { app: None, address: address.map(client_network) };
        let (key, app, mode) = caller(front, request.headers(), guesser).await?;
        let permit = api.let_in_anywhere(&app.app, needs.kind, address)?;
        let (parts, body) = request.into_parts();
        let query = Query::read(&parts.uri, &needs.query_names)?;
        let body = match needs.has_body {
            true => body::read(&parts.headers, body, &api.options).await?,
            false => Bytes::new(),
        };
        let (headers, permit) = (parts.headers, Some(permit));
        Ok(Self { front, app, mode, key, id, query, headers, body, permit })
    }

    /// The task of the path; another app's is none, nor is with a test key one of a real portal.
    pub(super) async fn own_task(&self) -> Result<OwnTask, Problem> {
        let task = self.front.api.engine.own_task(&self.app.app.id, &self.id).await?;
        let task = task.filter(|own| self.sees(&own.line.task.area));
        task.ok_or_else(|| Code::TaskNotFound.into())
    }

    /// Whether the app may use a product now.
    pub(super) fn allow(&self, product: Product) -> Result<(), Problem> {
        Ok(crate::auth::granted(&self.app.app, product)?)
    }

    /// Whether the task of an area may be seen with its key: what a test key leads to holds nobody's records,
    /// for it lies on machines of developers.
    pub(super) fn sees(&self, area: &AreaCode) -> bool {
        self.mode == KeyMode::Live || area.as_str() == MODEL_CITY
    }

    /// The one area whose tasks it sees; `None` for all.
    pub(super) fn area_seen(&self) -> Option<AreaCode> {
        if self.mode == KeyMode::Live { None } else { AreaCode::parse(MODEL_CITY) }
    }

    /// Who called, to be asked again of an answer that lasts.
    pub(super) fn standing(&self, product: Product) -> Standing {
        Standing { front: Arc::clone(self.front), key: self.key.clone(), product }
    }

    /// Goes on as one that waits, and is not under way any more.
    pub(super) fn wait(&mut self) -> Result<Waiting, Problem> {
        let waiting = self.front.waits.one_more(&self.app.app.id);
        let waiting = waiting.ok_or(Code::Busy)?;
        self.permit = None;
        Ok(waiting)
    }

    /// A header that may come once at most, as text.
    pub(super) fn header(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut values = self.headers.get_all(name).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let text = value.to_str().ok().filter(|_| values.next().is_none());
        text.map(Some).ok_or_else(|| Problem::parameter(format!("header {name} cannot be read")))
    }
}

/// Who follows a task, and may only as long as the key and the grant are good.
pub(super) struct Standing {
    front: Arc<Front>,
    key: Key,
    product: Product,
}

impl Standing {
    /// Why not, when no longer.
    pub(super) async fn check(&self) -> Result<(), Problem> {
        let engine = &self.front.api.engine;
        let row = engine.api_keys().find(&self.key).await?.ok_or(Code::Unauthorized)?;
        if row.revoked_at.is_some() {
            return Err(Code::KeyRevoked.into());
        }
        let app = engine.app(&row.app_id).await?.ok_or(Code::AppNotConfigured)?;
        Ok(crate::auth::granted(&app.app, self.product)?)
    }
}

/// The app of a key, and what the key may reach. Who tries keys of nobody is slowed down, by address;
/// who comes with a key that was seen not long ago is not, whoever else comes from there.
async fn caller(
    front: &Front,
    headers: &HeaderMap,
    guesser: Guesser,
) -> Result<(Key, Arc<AppEntry>, KeyMode), Problem> {
    let (api, keys) = (&front.api, front.api.engine.api_keys());
    let Some(key) = bearer(headers) else {
        return Err(Code::Unauthorized.into());
    };
    if !keys.is_known(&key) {
        api.let_try(&guesser)?;
    }
    let Some(row) = keys.find(&key).await? else {
        api.guesses.wrong(guesser, api.engine.steady());
        return Err(Code::Unauthorized.into());
    };
    if row.revoked_at.is_some() {
        return Err(Code::KeyRevoked.into());
    }
    let app = api.engine.app(&row.app_id).await?.ok_or(Code::AppNotConfigured)?;
    // A test app has no way to a real portal, whatever its key says.
    let mode = if app.app.is_test { KeyMode::Test } else { row.mode };
    Ok((key, app, mode))
}

/// The key of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<Key> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok().filter(|_| values.next().is_none())?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Key::parse(key.trim())).flatten()
}
