//! A signed client over one bare connection, and a person who reads the lab's pictures.

use anyhow::{Context as _, bail};
use base64::Engine as _;
use fiveone_model::token_key::sign;
use serde_json::Value;

use crate::gateway::{APP, Gateway};
use crate::load::{Connection, post};

const DOCUMENTED: &str = "http://api.tcredit.com/identity/";

/// The bytes of a signed call.
pub(crate) fn signed(gateway: &Gateway, interface: &str, params: &[(&str, &str)]) -> Vec<u8> {
    let token_key = sign(&format!("{DOCUMENTED}{interface}"), &gateway.token, params);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .append_pair("appId", APP)
        .append_pair("tokenKey", &token_key)
        .finish();
    post(&gateway.address, &format!("/identity/{interface}"), &body)
}

/// One client.
pub(crate) struct Client<'a> {
    gateway: &'a Gateway,
    connection: Connection,
}

impl<'a> Client<'a> {
    pub(crate) async fn open(gateway: &'a Gateway) -> anyhow::Result<Self> {
        Ok(Self { gateway, connection: Connection::open(&gateway.address).await? })
    }

    async fn call(&mut self, interface: &str, params: &[(&str, &str)]) -> anyhow::Result<Value> {
        let request = signed(self.gateway, interface, params);
        let answer = self.connection.exchange(&request).await?;
        let mut envelope: Value = serde_json::from_slice(&answer.body)?;
        if envelope["status"] != 0 {
            bail!("{interface}: {envelope}");
        }
        Ok(envelope["data"].take())
    }

    /// Creates a fund task; its tid.
    pub(crate) async fn create(&mut self, area: &str, login: &Value) -> anyhow::Result<String> {
        let mut params = vec![("area_code", area)];
        let fields = login.as_object().context("no login fields")?;
        params.extend(
            fields.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))),
        );
        let data = self.call("createFundSearchTaskB", &params).await?;
        Ok(data["tid"].as_str().with_context(|| data.to_string())?.to_owned())
    }

    /// A poll's data.
    pub(crate) async fn poll(&mut self, tid: &str) -> anyhow::Result<Value> {
        self.call("getFundB", &[("tid", tid)]).await
    }

    /// Brings a task to its end, reading its captchas; its last data.
    pub(crate) async fn finish(&mut self, tid: &str) -> anyhow::Result<Value> {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(5));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut answered = Value::Null;
        loop {
            tick.tick().await;
            let data = self.poll(tid).await?;
            let picture = &data["base64_image_bytes"];
            match data["code"].as_str().unwrap_or_default() {
                "10004" if *picture != answered => {
                    let code = read_picture(picture.as_str().unwrap_or_default())?;
                    self.call("fundUserCode", &[("code", &code), ("tid", tid)]).await?;
                    answered = picture.clone();
                }
                code if code.starts_with(['4', '5']) => return Ok(data),
                _ => {}
            }
        }
    }
}

/// What a person reads in one of the lab's pictures.
fn read_picture(encoded: &str) -> anyhow::Result<String> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded)?;
    fiveone_lab::answer_in(&bytes).context("a picture without an answer")
}
