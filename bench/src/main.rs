//! The benchmarks: every figure that the documents publish is printed by this program.
//!
//!     cargo run --release -p fiveone-bench            the whole run
//!     cargo run --release -p fiveone-bench -- --quick within a minute
//!     cargo run --release -p fiveone-bench -- --reading how fast pages are read alone
//!     cargo run --release -p fiveone-bench -- --flood more creates than can be written
//!     cargo run --release -p fiveone-bench -- --tasks whole tasks alone
//!     cargo run --release -p fiveone-bench -- --waiting thousands who wait for a code
//!     cargo run --release -p fiveone-bench -- --seed-tasks 1000000 the console over so many tasks
//!
//! The gateway is a process of its own, started by `fiveone serve` with a configuration file; the
//! lab and the load are in this one, on the same machine and loopback. Figures are therefore low
//! and their ratios are what counts: each is measured beside the bare thing it is made of.

mod client;
mod creates;
mod flood;
mod gateway;
mod load;
mod memory;
mod polls;
mod reading;
mod seed;
mod tasks;
mod waiting;

use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;

use gateway::Gateway;

#[derive(Debug, Parser)]
#[command(about = "Measures a gateway beside the bare things it is made of")]
struct Args {
    /// The short form, for continuous integration
    #[arg(long)]
    quick: bool,
    /// Only how fast pages are read, without a gateway
    #[arg(long)]
    reading: bool,
    /// Only a flood of creates
    #[arg(long)]
    flood: bool,
    /// Only whole tasks
    #[arg(long)]
    tasks: bool,
    /// Only tasks that wait for a code, over a kill of the gateway
    #[arg(long)]
    waiting: bool,
    /// Only the console's pages, over a database that is filled with so many tasks first
    #[arg(long, value_name = "COUNT")]
    seed_tasks: Option<u32>,
    /// The empty database that --seed-tasks fills; default: a temporary SQLite file
    #[arg(long, requires = "seed_tasks", value_name = "URL")]
    store: Option<String>,
    /// Serves the bytes of a file bare, on this address; used by the program itself
    #[arg(long, hide = true, num_args = 2, value_names = ["ADDRESS", "FILE"])]
    bare: Option<Vec<String>>,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// How long polls are counted.
    polls_for: Duration,
    /// Creates and bare commits made.
    creates: usize,
    /// Whole tasks made.
    tasks: usize,
    /// Tasks that wait for a code.
    waiting: usize,
    /// Starts of the gateway.
    starts: usize,
    /// Creates that each connection of a flood makes.
    floods: usize,
    /// Tasks that wait for a code when the gateway is killed.
    crowd: usize,
    /// How long each portal's pages are read.
    reads_for: Duration,
}

impl Scale {
    const fn of(is_quick: bool) -> Self {
        if is_quick {
            Self {
                polls_for: Duration::from_secs(3),
                creates: 1_500,
                tasks: 100,
                waiting: 500,
                starts: 3,
                floods: 10,
                crowd: 1_000,
                reads_for: Duration::from_secs(1),
            }
        } else {
            Self {
                polls_for: Duration::from_secs(10),
                creates: 10_000,
                tasks: 1_000,
                waiting: 2_000,
                starts: 10,
                floods: 60,
                crowd: 10_000,
                reads_for: Duration::from_secs(5),
            }
        }
    }
}

/// One line of the result.
pub(crate) struct Figure {
    what: &'static str,
    value: String,
    beside: String,
}

impl Figure {
    pub(crate) fn new(what: &'static str, value: String, beside: String) -> Self {
        Self { what, value, beside }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(bare) = &args.bare {
        return polls::serve_bare(&bare[0], &bare[1]).await;
    }
    if let Some(count) = args.seed_tasks {
        print(&seed::measure(count, args.store.as_deref()).await?);
        return Ok(());
    }
    let scale = Scale::of(args.quick);
    let lab = fiveone_lab::start(fiveone_lab::Options {
        listen: ([127, 0, 0, 1], 0).into(),
        ..fiveone_lab::Options::default()
    })
    .await
    .context("the lab does not start")?;

    let mut figures = Vec::new();
    if args.flood {
        print(&flood::measure(scale).await?);
        lab.stop().await;
        return Ok(());
    }
    if args.tasks {
        let gateway = Gateway::start(&lab.portals()).await?;
        print(&[tasks::measure(&gateway, &lab, scale).await?]);
        gateway.stop().await?;
        lab.stop().await;
        return Ok(());
    }
    if args.waiting {
        print(&waiting::measure(&lab, scale).await?);
        lab.stop().await;
        return Ok(());
    }
    if args.reading {
        print(&reading::measure(&lab, scale).await?);
        lab.stop().await;
        return Ok(());
    }
    figures.push(gateway::start_up(&lab, scale).await?);
    figures.extend(memory::measure(&lab, scale).await?);
    figures.push(creates::measure(scale).await?);
    let gateway = Gateway::start(&lab.portals()).await?;
    figures.push(polls::measure(&gateway, &lab, scale).await?);
    figures.push(tasks::measure(&gateway, &lab, scale).await?);
    gateway.stop().await?;
    figures.extend(reading::measure(&lab, scale).await?);
    lab.stop().await;
    print(&figures);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn print(figures: &[Figure]) {
    println!("| what | gateway | beside |");
    println!("|---|---|---|");
    for figure in figures {
        println!("| {} | {} | {} |", figure.what, figure.value, figure.beside);
    }
}

/// A rate and its unit, without digits nobody can measure.
#[expect(clippy::float_arithmetic, reason = "a rate is a fraction")]
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// `123 /s (0.61 of 200 /s …)`: a rate beside another.
#[expect(clippy::float_arithmetic, reason = "a ratio is a fraction")]
pub(crate) fn beside(own: f64, bare: f64, what: &str) -> String {
    format!("{bare:.0} /s {what}; ratio {:.2}", own / bare)
}

/// What each of so many cost the gateway, on one core.
#[expect(clippy::float_arithmetic, reason = "a share is a fraction")]
pub(crate) fn each(busy: Duration, count: usize) -> String {
    format!("{:.2} ms of processor time each", busy.as_secs_f64() * 1_000.0 / count as f64)
}
