//! No mutant of a recorded answer ends in other values. A good run is recorded; then one answer at a
//! time is changed the way portals change, and replayed. What is read must be what was there, or that
//! without fields and lines whose absence findings name, or a typed failure.
//!
//! `FIVEONE_MUTANTS` says how many mutants of each family are tried; without it, some hundred.

mod html;
mod json;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use fiveone_connector::{Answer, Exchange, Portal, Recording, Request, TransportError};
use fiveone_model::finding::{Finding, FindingKind};
use serde_json::Value as Json;
use tokio::task::JoinSet;

use super::world::{Case, City, Outcome, World, cities, values_of};

/// How many mutants of a family are tried unless told otherwise.
const MUTANTS: usize = 180;

/// An answer with something changed, and what was done to it.
struct Mutant {
    what: String,
    text: String,
}

/// Mutants of a family that were tried, and those that ended in other values.
#[derive(Default)]
struct Tally {
    tried: usize,
    same: usize,
    less: usize,
    failed: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, judged: Result<Less, String>, what: impl FnOnce() -> String) {
        self.tried += 1;
        match judged {
            Ok(Less::Nothing) => self.same += 1,
            Ok(Less::Named) => self.less += 1,
            Ok(Less::Failed) => self.failed += 1,
            Err(told) => self.wrong.push(format!("{}: {told}", what())),
        }
    }

    fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.same += other.same;
        self.less += other.less;
        self.failed += other.failed;
        self.wrong.extend(other.wrong);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mutant_ends_in_other_values() {
    let world = World::start().await;
    let told = std::env::var("FIVEONE_MUTANTS").ok();
    let most = told.map_or(MUTANTS, |told| told.parse().expect("a number of mutants"));
    let mut families: BTreeMap<&str, Vec<City>> = BTreeMap::new();
    for city in fiveone_lab::cities() {
        let known = (city.product, city.area);
        if cities().contains(&known) {
            families.entry(city.family).or_default().push(known);
        }
    }
    let mut wrong = Vec::new();
    for (family, cities) in families {
        let tally = try_family(&world, &cities, most).await;
        let Tally { tried, same, less, failed, .. } = tally;
        println!("{family}: {tried} mutants, {same} read the same, {less} less, {failed} failed");
        assert!(tried >= most, "{family}: there are only {tried} mutants");
        wrong.extend(tally.wrong);
    }
    assert!(wrong.is_empty(), "{} mutants\n{}", wrong.len(), wrong.join("\n"));
}

/// Tries mutants of a family: of each of its cities and of several people alike, until there are enough.
async fn try_family(world: &Arc<World>, cities: &[City], most: usize) -> Tally {
    let mut tally = Tally::default();
    let mut cases: Vec<Case> = Vec::new();
    for city in cities {
        let people = world.logins(*city, 16);
        let cases_of_city = people.into_iter().map(|login| Case::good(*city, login));
        // Each person once: other ways to log in lead to the same pages.
        cases.extend(cases_of_city.filter(|case| case.method() == 1));
    }
    // Of each city first the people whose pages are short.
    let rank = |case: &Case| {
        ["OnePage", "SingleRow", "Plain", "Loans", "Accounts", "Reversal", "RareName"]
            .iter()
            .position(|quirk| *quirk == case.quirk)
            .unwrap_or(usize::MAX)
    };
    cases.sort_by_key(rank);
    let share = most.div_ceil(cities.len() * 2);
    for case in cases.iter().filter(|case| case.quirk == "Dense") {
        drop_pages(world, case, &mut tally).await;
    }
    for case in cases {
        let left = most.saturating_sub(tally.tried);
        if left == 0 {
            break;
        }
        try_person(world, Arc::new(case), left.min(share), &mut tally).await;
    }
    tally
}

/// Tries at most so many mutants of the answers to one person, which are recorded while nothing else
/// keeps the machine from answering.
async fn try_person(world: &Arc<World>, case: Arc<Case>, most: usize, tally: &mut Tally) {
    let recording = Arc::new(Recording::new(world.portal_for("good")));
    let good = Arc::new(world.run(&case, recording.clone()).await);
    let exchanges = Arc::new(recording.take());
    assert_eq!(good.code(), 40001, "{case}: {}", good.log);
    let mut running = JoinSet::new();
    let mut halves = [Vec::new(), Vec::new()];
    for (number, mutant) in sample(mutants_of(&exchanges, &good), most).into_iter().enumerate() {
        halves[number % 2].push(mutant);
    }
    for half in halves {
        let (world, case) = (Arc::clone(world), Arc::clone(&case));
        let (good, exchanges) = (Arc::clone(&good), Arc::clone(&exchanges));
        running.spawn(async move {
            let mut tally = Tally::default();
            for (at, mutant) in half {
                let read = replay(&world, &case, &exchanges, at, &mutant).await;
                let path = exchanges[at].path.split('?').next().unwrap_or_default();
                tally.count(judge(&good, &read), || format!("{case}: {path}: {}", mutant.what));
            }
            tally
        });
    }
    while let Some(half) = running.join_next().await {
        tally.add(half.expect("no half panics"));
    }
}

/// Runs a case with one answer changed.
async fn replay(
    world: &World,
    case: &Case,
    exchanges: &[Exchange],
    at: usize,
    mutant: &Mutant,
) -> Outcome {
    let mut changed = exchanges.to_vec();
    let encoding = Text::of(&exchanges[at]).expect("it was one").encoding;
    changed[at].answer.body = encoding.encode(&mutant.text).0.into_owned();
    changed[at].answer.headers.retain(|(name, _)| name != "content-length");
    world.run(case, Arc::new(Strict(Mutex::new(changed)))).await
}

/// Drops each page of each list of a person with many rows: those behind it move up. Where the portal
/// tells how many rows or pages there are, it must be noticed; where it does not, nobody can.
async fn drop_pages(world: &Arc<World>, case: &Case, tally: &mut Tally) {
    let recording = Arc::new(Recording::new(world.portal_for("good")));
    let good = world.run(case, recording.clone()).await;
    let exchanges = recording.take();
    assert_eq!(good.code(), 40001, "{case}: {}", good.log);
    let text = |at: &usize| Text::of(&exchanges[*at]).map(|page| page.text).unwrap_or_default();
    let mut lists: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, exchange) in exchanges.iter().enumerate() {
        let path = exchange.path.split('?').next().unwrap_or_default();
        lists.entry((&exchange.method, path)).or_default().push(at);
    }
    let is_one_list = |pages: &[usize]| {
        let texts: Vec<String> = pages.iter().map(text).collect();
        json::is_one_list(&texts) || html::is_one_list(&texts)
    };
    for ((_, path), pages) in lists.iter().filter(|(_, pages)| is_one_list(pages)) {
        for dropped in 0..pages.len().saturating_sub(1) {
            let mut changed = exchanges.clone();
            for pair in pages[dropped..].windows(2) {
                changed[pair[0]].answer = exchanges[pair[1]].answer.clone();
            }
            let read = world.run(case, Arc::new(Strict(Mutex::new(changed)))).await;
            let what =
                || format!("{case}: {path}: page {} of {} dropped", dropped + 1, pages.len());
            tally.count(judge(&good, &read), what);
        }
    }
}

/// Every mutant of every answer, with the place of the answer. Of answers at one path the first is
/// changed, and the last, where a list ends.
fn mutants_of(exchanges: &[Exchange], good: &Outcome) -> Vec<(usize, Mutant)> {
    let (values, person) = (values_of(good), person_of(good));
    let path = |exchange: &Exchange| exchange.path.split('?').next().unwrap_or_default().to_owned();
    let mut mutants = Vec::new();
    for (at, exchange) in exchanges.iter().enumerate() {
        let is_first = exchanges[..at].iter().all(|before| path(before) != path(exchange));
        let is_last = exchanges[at + 1..].iter().all(|behind| path(behind) != path(exchange));
        let Some(page) = Text::of(exchange).filter(|_| is_first || is_last) else { continue };
        let of_page = match serde_json::from_str::<Json>(&page.text) {
            Ok(json) if json.is_object() || json.is_array() => json::mutants(&json, &person),
            _ => html::mutants(&page.text, &values, &person),
        };
        mutants.extend(of_page.into_iter().map(|mutant| (at, mutant)));
    }
    mutants
}

/// At most so many of them, from the beginning to the end.
fn sample<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    let mut at = 0;
    all.into_iter()
        .enumerate()
        .filter(|(number, _)| {
            let is_taken = number * most / count.max(1) >= at && at < most;
            at += usize::from(is_taken);
            is_taken
        })
        .map(|(_, one)| one)
        .collect()
}

/// Answers from a recording, and only what was asked: a page more is not another question's page.
struct Strict(Mutex<Vec<Exchange>>);

#[async_trait]
impl Portal for Strict {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        let path = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut left = self.0.lock().expect("nobody panics while holding it");
        let at = left.iter().position(|exchange| {
            exchange.method == request.method && steady(&exchange.path) == steady(path)
        });
        at.map(|at| left.remove(at).answer).ok_or(TransportError::NotRecorded)
    }
}

/// A path and its query without what is different in every run.
fn steady(path: &str) -> String {
    let is_steady =
        |pair: &&str| !["r=", "_random=", "_laneID="].iter().any(|chance| pair.starts_with(chance));
    path.split(['?', '&']).filter(is_steady).collect::<Vec<_>>().join("&")
}

/// The text of an answer and how it was encoded.
struct Text {
    text: String,
    encoding: &'static encoding_rs::Encoding,
}

impl Text {
    /// `None` for pictures and answers without a body.
    fn of(exchange: &Exchange) -> Option<Self> {
        let body = &exchange.answer.body;
        if body.is_empty() || body.starts_with(b"\x89PNG") {
            return None;
        }
        let is_utf8 = std::str::from_utf8(body).is_ok();
        let encoding = if is_utf8 { encoding_rs::UTF_8 } else { encoding_rs::GB18030 };
        Some(Self { text: encoding.decode(body).0.into_owned(), encoding })
    }
}

/// Whether a text is an amount with places or a day: fields that hold nothing else.
fn is_amount_or_day(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['￥', '¥', '-']).trim_end_matches('元');
    let digits = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-'));
    let is_amount = text.len() >= 4 && text.rfind('.') == Some(text.len() - 3);
    let is_day = text.len() == 10 && text.matches('-').count() == 2;
    digits && (is_amount || is_day)
}

/// Another amount or day of the same form.
fn other_amount_or_day(text: &str) -> String {
    let turned = |c: char| c.to_digit(10).map_or(c, |digit| char::from(b'1' + (digit % 8) as u8));
    text.chars().map(turned).collect()
}

/// Somebody else's text of the same form where a text names the person: an identity number or a name.
fn of_somebody_else(text: &str, person: &BTreeSet<String>) -> Option<String> {
    let text = text.trim();
    let is_identity = text.len() == 18 && text.is_ascii();
    let other = if is_identity { "990101197001010014" } else { "诸葛他人" };
    person.contains(text).then(|| other.to_owned())
}

/// The name and the identity number of whoever was read.
fn person_of(good: &Outcome) -> BTreeSet<String> {
    let base = good.sections.get("baseInfo").and_then(|read| read.as_ref().ok());
    let text = |name: &str| base.and_then(|base| base.get(name)?.as_str()).map(str::to_owned);
    ["employeeName", "name", "idCard", "idcard"].into_iter().filter_map(text).collect()
}

/// What a mutant was read as, where nothing else was read than what was there.
enum Less {
    Nothing,
    Named,
    Failed,
}

/// Whether what was read is what was there, or less and told; else what is first seen to differ.
fn judge(good: &Outcome, read: &Outcome) -> Result<Less, String> {
    if read.login.is_err() {
        return Ok(Less::Failed);
    }
    let mut less = Less::Nothing;
    for (name, section) in &read.sections {
        let Some(Ok(before)) = good.sections.get(name) else { continue };
        let Ok(section) = section else {
            less = Less::Failed;
            continue;
        };
        let none = Vec::new();
        let findings = read.findings.get(name).unwrap_or(&none);
        if let Some(wrong) = difference(section, before, findings) {
            let told = |json: &Json| json.to_string().chars().take(700).collect::<String>();
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            return Err(format!(
                "{name}: {wrong}\n      read  {}\n      was   {}\n      found {}",
                told(section),
                told(before),
                findings.join("; ")
            ));
        }
        if section != before && matches!(less, Less::Nothing) {
            less = Less::Named;
        }
    }
    Ok(less)
}

/// What is wrong with a section: other values, more or fewer lines than findings tell of, or a field
/// that no line has any more and no finding names.
fn difference(read: &Json, good: &Json, findings: &[Finding]) -> Option<String> {
    let missing: Vec<String> = match (read, good) {
        (Json::Array(read), Json::Array(good)) => {
            let mut left: Vec<&Json> = good.iter().collect();
            for row in read {
                // The whole row before one that it is a part of.
                let at = left.iter().position(|other| *other == row);
                let at = at.or_else(|| left.iter().position(|other| is_part(row, other)));
                let Some(at) = at else { return Some(format!("another line: {row}")) };
                left.remove(at);
            }
            let is_told = findings.iter().any(|one| one.kind == FindingKind::NotARow);
            if !left.is_empty() && !is_told {
                return Some(format!("{} lines are missing, and nothing tells so", left.len()));
            }
            if read.is_empty() {
                Vec::new()
            } else {
                names(good).difference(&names(read)).cloned().collect()
            }
        }
        (Json::Object(_), Json::Object(_)) if is_part(read, good) => {
            keys(good).difference(&keys(read)).cloned().collect()
        }
        _ if read == good => Vec::new(),
        _ => return Some("another record".to_owned()),
    };
    let is_named =
        |field: &&String| findings.iter().any(|one| one.field.as_deref() == Some(field.as_str()));
    let unnamed: Vec<&String> = missing.iter().filter(|field| !is_named(field)).collect();
    (!unnamed.is_empty()).then(|| format!("{unnamed:?} are missing, and nothing tells so"))
}

fn keys(record: &Json) -> BTreeSet<String> {
    record.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect()
}

fn names(rows: &[Json]) -> BTreeSet<String> {
    rows.iter().flat_map(keys).collect()
}

/// Whether all of `read` is in `good`: fields the same or missing, lists inside a loan the same.
fn is_part(read: &Json, good: &Json) -> bool {
    match (read, good) {
        (Json::Array(read), Json::Array(good)) => {
            read.len() == good.len()
                && read.iter().zip(good).all(|(read, good)| is_part(read, good))
        }
        (Json::Object(read), Json::Object(good)) => read
            .iter()
            .all(|(name, value)| good.get(name).is_some_and(|before| is_part(value, before))),
        _ => read == good,
    }
}
