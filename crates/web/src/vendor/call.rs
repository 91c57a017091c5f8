//! One call, checked in the order of P-03: the first check that fails answers.

use std::sync::Arc;

use axum::extract::Request;
use fiveone_engine::AppEntry;
use fiveone_model::area::AreaCode;
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::product::{Interface, Operation, Product};
use fiveone_model::report::Dialect;
use fiveone_model::token_key::{Claim, Form, TokenKey};
use http::{HeaderMap, HeaderName};
use tokio::sync::SemaphorePermit;

use super::body;
use super::params::Params;
use super::refusal::{Refusal, Status};
use crate::state::ApiState;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A call that passed every check that is the same for all interfaces.
pub(super) struct Call<'a> {
    pub(super) api: &'a ApiState,
    pub(super) app: Arc<AppEntry>,
    pub(super) product: Product,
    pub(super) params: Params,
    /// The `Idempotency-Key` header, or what is wrong with it. Only a create looks at it: the other
    /// interfaces work whatever a proxy adds.
    pub(super) idempotency_key: Result<Option<IdempotencyKey>, &'static str>,
    /// Counts the call as under way until it is answered.
    _permit: SemaphorePermit<'a>,
}

impl<'a> Call<'a> {
    /// Checks a request in the order of P-03.
    pub(super) async fn check(
        api: &'a ApiState,
        interface: Interface,
        request: Request,
    ) -> Result<Self, Refusal> {
        let idempotency_key = idempotency_key(request.headers());
        let params = body::read(request, &api.options).await?;
        let app_id = required(&params, "appId")?;
        let token_key = required(&params, "tokenKey")?;
        let app = api.find_app(app_id).await?.ok_or(Status::UnknownApp)?;
        check_token_key(api, interface, &app, &params, token_key)?;
        let permit = api.let_in(&app.app, interface.product)?;
        Ok(Self { api, app, product: interface.product, params, idempotency_key, _permit: permit })
    }

    /// How the app hears values.
    pub(super) fn dialect(&self) -> Dialect {
        self.app.app.dialect
    }
}

fn required<'a>(params: &'a Params, name: &'static str) -> Result<&'a str, Refusal> {
    params.filled(name).ok_or_else(|| Refusal::parameter(format!("缺少参数 {name}")))
}

/// Whether the caller knows the app's tokenId. Real clients sign the documented address whatever
/// host they call (P-10), leave blank values out or not (P-11), and for one interface have an
/// older form (P-12); which form fitted is logged, the parameters never are (P-13).
fn check_token_key(
    api: &ApiState,
    interface: Interface,
    app: &AppEntry,
    params: &Params,
    token_key: &str,
) -> Result<(), Refusal> {
    let key = TokenKey::parse(token_key).ok_or(Status::TokenKey)?;
    let is_fund_code = (interface.product, interface.operation) == (Product::Fund, Operation::Code);
    let claim = Claim {
        name: interface.name,
        token_id: &app.token,
        public_bases: &api.options.public_bases,
        params: &params.pairs(),
        required: &required_names(api, interface, params),
        accepts_short: is_fund_code && app.app.has_legacy_code_signature,
    };
    let form = claim.verify(&key).ok_or(Status::TokenKey)?;
    if form != Form::Filled {
        tracing::debug!(form = form.as_str(), "signed in another form");
    }
    Ok(())
}

/// The fallback set of a create: `area_code`, `login_type` and what the city requires (P-11).
fn required_names(api: &ApiState, interface: Interface, params: &Params) -> Vec<&'static str> {
    if interface.operation != Operation::Create {
        return Vec::new();
    }
    let mut names = vec!["area_code", "login_type"];
    let area = params.filled("area_code").and_then(AreaCode::parse);
    let methods = area.and_then(|area| api.engine.logins(interface.product, &area));
    let number = params.filled("login_type").and_then(|number| number.parse().ok());
    let method = methods.into_iter().flatten().find(|method| Some(method.number) == number);
    let fields = method.iter().flat_map(|method| &method.fields);
    names.extend(fields.filter(|field| field.is_required).map(|field| field.name.as_str()));
    names
}

/// The header that makes a create exact (P-32): 1 to 255 printable ASCII characters, once.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, &'static str> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("Idempotency-Key 重复");
    }
    let key = value.to_str().ok().and_then(IdempotencyKey::parse);
    key.map(Some).ok_or("Idempotency-Key 须为 1 至 255 个可见的 ASCII 字符")
}
