//! What an app can have changed: the switches that `app create` and `app grant` share, and how they are
//! shown.

use clap::{Args, ValueEnum};
use fiveone_engine::callback_address;
use fiveone_model::app::{App as AppRecord, CallbackAddress};
use fiveone_model::networks::Networks;
use fiveone_model::report::Dialect;
use serde_json::{Value, json};

use crate::exit::{Failed, Reason};

/// What an app can have changed.
#[derive(Debug, Args)]
pub(super) struct Switches {
    /// How it hears values: as the documents' field tables, or as their samples
    #[arg(long)]
    dialect: Option<DialectArg>,
    /// Where fund tasks are called back; an empty one ends it
    #[arg(long, value_name = "URL")]
    fund_callback: Option<String>,
    /// Where insurance tasks are called back; an empty one ends it
    #[arg(long, value_name = "URL")]
    insurance_callback: Option<String>,
    /// Calls back for captcha and SMS questions too
    #[arg(long, value_name = "BOOL")]
    challenge_callbacks: Option<bool>,
    /// Gives questions as data beside the picture, and takes answers to that
    #[arg(long, value_name = "BOOL")]
    challenge: Option<bool>,
    /// Tells in reports what could not be read, beside the sections
    #[arg(long, value_name = "BOOL")]
    findings: Option<bool>,
    /// Takes only HTTP 201 for an acknowledgement
    #[arg(long, value_name = "BOOL")]
    acknowledges_by_201: Option<bool>,
    /// May use employers' logins, which open other people's records
    #[arg(long, value_name = "BOOL")]
    employer_logins: Option<bool>,
    /// Demands X-Fiveone-Signature with every call; tokenKey alone is refused then
    #[arg(long, value_name = "BOOL")]
    signature: Option<bool>,
    /// Accepts the fund document's short signature for fundUserCode
    #[arg(long, value_name = "BOOL")]
    legacy_code_signature: Option<bool>,
    /// Calls a second
    #[arg(long)]
    calls_per_second: Option<u32>,
    /// Tasks it may have that have not ended
    #[arg(long)]
    open_tasks_max: Option<u32>,
    /// Its tasks of an hour that may end for what was typed, and cost nothing
    #[arg(long)]
    unpaid_per_hour_max: Option<u32>,
    /// Addresses and networks it may call from, separated by commas; an empty one is any
    #[arg(long, value_name = "NETWORKS", value_parser = networks)]
    allowed_networks: Option<Networks>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DialectArg {
    Table,
    Example,
}

impl Switches {
    /// Refuses callback addresses that no callback would go to.
    pub(super) fn check_callbacks(&self, is_private_allowed: bool) -> Result<(), Failed> {
        for (option, given) in [
            ("--fund-callback", &self.fund_callback),
            ("--insurance-callback", &self.insurance_callback),
        ] {
            let Some(url) = given.as_deref().filter(|url| !url.is_empty()) else { continue };
            if let Err(complaint) = callback_address(url, is_private_allowed) {
                let message = format!("{option}: {complaint}; an http or https address is needed");
                return Err(Failed::message(Reason::Usage, message));
            }
        }
        Ok(())
    }

    /// Changes what was given.
    pub(super) fn change(&self, app: &mut AppRecord) {
        if let Some(dialect) = self.dialect {
            app.dialect = match dialect {
                DialectArg::Table => Dialect::Table,
                DialectArg::Example => Dialect::Example,
            };
        }
        let address =
            |url: &String| (!url.is_empty()).then(|| CallbackAddress { url: url.clone() });
        if let Some(url) = &self.fund_callback {
            app.callbacks.fund = address(url);
        }
        if let Some(url) = &self.insurance_callback {
            app.callbacks.insurance = address(url);
        }
        let facts = [
            (self.challenge_callbacks, &mut app.wants_challenge_callbacks),
            (self.challenge, &mut app.wants_challenges),
            (self.findings, &mut app.wants_findings),
            (self.acknowledges_by_201, &mut app.acknowledges_by_201),
            (self.employer_logins, &mut app.has_employer_grant),
            (self.signature, &mut app.requires_signature),
            (self.legacy_code_signature, &mut app.has_legacy_code_signature),
        ];
        for (change, fact) in facts {
            *fact = change.unwrap_or(*fact);
        }
        app.calls_per_second = self.calls_per_second.unwrap_or(app.calls_per_second).max(1);
        app.open_tasks_max = self.open_tasks_max.unwrap_or(app.open_tasks_max).max(1);
        app.unpaid_per_hour_max = self.unpaid_per_hour_max.unwrap_or(app.unpaid_per_hour_max);
        if let Some(networks) = &self.allowed_networks {
            app.allowed_networks = networks.clone();
        }
    }
}

/// The switches of an app, as `app show` prints them.
pub(super) fn shown(app: &AppRecord) -> Value {
    json!({
        "dialect": app.dialect.as_str(),
        "employerLogins": app.has_employer_grant,
        "requiresSignature": app.requires_signature,
        "legacyCodeSignature": app.has_legacy_code_signature,
        "challengeCallbacks": app.wants_challenge_callbacks,
        "challenge": app.wants_challenges,
        "findings": app.wants_findings,
        "acknowledgesBy201": app.acknowledges_by_201,
        "callsPerSecond": app.calls_per_second,
        "openTasksMax": app.open_tasks_max,
        "unpaidPerHourMax": app.unpaid_per_hour_max,
        "allowedNetworks": app.allowed_networks.as_str(),
    })
}

fn networks(text: &str) -> Result<Networks, String> {
    let such_as = "addresses and networks, e.g. 203.0.113.7,2001:db8::/32, at most 64";
    Networks::parse(text).ok_or_else(|| such_as.to_owned())
}
