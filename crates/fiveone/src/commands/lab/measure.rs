//! `fiveone lab measure`: strangers by the hundred, each city of each in turn, many seeds at once.

use std::sync::Arc;

use clap::Args;
use fiveone_connector::{Exchange, ExtraCertificates, Library, Limits, Portal, Recording};
use fiveone_lab::{CityEntry, Lab, Stranger};
use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::attempt::{Attempt, Fate, Outcome};
use super::compare::Standing;
use super::tally::Tally;
use crate::exit::{Failed, Reason};
use crate::output;

/// How many strangers of each city there are when nobody says.
const SEEDS: u64 = 50;
/// Seeds that run side by side.
const AT_ONCE: usize = 8;
/// Failing strangers that are looked into one dimension at a time; the others are only printed.
const ISOLATED_MAX: usize = 60;

/// Drives the connectors through strangers and compares what is read with the truth
#[derive(Debug, Args)]
pub(crate) struct Measure {
    /// How many strangers of each city; 50, or 1 with --seed
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// The first seed
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Only the cities of this family, e.g. hsp
    #[arg(long)]
    family: Option<String>,
    /// Only this city, e.g. fund/210300
    #[arg(long, value_name = "PRODUCT/AREA")]
    area: Option<String>,
    /// Only these dimensions differ, instead of what the seed draws, e.g. pager,notice
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Every dimension alone in turn, so that the table tells what each of them does
    #[arg(long, conflicts_with = "only")]
    each: bool,
    /// Shows every stranger that is not equal in all sections; with one seed, the steps too
    #[arg(short, long)]
    verbose: bool,
    /// Shows every answer of the portal too; with one seed
    #[arg(long, requires = "verbose")]
    pages: bool,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// A stranger's attempt, what differed, and what came of it.
struct Tried {
    attempt: Attempt,
    dimensions: Vec<&'static str>,
    outcome: Outcome,
}

/// What all attempts share.
struct Ground {
    lab: Lab,
    portal: Arc<dyn Portal>,
    cities: Vec<CityEntry>,
    only: Vec<String>,
    each: bool,
    pages: bool,
}

impl Measure {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        crate::install_tls();
        let ground = Arc::new(self.ground().await?);
        let first = self.seed.unwrap_or(1);
        let seeds = self.seeds.unwrap_or(if self.seed.is_some() { 1 } else { SEEDS });
        let mut tally = Tally::default();
        let mut shown = Vec::new();
        let mut running = spawn_all(&ground, first, seeds);
        while let Some(tried) = running.join_next().await {
            for tried in tried.map_err(anyhow::Error::new)?? {
                tally.add(&tried.attempt, &tried.dimensions, &tried.outcome);
                if tried.outcome.is_bad() || (self.verbose && !is_plain(&tried.outcome)) {
                    shown.push(tried);
                }
            }
        }
        shown.sort_by_key(|tried| {
            (!tried.outcome.is_bad(), tried.attempt.city.area, tried.attempt.stranger.seed)
        });
        self.print(&ground, &tally, &shown, seeds == 1).await?;
        if tally.is_good() { Ok(()) } else { Err(Failed::said(Reason::Failed)) }
    }

    async fn ground(&self) -> Result<Ground, Failed> {
        let mut options = fiveone_lab::Options::default();
        options.listen.set_port(0);
        let lab = fiveone_lab::start(options).await?;
        let limits = Limits { requests_per_second: None, ..Limits::default() };
        let portal = fiveone_connector::live(limits, ExtraCertificates::default())
            .map_err(|words| Failed::message(Reason::Failed, words))?;
        let is_wanted = |city: &CityEntry| {
            let place = format!("{}/{}", city.product, city.area);
            self.family.as_deref().is_none_or(|family| family == city.family)
                && self.area.as_deref().is_none_or(|area| area == place)
        };
        let cities: Vec<CityEntry> = fiveone_lab::cities().into_iter().filter(is_wanted).collect();
        if cities.is_empty() {
            return Err(Failed::message(Reason::Usage, "the lab has no such family or city"));
        }
        let ground = Ground {
            lab,
            portal,
            cities,
            only: self.only.clone(),
            each: self.each,
            pages: self.pages,
        };
        if ground.strangers(0).is_empty() {
            let known: Vec<&str> = fiveone_lab::dimensions().iter().map(|one| one.name).collect();
            let words = format!("an unknown dimension; known are {}", known.join(" "));
            return Err(Failed::message(Reason::Usage, words));
        }
        Ok(ground)
    }

    async fn print(
        &self,
        ground: &Arc<Ground>,
        tally: &Tally,
        shown: &[Tried],
        has_steps: bool,
    ) -> Result<(), Failed> {
        let mut failures = Vec::new();
        for (place, tried) in shown.iter().enumerate() {
            let is_isolated = tried.outcome.is_bad() && place < ISOLATED_MAX;
            let alone = if is_isolated && self.only.is_empty() && !self.each {
                alone(ground, tried).await?
            } else {
                Vec::new()
            };
            if self.json {
                failures.push(json_of(tried, &alone));
            } else {
                output::say(&words_of(tried, &alone));
                if has_steps && self.verbose {
                    output::say(&tried.outcome.log);
                }
            }
        }
        if self.json {
            let value = json!({ "counts": tally.json(), "failures": failures });
            output::say_json(&value, false);
            return Ok(());
        }
        output::say(&tally.tables());
        output::say(&tally.summary());
        Ok(())
    }
}

impl Ground {
    /// The strangers of a seed: one, or one for each dimension; none when a dimension is unknown.
    fn strangers(&self, seed: u64) -> Vec<Stranger> {
        let stranger = Stranger::new(seed);
        if self.each {
            let names = fiveone_lab::dimensions().into_iter().map(|one| one.name);
            return names.filter_map(|name| stranger.with_only(&[name])).collect();
        }
        if self.only.is_empty() {
            return vec![stranger];
        }
        let only: Vec<&str> = self.only.iter().map(String::as_str).collect();
        stranger.with_only(&only).into_iter().collect()
    }

    /// The connectors pointed at a stranger's portals.
    fn library(&self, stranger: Stranger) -> Result<Library, Failed> {
        Library::with_portals(&self.lab.portals_of(stranger))
            .map_err(|complaints| Failed::message(Reason::Mistakes, complaints))
    }

    async fn attempt(
        &self,
        library: &Library,
        attempt: Attempt,
        dimensions: Vec<&'static str>,
    ) -> Option<Tried> {
        let (product, area) = (attempt.city.product, attempt.city.area);
        let connector =
            library.connector(Product::parse(product)?, &AreaCode::parse(area)?).map(Arc::clone)?;
        let recording = Arc::new(Recording::new(Arc::clone(&self.portal)));
        let portal: Arc<dyn Portal> =
            if self.pages { recording.clone() } else { Arc::clone(&self.portal) };
        let mut outcome = attempt.run(&self.lab, &connector, &portal).await;
        outcome.log.extend(recording.take().iter().map(words_of_answer));
        Some(Tried { attempt, dimensions, outcome })
    }
}

/// Starts the attempts of all seeds, a task for each seed.
fn spawn_all(ground: &Arc<Ground>, first: u64, seeds: u64) -> JoinSet<Result<Vec<Tried>, Failed>> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for seed in first..first.saturating_add(seeds) {
        let (ground, permits) = (Arc::clone(ground), Arc::clone(&permits));
        running.spawn(async move {
            let _permit = permits.acquire().await?;
            let mut all = Vec::new();
            for stranger in ground.strangers(seed) {
                let library = ground.library(stranger)?;
                for city in &ground.cities {
                    let world = ground.lab.world().of_stranger(stranger);
                    let drawn = fiveone_lab::drawn(&world, city.product, city.area);
                    if ground.each && drawn.is_empty() {
                        continue;
                    }
                    if let Some(attempt) = Attempt::draw(&ground.lab, *city, stranger) {
                        all.extend(ground.attempt(&library, attempt, drawn).await);
                    }
                }
            }
            Ok(all)
        });
    }
    running
}

/// The dimensions of a failing stranger that fail when they are the only one.
async fn alone(ground: &Ground, tried: &Tried) -> Result<Vec<&'static str>, Failed> {
    let mut found = Vec::new();
    for name in &tried.dimensions {
        let seed = Stranger::new(tried.attempt.stranger.seed);
        let Some(stranger) = seed.with_only(&[name]) else { continue };
        let library = ground.library(stranger)?;
        let attempt = tried.attempt.clone().before(stranger);
        let tried = ground.attempt(&library, attempt, vec![name]).await;
        if tried.is_some_and(|tried| tried.outcome.is_bad()) {
            found.push(*name);
        }
    }
    Ok(found)
}

/// Whether every section is equal and every refusal right.
fn is_plain(outcome: &Outcome) -> bool {
    let is_equal = |fate: &Fate| matches!(fate, Fate::Read(Standing::Equal));
    outcome.charged.is_none()
        && outcome.verdict.is_none_or(|(due, code)| due == code)
        && outcome.sections.iter().all(|(_, fate)| is_equal(fate))
}

/// What is to be said of a stranger, a line for each thing.
fn remarks(tried: &Tried) -> Vec<String> {
    let mut out = Vec::new();
    let refused = tried.outcome.refused.as_deref().unwrap_or("let in");
    if let Some((due, code)) = tried.outcome.verdict.filter(|(due, code)| due != code) {
        out.push(format!("refused with {code} instead of {due}: {refused}"));
    } else if tried.outcome.verdict.is_none() && tried.outcome.refused.is_some() {
        out.push(format!("not let in: {refused}"));
    }
    for (name, fate) in &tried.outcome.sections {
        match fate {
            Fate::Read(Standing::Equal) => {}
            Fate::Read(Standing::Wrong(words)) => out.push(format!("{name} WRONG: {words}")),
            Fate::Read(Standing::Named(fields)) => {
                out.push(format!("{name} without {}, and told so", fields.join(", ")));
            }
            Fate::Read(Standing::Unnamed(fields)) => {
                out.push(format!("{name} right, but nothing tells of {}", fields.join(", ")));
            }
            Fate::Read(Standing::Extras(fields)) => {
                out.push(format!("{name} with {} beside", fields.join(", ")));
            }
            Fate::Lost(kind) => out.push(format!("{name} lost: {kind}")),
        }
    }
    out.extend(tried.outcome.charged.as_ref().map(|words| format!("CHARGED: {words}")));
    out
}

/// An answer as text.
fn words_of_answer(exchange: &Exchange) -> String {
    let Exchange { method, path, answer } = exchange;
    format!("    {method} {path}: {}\n{}\n", answer.status, exchange.text())
}

fn words_of(tried: &Tried, alone: &[&str]) -> String {
    let Attempt { city, stranger, quirk, password, .. } = &tried.attempt;
    let drawn = if tried.dimensions.is_empty() {
        "nothing differs".to_owned()
    } else {
        tried.dimensions.join(" ")
    };
    let word = stranger.word();
    let only = word.split_once(':').map(|(_, names)| format!(" --only {names}"));
    let mut out = format!(
        "--seed {} --area {}/{}{} ({} {quirk} {password}): {drawn}",
        stranger.seed,
        city.product,
        city.area,
        only.unwrap_or_default(),
        city.name
    );
    if !alone.is_empty() {
        out += &format!("\n  alone: {}", alone.join(" "));
    }
    for remark in remarks(tried) {
        out += &format!("\n  {remark}");
    }
    out
}

fn json_of(tried: &Tried, alone: &[&str]) -> Value {
    json!({
        "seed": tried.attempt.stranger.seed,
        "area": format!("{}/{}", tried.attempt.city.product, tried.attempt.city.area),
        "family": tried.attempt.city.family,
        "quirk": tried.attempt.quirk,
        "password": tried.attempt.password,
        "dimensions": tried.dimensions,
        "alone": alone,
        "remarks": remarks(tried),
    })
}
