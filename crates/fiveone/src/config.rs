//! The configuration of `serve`: one TOML file, overridden by the environment.
//!
//! [`Config::parse`] is pure: the text and the variables are arguments, and every mistake is reported at
//! once with its line. Whether the files it names exist and the database answers is found out at start.

mod callbacks;
mod console;
mod duration;
mod engine;
mod keys;
mod log;
mod mistake;
mod portals;
mod section;
mod server;
mod store;
mod telemetry;
mod terminal;

use std::path::Path;

pub(crate) use self::duration::parse_ms;
pub(crate) use self::keys::Keys;
pub(crate) use self::log::{Log, LogFormat};
pub(crate) use self::mistake::Mistakes;
pub(crate) use self::portals::Portals;
pub(crate) use self::server::{Server, Tls};
pub(crate) use self::store::Store;
pub(crate) use self::telemetry::Telemetry;
pub(crate) use self::terminal::{Pictures, pictures};

use self::section::Document;
use crate::exit::{Failed, Reason};

/// The commented file that holds every option with its default.
pub(crate) const DEFAULT_FILE: &str = include_str!("../fiveone.default.toml");

/// Variables that belong to the command line and not to a section.
const RESERVED_VARIABLES: [&str; 5] = [
    "FIVEONE_CONFIG",
    "FIVEONE_GATEWAY",
    "FIVEONE_APP_ID",
    "FIVEONE_TOKEN_ID",
    keys::DEFAULT_VARIABLE,
];

/// Variables of the test runner.
const TEST_VARIABLES: &str = "FIVEONE_TEST_";

/// Everything an operator may set, a struct per concern.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where the node listens, and the limits of its interfaces.
    pub(crate) server: Server,
    /// The database.
    pub(crate) store: Store,
    /// Where the deployment key comes from.
    pub(crate) keys: Keys,
    /// Limits and times of the engine, those of callbacks included.
    pub(crate) engine: fiveone_engine::Options,
    /// Other addresses for portals.
    pub(crate) portals: Portals,
    /// What is logged.
    pub(crate) log: Log,
    /// Where traces go.
    pub(crate) telemetry: Telemetry,
}

impl Config {
    /// Reads a file, or the defaults when there is none, and this process's environment.
    ///
    /// # Errors
    /// The file cannot be read, or has mistakes: all of them.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Failed> {
        let text = match file {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                Failed::message(Reason::Mistakes, format!("{}: {error}", path.display()))
            })?,
        };
        Self::parse(&text, variables()).map_err(|mistakes| {
            let name = file.map_or("the environment".into(), |path| path.display().to_string());
            let count = mistakes.len();
            Failed::message(Reason::Mistakes, format!("{name}: {count} mistakes\n{mistakes}"))
        })
    }

    /// Reads a file's text and the environment's `FIVEONE_` variables.
    ///
    /// # Errors
    /// All mistakes of both.
    pub(crate) fn parse(
        text: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Mistakes> {
        let mut document = Document::read(text, variables);
        let config = Self::of(&mut document);
        document.refuse_unknown(&config.keys.variable);
        document.into_mistakes().map_or(Ok(config), Err)
    }

    fn of(document: &mut Document) -> Self {
        let mut engine = fiveone_engine::Options::default();
        engine::read(&mut document.section("engine"), &mut engine);
        callbacks::read(&mut document.section("callbacks"), &mut engine);
        let portals = Portals::read(&mut document.section("portals"));
        engine.portal_concurrency = portals.concurrency;
        let mut server = Server::read(&mut document.section("server"));
        server.web.console = console::read(&mut document.section("console"), &mut engine);
        Self {
            server,
            store: Store::read(&mut document.section("store")),
            keys: Keys::read(&mut document.section("keys")),
            engine,
            portals,
            log: Log::read(&mut document.section("log")),
            telemetry: Telemetry::read(&mut document.section("telemetry")),
        }
    }
}

/// What the environment says of logs, for commands that have no configuration.
///
/// # Errors
/// A variable of `[log]` has a mistake.
pub(crate) fn log_or(default: Log) -> Result<Log, Failed> {
    let own = variables().filter(|(name, _)| name.starts_with("FIVEONE_LOG_"));
    let mut document = Document::read("", own);
    let log = Log::read_or(&mut document.section("log"), default);
    document.refuse_unknown("");
    let mistakes = document.into_mistakes();
    mistakes.map_or(Ok(log), |mistakes| Err(Failed::message(Reason::Mistakes, mistakes)))
}

/// This process's environment.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    })
}

#[cfg(test)]
mod tests;
