//! `fiveone sign`: how a tokenKey comes about, for whoever looks for the mistake in theirs.

use clap::Args;
use fiveone_model::product::Interface;
use fiveone_model::token_key::{sign, signed_text};
use serde_json::json;

use super::call::{interface, param};
use crate::client::{DEMO_TOKEN, DOCUMENTED};
use crate::exit::Failed;
use crate::output;

/// Prints the tokenKey of a call and the exact text it was made from
///
/// Example: fiveone sign fundUserCode code=8k3f tid=457e345272624ac294ff9dc675807dc9 --token-id TOKEN001
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The interface, e.g. getFundCitysB
    #[arg(value_parser = interface)]
    interface: Interface,
    /// The parameters, without appId and tokenKey
    #[arg(value_parser = param, value_name = "KEY=VALUE")]
    params: Vec<(String, String)>,
    /// The app's tokenId
    #[arg(long, env = "FIVEONE_TOKEN_ID", default_value = DEMO_TOKEN, hide_env_values = true)]
    token_id: String,
    /// The address up to the interface's name that is signed
    #[arg(long, default_value = DOCUMENTED)]
    base: String,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

impl Sign {
    pub(crate) fn run(self) -> Result<(), Failed> {
        let params: Vec<_> =
            self.params.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let url = format!("{}/{}", self.base.trim_end_matches('/'), self.interface.name);
        let text = signed_text(&url, &self.token_id, &params);
        let token_key = sign(&url, &self.token_id, &params);
        if self.json {
            output::say_json(&json!({ "tokenKey": token_key, "text": text.as_str() }), false);
        } else {
            output::say(&format!("tokenKey  {token_key}\nmd5 of    {}", text.as_str()));
        }
        Ok(())
    }
}
