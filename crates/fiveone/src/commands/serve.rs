//! `fiveone serve`: a node of a deployment, as its configuration says.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use clap::Args;
use fiveone_connector::{ExtraCertificates, Library};
use fiveone_engine::seal::DeploymentKeys;
use fiveone_engine::{Engine, Parts, Time, causes};
use fiveone_lab::Lab;
use fiveone_model::api_key::MODEL_CITY;
use fiveone_model::product::Product;
use fiveone_store::Store;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::signal::unix::Signal;

use crate::config::{Config, Keys, LogFormat, Server, Tls};
use crate::connections::Gate;
use crate::exit::{Failed, Reason};
use crate::memory::{self, Kept};
use crate::traces::Traces;
use crate::{telemetry, traces};

/// How long calls under way get once the engine has stopped.
const LAST_CALLS_FOR: Duration = Duration::from_secs(5);

/// The longest that a connection may take to send the head of a request, and that an idle HTTP/2 one is
/// not asked whether it still lives.
const HEAD_FOR: Duration = Duration::from_secs(30);

/// Runs a gateway
///
/// Example: fiveone serve --config fiveone.toml
///
/// `fiveone config default` prints a configuration to begin with.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration; without it, defaults and FIVEONE_ variables
    #[arg(long, env = "FIVEONE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    pub(crate) async fn run(self, time: Arc<dyn Time>) -> Result<(), Failed> {
        let kept = memory::keep();
        crate::install_tls();
        let config = Config::load(self.config.as_deref())?;
        let traces = config.telemetry.traces.as_ref().map(Traces::to).transpose()?;
        let tracer = traces.as_ref().map(Traces::tracer);
        telemetry::start_logs(&config.log.filter, config.log.format == LogFormat::Json, tracer);
        if kept != (Kept { from_dumps: true, from_swap: true }) {
            tracing::warn!(kept.from_dumps, kept.from_swap, "memory may be written to a disk");
        }
        // Bound before anything is written, so that a second node on the same port changes nothing.
        let listener = listen(&config.server)?;
        let address = listener.local_addr()?;
        let tls = match &config.server.tls {
            None => None,
            Some(tls) => Some(read_tls(tls).await?),
        };
        let (bases, sandbox) = model_city(&config).await?;
        let engine = start_engine(&config, &bases, time).await?;
        let web = config.server.web.clone();
        let mut router = fiveone_web::router(engine.clone(), web, telemetry::metrics()?);
        if traces.is_some() {
            router = router.layer(axum::middleware::from_fn(traces::follow));
        }

        let stop = telemetry::StopSignals::catch()?;
        let handle = Handle::new();
        let is_tls = tls.is_some();
        let gate = Gate::new(config.server.connections.within_descriptors());
        let serving = tokio::spawn(serve(listener, tls, router, gate, handle.clone()));
        tracing::info!(%address, tls = is_tls, "listening");
        let is_lost = tokio::select! {
            () = stop.asked() => false,
            () = engine.lost() => true,
        };
        // Calls go on while running tasks end, so that people can still answer and apps still poll.
        engine.stop().await;
        handle.graceful_shutdown(Some(LAST_CALLS_FOR));
        serving.await??;
        if let Some(sandbox) = sandbox {
            sandbox.stop().await;
        }
        if let Some(traces) = traces {
            traces.stop().await;
        }
        if is_lost {
            let message = "the other nodes declared this one dead; restart it";
            return Err(Failed::message(Reason::Failed, message));
        }
        Ok(())
    }
}

fn listen(server: &Server) -> Result<TcpListener, Failed> {
    let listener = TcpListener::bind(server.listen).map_err(|error| {
        let message = format!("cannot listen on {} ({error}); see server.listen", server.listen);
        Failed::message(Reason::Failed, message)
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn read_tls(tls: &Tls) -> Result<RustlsConfig, Failed> {
    RustlsConfig::from_pem_file(&tls.cert, &tls.key).await.map_err(|error| {
        let (cert, key) = (tls.cert.display(), tls.key.display());
        Failed::message(Reason::Mistakes, format!("server.tls_cert {cert}, tls_key {key}: {error}"))
    })
}

/// The addresses of portals, with those of the node's own model city where there is none else: simulated
/// portals on a free port of loopback, which only test apps reach.
async fn model_city(config: &Config) -> Result<(BTreeMap<String, String>, Option<Lab>), Failed> {
    let mut bases = config.portals.bases.clone();
    let keys = Product::ALL.map(|product| format!("{product}/{MODEL_CITY}"));
    if !config.server.has_model_city || keys.iter().all(|key| bases.contains_key(key)) {
        return Ok((bases, None));
    }
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let lab = fiveone_lab::start(fiveone_lab::Options { listen, ..Default::default() }).await?;
    for (key, base) in lab.portals().into_iter().filter(|(key, _)| keys.contains(key)) {
        bases.entry(key).or_insert(base);
    }
    Ok((bases, Some(lab)))
}

/// Whether live apps reach the model city: somebody gave it an address, or said so.
fn is_live_in_model_city(config: &Config) -> bool {
    let is_pointed = |key: &String| key.ends_with(MODEL_CITY);
    config.server.web.live_keys_in_model_city || config.portals.bases.keys().any(is_pointed)
}

async fn start_engine(
    config: &Config,
    bases: &BTreeMap<String, String>,
    time: Arc<dyn Time>,
) -> Result<Engine, Failed> {
    let keys = config.keys.load()?;
    keys.read_again_from(config.keys.source());
    tokio::spawn(read_keys_again(telemetry::hangup()?, config.keys.clone(), keys.clone()));
    let library = Library::with_portals(bases)
        .map_err(|complaints| Failed::message(Reason::Mistakes, complaints))?;
    let extra = match &config.portals.extra_certificates {
        None => ExtraCertificates::default(),
        Some(path) => std::fs::read(path)
            .map_err(|error| error.to_string())
            .and_then(|pem| ExtraCertificates::from_pem(&pem))
            .map_err(|error| {
                let path = path.display();
                let message = format!("portals.extra_certificates {path}: {error}");
                Failed::message(Reason::Mistakes, message)
            })?,
    };
    let portal = fiveone_connector::live(config.portals.limits, extra)
        .map_err(|message| Failed::message(Reason::Failed, message))?;
    let store = Store::open(&config.store.url, config.store.connections_max).await?;
    let live_in_model_city = is_live_in_model_city(config);
    let options = fiveone_engine::Options { live_in_model_city, ..config.engine.clone() };
    let library = Arc::new(library);
    Ok(Engine::start(Parts { store, keys, library, portal, time, options }).await?)
}

/// Reads the deployment keys again at each SIGHUP; what cannot be taken up is told, and nothing changes.
async fn read_keys_again(mut asked: Signal, place: Keys, keys: DeploymentKeys) {
    while asked.recv().await.is_some() {
        let place = place.clone();
        let read = tokio::task::spawn_blocking(move || place.load()).await;
        let taken = match read {
            Ok(Ok(read)) => keys.take_up(&read).map_err(|error| causes(&error)),
            Ok(Err(failed)) => Err(failed.message_only()),
            Err(error) => Err(error.to_string()),
        };
        match taken {
            Ok(_) => tracing::info!(newest = keys.newest(), "deployment keys taken up"),
            Err(error) => tracing::error!(error, "deployment keys not taken up"),
        }
    }
}

async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    gate: Gate,
    handle: Handle<SocketAddr>,
) -> std::io::Result<()> {
    let idle_for = gate.idle_for();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum_server::from_tcp(listener)?.handle(handle);
    match tls {
        None => {
            let mut server = server.acceptor(gate);
            limit_patience(server.http_builder(), idle_for);
            server.serve(service).await
        }
        Some(tls) => {
            let mut server = server.acceptor(RustlsAcceptor::new(tls).acceptor(gate));
            limit_patience(server.http_builder(), idle_for);
            server.serve(service).await
        }
    }
}

/// Connections that send no head, only the beginning of one, or one byte after the other, are closed.
fn limit_patience(builder: &mut Builder<TokioExecutor>, idle_for: Duration) {
    let head_for = HEAD_FOR.min(idle_for);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_for);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(head_for);
}
