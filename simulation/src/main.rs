//! Simulates seed after seed, and ends with 1 at the first that breaks a law.
//!
//!     cargo run --release -p fiveone-simulation                   until the time is over
//!     cargo run --release -p fiveone-simulation -- --seeds 5000   so many
//!     cargo run --release -p fiveone-simulation -- --seed 7       one, with everything that happens

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Parser;
use fiveone_simulation::{Deployment, Outcome, simulate};

#[derive(Debug, Parser)]
#[command(about = "Simulates deployments and checks that nothing is lost")]
struct Args {
    /// One seed alone, printed line by line
    #[arg(long)]
    seed: Option<u64>,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many seeds
    #[arg(long, default_value_t = u64::MAX)]
    seeds: u64,
    /// No new seed is begun after so many seconds
    #[arg(long, default_value_t = 45)]
    seconds: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let args = Args::parse();
    let deployment = Deployment::new()?;
    if let Some(seed) = args.seed {
        let Outcome { lines, counts, broken, digest } = simulate(&deployment, seed, true)?;
        say(&lines.join("\n"));
        say(&format!("{} digest {digest:016x}", list(&counts)));
        return verdict(seed, broken);
    }
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let last = args.from.saturating_add(args.seeds);
    let next = AtomicU64::new(args.from);
    let work = &|processor: usize| -> anyhow::Result<BTreeMap<String, u64>> {
        stay_on(processor);
        let mut counts = BTreeMap::new();
        while Instant::now() < end {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= last {
                break;
            }
            let outcome = simulate(&deployment, seed, false)?;
            add(&mut counts, &outcome.counts);
            verdict(seed, outcome.broken)?;
        }
        Ok(counts)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let all = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|at| scope.spawn(move || work(at))).collect();
        workers.into_iter().map(|worker| worker.join()).collect::<Vec<_>>()
    });
    let mut counts = BTreeMap::new();
    for worker in all {
        match worker {
            Ok(own) => add(&mut counts, &own?),
            Err(_) => bail!("a simulation panicked"),
        }
    }
    say(&format!("no law was broken: {}", list(&counts)));
    Ok(())
}

/// A simulation and the driver of its database take turns and never run at once: on one processor
/// that takes half the time. Where it may not be chosen, it is not.
fn stay_on(processor: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(processor);
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

fn verdict(seed: u64, broken: Option<String>) -> anyhow::Result<()> {
    let Some(broken) = broken else { return Ok(()) };
    bail!(
        "seed {seed}: law broken: {broken}\n\
         see it again: cargo run --release -p fiveone-simulation -- --seed {seed}"
    )
}

fn add(all: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (word, count) in more {
        *all.entry(word.clone()).or_default() += count;
    }
}

fn list(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

#[expect(clippy::print_stdout, reason = "the counts are what this program is for")]
fn say(text: &str) {
    println!("{text}");
}
