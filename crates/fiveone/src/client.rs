//! A client of the ten interfaces, for the commands that use a gateway as an app does.

use std::time::Duration;

use clap::Args;
use fiveone_engine::{Accounts, SystemTime};
use fiveone_model::clock::Clock as _;
use fiveone_model::product::{Interface, Operation, Product};
use fiveone_model::signature::{self, BodyDigest, SignedCall};
use fiveone_model::token_key::sign;
use serde_json::Value;

use crate::exit::{Failed, Reason};

/// What the documents sign, whatever the address the call goes to (P-10).
pub(crate) const DOCUMENTED: &str = "http://api.tcredit.com/identity/";
/// The demonstration's app.
pub(crate) const DEMO_APP: &str = "demo";
/// The demonstration's tokenId: a secret of nobody.
pub(crate) const DEMO_TOKEN: &str = "demo-token-5151";

/// Which gateway, as which app; default: the demonstration's.
#[derive(Debug, Clone, Args)]
pub(crate) struct Access {
    /// The gateway's address
    #[arg(long, env = "FIVEONE_GATEWAY", default_value = "http://127.0.0.1:8051")]
    gateway: String,
    /// The app's appId
    #[arg(long, env = "FIVEONE_APP_ID", default_value = DEMO_APP)]
    app_id: String,
    /// The app's tokenId
    #[arg(long, env = "FIVEONE_TOKEN_ID", default_value = DEMO_TOKEN, hide_env_values = true)]
    token_id: String,
    /// Signs with X-Fiveone-Signature too, as some apps must
    #[arg(long, env = "FIVEONE_SIGNATURE")]
    signature: bool,
}

/// A client of one gateway.
pub(crate) struct Client {
    http: reqwest::Client,
    access: Access,
}

impl Client {
    pub(crate) fn new(access: Access) -> Result<Self, Failed> {
        crate::install_tls();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()?;
        Ok(Self { http, access })
    }

    /// Signs and posts one call; gives the envelope, whatever its status.
    pub(crate) async fn call(
        &self,
        interface: Interface,
        params: &[(&str, &str)],
    ) -> Result<Value, Failed> {
        let url = format!("{DOCUMENTED}{}", interface.name);
        let token_key = sign(&url, &self.access.token_id, params);
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(params);
        body.append_pair("appId", &self.access.app_id).append_pair("tokenKey", &token_key);
        let body = body.finish();
        let gateway = self.access.gateway.trim_end_matches('/');
        let signature = self.signature(interface, &body)?;
        let mut request = self
            .http
            .post(format!("{gateway}/identity/{}", interface.name))
            .header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")
            .body(body);
        if let Some(signature) = signature {
            request = request.header(signature::HEADER, signature);
        }
        let answer = request.send().await.map_err(|error| {
            let message = format!("no gateway answers at {gateway} ({})", error.without_url());
            Failed::message(Reason::Unreachable, message)
        })?;
        let bytes = answer.bytes().await?;
        serde_json::from_slice(&bytes).map_err(|_| {
            Failed::message(Reason::Unreachable, format!("what answers at {gateway} is no gateway"))
        })
    }

    /// The header of P-14, when it is wanted.
    fn signature(&self, interface: Interface, body: &str) -> Result<Option<String>, Failed> {
        if !self.access.signature {
            return Ok(None);
        }
        let call = SignedCall { name: interface.name, body: BodyDigest::of(body.as_bytes()) };
        let nonce = Accounts::new_token()?;
        let now_s = SystemTime.now() / 1_000;
        Ok(Some(signature::sign(call, &self.access.token_id, now_s, &nonce)))
    }

    /// The `data` of a call that must succeed.
    pub(crate) async fn data(
        &self,
        product: Product,
        operation: Operation,
        params: &[(&str, &str)],
    ) -> Result<Value, Failed> {
        let mut envelope = self.call(Interface::of(product, operation), params).await?;
        if envelope["status"] != 0 {
            let message = format!("{} (status {})", text(&envelope["message"]), envelope["status"]);
            return Err(Failed::message(Reason::Refused, message));
        }
        Ok(envelope["data"].take())
    }
}

/// A JSON value as text: strings without their quotes.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
