//! Tries inputs of strangers, made by a seed:
//!
//!     cargo run --release -p fiveone-fuzz                          a minute for each target
//!     cargo run --release -p fiveone-fuzz -- --seconds 10 --seed 7
//!     cargo run --release -p fiveone-fuzz -- --target portal --seed 7 --number 123
//!
//! Each target runs in a process of its own: an input may end it. Then the input is written to a file,
//! the last command that tries it alone is printed, and the exit code is 1.

mod mutate;

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use fiveone_fuzz::Target;

/// An input that takes longer hangs whoever reads it.
const INPUT_FOR_MAX: Duration = Duration::from_secs(20);

#[derive(Debug, Parser)]
#[command(about = "Tries inputs of strangers")]
struct Args {
    /// Only this target
    #[arg(long)]
    target: Option<Target>,
    /// How long each target is tried
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What the inputs are made by
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only the input of this number
    #[arg(long, requires = "target")]
    number: Option<u64>,
    /// Only the inputs of `corpus/` and the plain ones, without a change
    #[arg(long)]
    corpus: bool,
    /// Where the number of the input that is tried stands; used by the program itself
    #[arg(long, hide = true, requires = "target")]
    progress: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    if let (Some(target), Some(progress)) = (args.target, &args.progress) {
        try_all(&args, target, progress)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let (Some(target), Some(number)) = (args.target, args.number) {
        target.run(&input_of(&seeds(target)?, args.seed, number));
        return Ok(ExitCode::SUCCESS);
    }
    let mut are_all_well = true;
    for target in Target::ALL.into_iter().filter(|one| args.target.is_none_or(|only| only == *one))
    {
        are_all_well &= is_well(&args, target)?;
    }
    Ok(if are_all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The plain inputs of a target and those that are kept: each broke something once, or might.
fn seeds(target: Target) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut seeds = target.seeds();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.as_str());
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    files.sort();
    for file in files {
        seeds.push(std::fs::read(file)?);
    }
    Ok(seeds)
}

/// Tries inputs one after the other; before each its number is written down.
#[expect(clippy::print_stdout, reason = "the counts are what this program is for")]
fn try_all(args: &Args, target: Target, progress: &Path) -> anyhow::Result<()> {
    let mut progress = std::fs::File::options().write(true).open(progress)?;
    let seeds = seeds(target)?;
    let begun = Instant::now();
    let (mut count, mut bytes, mut slowest) = (0_u64, 0_usize, (Duration::ZERO, 0));
    let plain = seeds.len() as u64;
    // First the seeds as they are, then what is made of them.
    while count < plain || (!args.corpus && begun.elapsed() < Duration::from_secs(args.seconds)) {
        progress.seek(SeekFrom::Start(0))?;
        progress.write_all(&count.to_be_bytes())?;
        let input = input_of(&seeds, args.seed, count);
        let at = Instant::now();
        target.run(&input);
        slowest = slowest.max((at.elapsed(), count));
        anyhow::ensure!(slowest.0 < INPUT_FOR_MAX, "input {count} takes {:?}", slowest.0);
        bytes += input.len();
        count += 1;
    }
    let (name, seed) = (target.as_str(), args.seed);
    println!(
        "{name}: {count} inputs, {plain} of them plain, {} KB, seed {seed}, slowest {} ms (input {})",
        bytes / 1_000,
        slowest.0.as_millis(),
        slowest.1
    );
    Ok(())
}

fn input_of(seeds: &[Vec<u8>], seed: u64, count: u64) -> Vec<u8> {
    let plain = usize::try_from(count).ok().and_then(|count| seeds.get(count)).cloned();
    plain.unwrap_or_else(|| mutate::input(seeds, seed, count))
}

/// Whether a target's process comes to its end.
#[expect(clippy::print_stdout, reason = "the counts are what this program is for")]
fn is_well(args: &Args, target: Target) -> anyhow::Result<bool> {
    let folder = std::env::temp_dir();
    let progress = folder.join(format!("fiveone-fuzz-{}", std::process::id()));
    std::fs::write(&progress, [0; 8])?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--target", target.as_str(), "--seed", &args.seed.to_string()]);
    command.args(["--seconds", &args.seconds.to_string(), "--progress"]).arg(&progress);
    if args.corpus {
        command.arg("--corpus");
    }
    let ended = command.status()?;
    if ended.success() {
        std::fs::remove_file(&progress)?;
        return Ok(true);
    }
    let mut number = [0; 8];
    std::fs::File::open(&progress)?.read_exact(&mut number)?;
    std::fs::remove_file(&progress)?;
    let number = u64::from_be_bytes(number);
    let file = folder.join(format!("fiveone-fuzz-{}-{}-{number}", target.as_str(), args.seed));
    std::fs::write(&file, input_of(&seeds(target)?, args.seed, number))?;
    println!("{}: {ended} at input {number}, which is in {}", target.as_str(), file.display());
    println!(
        "cargo run --release -p fiveone-fuzz -- --target {} --seed {} --number {number}",
        target.as_str(),
        args.seed
    );
    Ok(false)
}
