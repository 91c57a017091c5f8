//! `fiveone demo`: a whole deployment on loopback, with simulated portals, to try everything.

mod front;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use clap::Args;
use fiveone_connector::Library;
use fiveone_engine::{Accounts, Engine, Operators, Options, Parts, SystemTime};
use fiveone_lab::Lab;
use fiveone_model::app::{App, AppId};
use fiveone_model::operator::{OperatorName, Role};
use fiveone_store::Store;
use serde_json::json;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::app::ensure_prices;
use super::store_access::{database_url, folder_keys};
use crate::client::{DEMO_APP, DEMO_TOKEN};
use crate::config::{self, Log, LogFormat};
use crate::exit::{Failed, Reason};
use crate::{output, telemetry};

/// Who may sign in to the console.
const DEMO_OPERATOR: &str = "demo";
/// What the demo app starts with: ¥10,000.00.
const DEMO_MONEY_FEN: i64 = 1_000_000;
/// Tasks that talk to one simulated portal at once; it is ours and does not mind.
const LAB_CONCURRENCY: usize = 32;

/// How long calls under way get at the end.
const LAST_CALLS_FOR: Duration = Duration::from_secs(3);

/// Runs a gateway beside simulated portals, with an app that has money, to try everything
///
/// Example: fiveone demo --data /tmp/fiveone
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the gateway listens
    #[arg(long, default_value = "127.0.0.1:8051", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where the simulated portals listen
    #[arg(long, default_value = "127.0.0.1:8052", value_name = "ADDRESS")]
    lab: SocketAddr,
    /// Where everything is kept; default: a temporary folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prints one JSON object instead: gateway, lab, app_id, token_id, operator, password
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        crate::install_tls();
        let quiet = Log { filter: "warn,fiveone_web=error".to_owned(), format: LogFormat::Text };
        let log = config::log_or(quiet)?;
        telemetry::start_logs(&log.filter, log.format == LogFormat::Json, None);
        let temporary = match &self.data {
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                None
            }
            None => Some(tempfile::Builder::new().prefix("fiveone-demo-").tempdir()?),
        };
        let folder = self.data.as_deref().or(temporary.as_ref().map(|folder| folder.path()));
        let folder = folder.unwrap_or(Path::new("."));

        let lab_options = fiveone_lab::Options { listen: self.lab, ..Default::default() };
        let lab = fiveone_lab::start(lab_options)
            .await
            .map_err(|error| taken("--lab", self.lab, &error))?;
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| taken("--listen", self.listen, &error))?;
        let gateway = format!("http://{}", listener.local_addr()?);

        let engine = start_engine(folder, &lab).await?;
        let password = open_demo_operator(engine.operators()).await?;
        let router = fiveone_web::router(
            engine.clone(),
            fiveone_web::Options {
                public_bases: vec![format!("{gateway}/identity/")],
                live_keys_in_model_city: true,
                ..Default::default()
            },
            telemetry::metrics()?,
        );
        let router = router.merge(front::page(&engine, &gateway, &lab, folder).await?);
        let stop = telemetry::StopSignals::catch()?;
        if self.json {
            let line = json!({
                "gateway": gateway,
                "lab": lab.base(),
                "app_id": DEMO_APP,
                "token_id": DEMO_TOKEN,
                "operator": DEMO_OPERATOR,
                "password": password.as_str(),
            });
            output::say_json(&line, false);
        } else {
            output::say(&welcome(&gateway, &lab.base(), folder, &password));
        }
        serve(listener, router, stop).await?;
        engine.stop().await;
        lab.stop().await;
        drop(temporary);
        Ok(())
    }
}

/// Serves until it is asked to stop; streams of events that are open then get a moment.
async fn serve(
    listener: TcpListener,
    router: axum::Router,
    stop: telemetry::StopSignals,
) -> std::io::Result<()> {
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let (asked, is_asked) = tokio::sync::oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service);
    let serving = serving.with_graceful_shutdown(async { drop(is_asked.await) }).into_future();
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended,
        () = stop.asked() => drop(asked),
    }
    tokio::time::timeout(LAST_CALLS_FOR, serving).await.unwrap_or(Ok(()))
}

fn taken(flag: &str, address: SocketAddr, error: &std::io::Error) -> Failed {
    let message = format!("cannot listen on {address} ({error}); choose another with {flag}");
    Failed::message(Reason::Usage, message)
}

/// An engine over a data folder whose connectors all lead to the lab.
async fn start_engine(folder: &Path, lab: &Lab) -> Result<Engine, Failed> {
    let keys = folder_keys(folder)?;
    let store = Store::open(&database_url(folder), 1).await?;
    let time = Arc::new(SystemTime);
    let accounts = Accounts::new(store.clone(), keys.clone(), time.clone());
    open_demo_app(&accounts).await?;
    let library = Library::with_portals(&lab.portals())
        .map_err(|complaints| Failed::message(Reason::Mistakes, complaints))?;
    let options = Options {
        callbacks_to_private: true,
        portal_concurrency: Some(LAB_CONCURRENCY),
        ..Options::default()
    };
    let limits = fiveone_connector::Limits { requests_per_second: None, ..Default::default() };
    let portal = fiveone_connector::live(limits, fiveone_connector::ExtraCertificates::default())
        .map_err(|message| Failed::message(Reason::Failed, message))?;
    let library = Arc::new(library);
    Ok(Engine::start(Parts { store, keys, library, portal, time, options }).await?)
}

/// The demo app with its known tokenId and money; made once for a folder.
async fn open_demo_app(accounts: &Accounts) -> Result<(), Failed> {
    let id = AppId::parse(DEMO_APP).ok_or_else(|| anyhow::anyhow!("the demo app's id"))?;
    let mut app = App::new(id.clone(), "演示应用").with_all_grants();
    app.calls_per_second = 1_000_000;
    ensure_prices(accounts).await?;
    if accounts.create(app, DEMO_TOKEN).await? {
        accounts.topup(&id, DEMO_MONEY_FEN, "demo").await?;
    }
    Ok(())
}

/// How this program was called.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "fiveone".to_owned())
}

/// The demo operator with a password that is good until the next start.
async fn open_demo_operator(operators: &Operators) -> Result<Zeroizing<String>, Failed> {
    let name = OperatorName::parse(DEMO_OPERATOR).ok_or_else(|| anyhow::anyhow!("its name"))?;
    let password = Operators::new_password()?;
    if !operators.add(&name, Role::Owner, &password).await? {
        operators.set_password(&name, &password).await?;
    }
    Ok(password)
}

fn welcome(gateway: &str, lab: &str, folder: &Path, password: &str) -> String {
    let program = program();
    let data = folder.display();
    format!(
        "\
fiveone 五险一金

  gateway   {gateway}/identity/…   the ten interfaces
  page      {gateway}/   open it in a browser: what to try, for each who meets this
  lab       {lab}   simulated portals, people and their true records
  app       appId {DEMO_APP}, tokenId {DEMO_TOKEN}, ¥10,000.00 in its wallet
  console   {gateway}/console   name {DEMO_OPERATOR}, password {password}
  data      {data}

In another terminal:

  {program} query fund 990000 --gateway {gateway}
      a person of the model city 示范市; login fields: {lab}/people?product=fund&area=990000&n=3
      (the password decides what happens: good, wrong, sms, partial …)

  {program} call getFundCitysB --gateway {gateway}
  {program} sign getFundCityParamB area_code=990000
  {program} app show {DEMO_APP} --data {data}
  {program} ledger verify --data {data}
  {program} link create {DEMO_APP} --product fund --purpose 试用 --gateway {gateway} --data {data}
      a page for the person: open it in a browser, choose 示范市

Ctrl-C ends it."
    )
}
