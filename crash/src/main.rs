//! The crash harness: nodes as processes under load, killed, paused, cut off and starved by a plan
//! drawn from a seed, while laws are checked that must hold all the same.
//!
//!     cargo run -p fiveone-crash                        three nodes on PostgreSQL, one on SQLite
//!     cargo run -p fiveone-crash -- --seed 7            the plan of a seed once more
//!     cargo run -p fiveone-crash -- --minutes 30        seed after seed
//!
//! It ends with 1 at the first law that is broken, naming it and the seed; logs are kept then.
//! A seed fixes what is done and what people type, not how the processes' threads take turns: for
//! that there is `simulation`.

mod books;
mod client;
mod clock;
mod conductor;
mod database;
mod deployment;
mod disk;
mod laws;
mod load;
mod node;
mod order;
mod plan;
mod portals;
mod proxy;
mod receiver;
mod recovery;
mod round;
mod server;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;

use order::{Kind, Order};
use server::Server;

#[derive(Debug, Parser)]
#[command(about = "Breaks a deployment in every way and checks that nothing is lost")]
struct Args {
    /// The first seed; each further round has the next one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One database alone; default: both, side by side
    #[arg(long)]
    database: Option<Kind>,
    /// Nodes on PostgreSQL
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// How long things are broken in a round
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Round after round, for so long; default: one round
    #[arg(long, default_value_t = 0)]
    minutes: u64,
    /// People who make tasks at once, by database
    #[arg(long, default_value_t = 20)]
    people: u64,
    /// Keeps databases and logs, whatever came of it
    #[arg(long)]
    keep: bool,
    /// The short form, for continuous integration
    #[arg(long)]
    quick: bool,
}

/// As first word: this process is a gateway, and the words that follow are its own. It is the program's
/// library with another clock, so that the program itself has none that can be set.
const GATEWAY: &str = "gateway";

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    if words.get(1).is_some_and(|word| word == GATEWAY) {
        return fiveone::run(words.into_iter().skip(1), Arc::new(clock::Settable::from_stdin()));
    }
    disk::mount_for_ourselves();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(until_interrupted()),
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn until_interrupted() -> ExitCode {
    // Whoever is interrupted leaves no node behind: their processes end with what holds them.
    let ended = tokio::select! {
        ended = run() => ended,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let mut args = Args::parse();
    if args.quick {
        (args.seconds, args.minutes) = (10, 0);
    }
    drop(rustls::crypto::ring::default_provider().install_default());
    let wants = |kind| args.database.is_none_or(|wanted| wanted == kind);
    let server = if wants(Kind::Postgres) { Some(Arc::new(Server::start().await?)) } else { None };
    let folder = tempfile::Builder::new().prefix("fiveone-crash").tempdir()?;
    let end = Instant::now() + Duration::from_secs(60 * args.minutes);
    let mut outcome = Ok(());
    for seed in args.seed.. {
        let orders = [Kind::Sqlite, Kind::Postgres].into_iter().filter(|kind| wants(*kind));
        let rounds = orders.map(|kind| {
            let is_server = kind == Kind::Postgres;
            let order = Order {
                kind,
                seed,
                nodes: if is_server { args.nodes } else { 1 },
                server: server.clone().filter(|_| is_server),
                keep: args.keep,
                folder: folder.path().join(format!("{kind:?}-{seed}")),
            };
            let (long, people) = (Duration::from_secs(args.seconds), args.people);
            async move { round::run(&order, long, people).await.context(about(&order)) }
        });
        outcome = futures_util::future::join_all(rounds).await.into_iter().collect();
        if outcome.is_err() || Instant::now() >= end {
            break;
        }
    }
    if let Some(server) = server {
        server.stop().await?;
    }
    if outcome.is_err() || args.keep {
        say(&format!("databases and logs are kept in {}", folder.keep().display()));
    }
    outcome
}

/// How to see it again.
fn about(order: &Order) -> String {
    let (seed, database) = (order.seed, format!("{:?}", order.kind).to_lowercase());
    format!("seed {seed}: cargo run -p fiveone-crash -- --seed {seed} --database {database}")
}

/// Ends after so long.
pub(crate) async fn wait(long: Duration) {
    drop(tokio::time::timeout(long, std::future::pending::<()>()).await);
}

#[expect(clippy::print_stdout, reason = "the counts are what this program is for")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
