//! A signed client of any node, and a person who reads the lab's pictures.

use anyhow::{Context as _, bail};
use base64::Engine as _;
use fiveone_model::token_key::sign;
use serde_json::Value;

const DOCUMENTED: &str = "http://api.tcredit.com/identity/";

/// The app that calls.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) app: String,
    pub(crate) token: String,
}

impl Client {
    /// Calls an interface of a node; its data, when the call succeeded.
    ///
    /// # Errors
    /// The node did not answer, or its answer was a refusal: both are borne.
    pub(crate) async fn call(
        &self,
        node: &str,
        interface: &str,
        params: &[(&str, &str)],
    ) -> anyhow::Result<Value> {
        let token_key = sign(&format!("{DOCUMENTED}{interface}"), &self.token, params);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(params)
            .append_pair("appId", &self.app)
            .append_pair("tokenKey", &token_key)
            .finish();
        let request = self.http.post(format!("{node}/identity/{interface}"));
        let form = "application/x-www-form-urlencoded";
        let answer = request.header("content-type", form).body(body).send().await?;
        let text = answer.text().await?;
        let mut envelope: Value = serde_json::from_str(&text).context("no envelope")?;
        if envelope["status"] != 0 {
            bail!("{interface}: {envelope}");
        }
        Ok(envelope["data"].take())
    }
}

/// What a person reads in one of the lab's pictures: their answer stands in a text chunk.
pub(crate) fn read_picture(encoded: &str) -> anyhow::Result<String> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded)?;
    fiveone_lab::answer_in(&bytes).context("a picture without an answer")
}
