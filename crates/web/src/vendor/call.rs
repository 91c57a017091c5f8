//! One call, checked in the order of P-03: the first check that fails answers.

use std::sync::Arc;

use axum::extract::Request;
use fiveone_engine::AppEntry;
use fiveone_model::area::AreaCode;
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::login::login_type;
use fiveone_model::networks::client_network;
use fiveone_model::product::{Interface, Operation, Product};
use fiveone_model::report::Dialect;
use fiveone_model::signature::{self, Signature, SignedCall};
use fiveone_model::task::TaskId;
use fiveone_model::token_key::{Claim, Form, Param, TokenKey, Tried};
use http::{HeaderMap, HeaderName};
use tokio::sync::SemaphorePermit;

use super::body;
use super::params::Params;
use super::refusal::{Refusal, Status};
use crate::client_address::client_address;
use crate::guesses::Guesser;
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
        let signature = signature(request.headers());
        let address = client_address(&request, &api.options.trusted_proxies);
        let (params, body) = body::read(request, &api.options).await?;
        let app_id = required(&params, "appId")?;
        let token_key = required(&params, "tokenKey")?;
        let app = api.find_app(app_id).await?.ok_or(Status::UnknownApp)?;
        let guesser =
            Guesser { app: Some(app.app.id.clone()), address: address.map(client_network) };
        api.let_try(&guesser)?;
        let call = SignedCall { name: interface.name, body };
        let checked = match check_token_key(api, interface, &app, &params, token_key) {
            Ok(()) => check_signature(api, &app, call, signature).await,
            Err(refusal) => Err(refusal),
        };
        match checked {
            Ok(()) => api.guesses.right(&guesser),
            Err(refusal) => {
                if refusal.status == Status::TokenKey {
                    api.guesses.wrong(guesser, api.engine.steady());
                }
                return Err(refusal);
            }
        }
        let permit = api.let_in(&app.app, interface, address)?;
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
    let (pairs, required) = (params.pairs(), required_names(api, interface, params));
    let claim = |token_id| claim(api, interface, app, (&pairs, &required), token_id);
    let form = app.tokens().find_map(|token| claim(token).verify(&key)).ok_or(Status::TokenKey)?;
    if form != Form::Filled {
        tracing::debug!(form = form.as_str(), "signed in another form");
    }
    Ok(())
}

/// What an app must have signed with one of its tokenIds.
fn claim<'a>(
    api: &'a ApiState,
    interface: Interface,
    app: &AppEntry,
    (params, required): (&'a [Param<'a>], &'a [&'a str]),
    token_id: &'a str,
) -> Claim<'a> {
    let is_fund_code = (interface.product, interface.operation) == (Product::Fund, Operation::Code);
    Claim {
        name: interface.name,
        token_id,
        public_bases: &api.options.public_bases,
        params,
        required,
        accepts_short: is_fund_code && app.app.has_legacy_code_signature,
    }
}

/// Whether an operator may see a value: those of the documents' own parameters that no person types, in
/// the form that they have. Whatever stands under another name may be a password.
fn may_show(name: &str, value: &str) -> bool {
    match name {
        "area_code" | "login_type" => {
            value.len() <= 12 && value.bytes().all(|b| b.is_ascii_digit())
        }
        "tid" => TaskId::parse(value).is_some(),
        _ => false,
    }
}

/// The texts that are tried for a tokenKey with the present tokenId, for an operator: whatever a person
/// may have typed is covered.
pub(crate) fn explain(
    api: &ApiState,
    interface: Interface,
    app: &AppEntry,
    (params, key): (Params, &TokenKey),
    theirs: Option<&str>,
) -> Vec<Tried> {
    let (pairs, required) = (params.pairs(), required_names(api, interface, &params));
    let claim = claim(api, interface, app, (&pairs, &required), &app.token);
    claim.explain(key, may_show, theirs)
}

/// The signature of our own that an app may make and can be made to make (P-14). It comes after the
/// tokenKey, so only who knows the tokenId learns what is wrong with it, and only their nonces are
/// remembered.
async fn check_signature(
    api: &ApiState,
    app: &AppEntry,
    call: SignedCall<'_>,
    sent: Option<Result<Signature, &'static str>>,
) -> Result<(), Refusal> {
    let refused = |detail: &'static str| Refusal::because(Status::TokenKey, detail);
    let signature = match sent {
        None if app.app.requires_signature => return Err(refused("缺少 X-Fiveone-Signature")),
        None => return Ok(()),
        Some(signature) => signature.map_err(refused)?,
    };
    if !app.tokens().any(|token| signature.is_of(call, token)) {
        return Err(refused("X-Fiveone-Signature 与请求不符"));
    }
    if !signature.is_fresh(api.engine.now()) {
        return Err(refused("X-Fiveone-Signature 的时间与服务器相差超过 5 分钟"));
    }
    if !api.engine.use_nonce(&app.app.id, signature.nonce()).await? {
        return Err(refused("X-Fiveone-Signature 的随机数已使用过"));
    }
    Ok(())
}

/// The header of P-14, or what is wrong with it; `None` when there is none.
fn signature(headers: &HeaderMap) -> Option<Result<Signature, &'static str>> {
    let mut values = headers.get_all(signature::HEADER).iter();
    let value = values.next()?;
    let read = value.to_str().ok().and_then(Signature::parse).filter(|_| values.next().is_none());
    Some(read.ok_or("X-Fiveone-Signature 格式错误"))
}

/// The fallback set of a create: `area_code`, `login_type` and what the city requires (P-11).
fn required_names(api: &ApiState, interface: Interface, params: &Params) -> Vec<&'static str> {
    if interface.operation != Operation::Create {
        return Vec::new();
    }
    let mut names = vec!["area_code", "login_type"];
    let area = params.filled("area_code").and_then(AreaCode::parse);
    let methods = area.and_then(|area| api.engine.logins(interface.product, &area));
    let number = params.filled("login_type").and_then(login_type);
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
