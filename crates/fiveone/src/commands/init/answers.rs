//! The five answers, each looked at as a start would look at it.

use std::path::Path;

use clap::Args;
use fiveone_engine::{callback_address, causes};
use fiveone_model::app::AppId;
use fiveone_store::{Error, Store};
use url::Url;

use super::question::{Asker, Question};
use super::{quoted, usage};
use crate::commands::doctor;
use crate::config::{Config, Server};
use crate::exit::Failed;

/// Answers given beforehand.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// Where the data is kept: sqlite:PATH or a postgres:// address
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// The address under which apps and persons reach the gateway
    #[arg(long, value_name = "URL")]
    public: Option<String>,
    /// Files with the certificate chain and its key, separated by a comma; off when a proxy does TLS
    #[arg(long, value_name = "CERT,KEY")]
    tls: Option<String>,
    /// The first app's appId, and after a comma where its callbacks go; off for none
    #[arg(long, value_name = "APP[,URL]")]
    pub(super) app: Option<String>,
    /// Who operates the gateway, for whoever reads the configuration
    #[arg(long, value_name = "TEXT")]
    operator: Option<String>,
    /// Where the node listens; default: as TLS and the public address want it
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// Everything a configuration is made of.
pub(super) struct Answers {
    pub(super) store: String,
    /// Blank for this machine alone.
    pub(super) public: String,
    /// Files of the certificate chain and of its key.
    pub(super) tls: Option<(String, String)>,
    pub(super) listen: String,
    pub(super) app: Option<FirstApp>,
    pub(super) operator: String,
}

/// The first app.
pub(super) struct FirstApp {
    pub(super) id: AppId,
    pub(super) callback: Option<String>,
}

impl Answers {
    pub(super) async fn ask(
        given: &Given,
        asker: &mut Asker,
        database: &Path,
    ) -> Result<Self, Failed> {
        let file = format!("sqlite:{}", database.display());
        let question = Question {
            text: "Where is the data kept? sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE",
            option: "--store",
            given: given.store.as_deref(),
            proposed: &file,
        };
        let store = asker.ask(question, store).await?;
        let question = Question {
            text: "Under which address do apps and persons reach it, e.g. https://gate.example.cn/?",
            option: "--public",
            given: given.public.as_deref(),
            proposed: "",
        };
        let public = asker.ask(question, async |text| public(text)).await?;
        let question = Question {
            text: "TLS: CERT,KEY (two PEM files), or off when a proxy does it or nobody else connects",
            option: "--tls",
            given: given.tls.as_deref(),
            proposed: "off",
        };
        let tls = asker.ask(question, async |text| tls(text, &public)).await?;
        let question = Question {
            text: "The first app: its appId, and after a comma where its callbacks go; off for none",
            option: "--app",
            given: given.app.as_deref(),
            proposed: "app1",
        };
        let app = asker.ask(question, async |text| app(text, false)).await?;
        let question = Question {
            text: "Who operates it: a name and how to reach them, for the head of the configuration",
            option: "--operator",
            given: given.operator.as_deref(),
            proposed: "",
        };
        let operator = asker.ask(question, async |text| operator(text)).await?;
        let listen = given.listen.clone().unwrap_or_else(|| listen(&public, tls.is_some()));
        parse(&format!("[server]\nlisten = {}\n", quoted(&listen))).map_err(usage)?;
        Ok(Self { store, public, tls, listen, app, operator })
    }
}

/// A configuration of these lines, or what is wrong with them.
fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, []).map_err(|mistakes| {
        let told = mistakes.to_string();
        told.split_once(": ").map_or(told.as_str(), |(_, what)| what).to_owned()
    })
}

async fn store(text: &str) -> Result<String, String> {
    parse(&format!("[store]\nurl = {}\n", quoted(text)))?;
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        let folder = path.parent().unwrap_or(&path);
        // The folder of the configuration is made with it.
        if path.is_dir() || folder.exists() && !folder.is_dir() {
            return Err(format!("{}: no place for a file", path.display()));
        }
        return Ok(format!("sqlite:{}", path.display()));
    }
    match Store::open_as_it_is(text).await {
        Ok(store) => {
            let answers = store.read.ping().await;
            store.close().await;
            answers.map_err(|error| causes(&error))?;
            Ok(text.to_owned())
        }
        Err(error @ Error::Address) => Err(error.to_string()),
        Err(error) => {
            Err(format!("{}; does the server run, and is there the database?", causes(&error)))
        }
    }
}

fn public(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let config = parse(&format!("[server]\npublic_bases = [{}]\n", quoted(text)))?;
    Ok(config.server.web.public_bases.into_iter().next().unwrap_or_default())
}

fn tls(text: &str, public: &str) -> Result<Option<(String, String)>, String> {
    if text == "off" {
        return Ok(None);
    }
    let (cert, key) = text.split_once(',').ok_or("two files separated by a comma, or off")?;
    let absolute = |path: &str| {
        let path = std::path::absolute(path.trim()).map_err(|error| error.to_string())?;
        Ok::<_, String>(path.display().to_string())
    };
    let (cert, key) = (absolute(cert)?, absolute(key)?);
    let public = if public.is_empty() { String::new() } else { quoted(public) };
    let server = parse(&format!(
        "[server]\ntls_cert = {}\ntls_key = {}\npublic_bases = [{public}]\n",
        quoted(&cert),
        quoted(&key)
    ))?
    .server;
    what_is_wrong(&server).map_or(Ok(Some((cert, key))), Err)
}

fn what_is_wrong(server: &Server) -> Option<String> {
    let found = doctor::look_at_tls(server);
    found.into_iter().find(|finding| finding.is_bad()).map(|finding| finding.to_string())
}

fn app(text: &str, is_private_allowed: bool) -> Result<Option<FirstApp>, String> {
    if text == "off" {
        return Ok(None);
    }
    let (id, callback) = text.split_once(',').unwrap_or((text, ""));
    let id = AppId::parse(id.trim()).ok_or("an appId is 1 to 64 printable ASCII characters")?;
    let callback = Some(callback.trim()).filter(|url| !url.is_empty());
    if let Some(url) = callback {
        callback_address(url, is_private_allowed)
            .map_err(|why| format!("callbacks cannot go to {url}: {why}"))?;
    }
    Ok(Some(FirstApp { id, callback: callback.map(str::to_owned) }))
}

/// The first app of a deployment that is there.
pub(super) fn first_app(text: &str, is_private_allowed: bool) -> Result<FirstApp, Failed> {
    let app = app(text, is_private_allowed).map_err(|why| usage(format!("--app: {why}")))?;
    app.ok_or_else(|| usage("--app: off, and there is nothing else to make"))
}

fn operator(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) || text.chars().count() > 200 {
        return Err("one line of at most 200 characters".to_owned());
    }
    Ok(text.to_owned())
}

/// With TLS of its own a node is open to the world at the port of the public address; else a proxy on
/// this machine, or only this machine, connects to it.
fn listen(public: &str, has_tls: bool) -> String {
    if !has_tls {
        return "127.0.0.1:8051".to_owned();
    }
    let port = Url::parse(public).ok().and_then(|url| url.port_or_known_default());
    format!("0.0.0.0:{}", port.unwrap_or(8051))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_with_mistakes_are_told_why() {
        assert_eq!(public("").as_deref(), Ok(""));
        let base = public("https://gate.example.cn");
        assert_eq!(base.as_deref(), Ok("https://gate.example.cn/identity/"));
        assert!(public("gate.example.cn").unwrap_err().contains("http or https"));
        assert_eq!(tls("cert.pem", "").unwrap_err(), "two files separated by a comma, or off");
        assert!(tls("no.pem,no.key", "").unwrap_err().starts_with("✗ TLS: "));
        let told = app("贷款", false).err();
        assert_eq!(told.as_deref(), Some("an appId is 1 to 64 printable ASCII characters"));
        let told = app("loans,http://127.0.0.1/cb", false).err();
        let expected = "callbacks cannot go to http://127.0.0.1/cb: address is not public";
        assert_eq!(told.as_deref(), Some(expected));
        let made = app("loans, https://loans.example.cn/cb", false).unwrap().unwrap();
        assert_eq!(made.callback.as_deref(), Some("https://loans.example.cn/cb"));
        assert!(operator("运维组\nlisten = 1").is_err());
    }

    #[test]
    fn a_node_listens_as_its_neighbours_need_it() {
        assert_eq!(listen("https://gate.example.cn/", false), "127.0.0.1:8051");
        assert_eq!(listen("https://gate.example.cn/", true), "0.0.0.0:443");
        assert_eq!(listen("https://gate.example.cn:8443/x/", true), "0.0.0.0:8443");
        assert_eq!(listen("", true), "0.0.0.0:8051");
    }
}
