//! The load: people who make tasks on any node, answer its questions and poll until the end, and
//! whatever was seen of each task.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fiveone_lab::Lab;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

use crate::client::{Client, read_picture};
use crate::laws::Laws;
use crate::wait;

/// Where everybody lives.
pub(crate) const AREA: &str = "990000";
/// How long between two polls of a person.
const POLL_EVERY: Duration = Duration::from_millis(120);
/// How often a finished task is polled again, on other nodes.
const LAST_POLLS: usize = 3;
/// Passwords, each as often as it stands here.
const PASSWORDS: [&str; 16] = [
    "good",
    "good",
    "good",
    "good",
    "slow",
    "slow",
    "slow",
    "slow",
    "sms",
    "both",
    "captcha",
    "wrong",
    "partial",
    "flaky",
    "maintenance",
    "changed",
];

/// What was seen of a task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Story {
    pub(crate) password: &'static str,
    /// The final code, once one was seen.
    pub(crate) end: Option<i64>,
    /// A poll said that it is past login.
    pub(crate) was_past_login: bool,
    /// The person gave a wrong code, or none.
    pub(crate) was_careless: bool,
    /// When answers were taken, and by which node.
    pub(crate) answers: Vec<(usize, Instant)>,
}

/// All that the load shares.
pub(crate) struct Load {
    pub(crate) client: Client,
    pub(crate) lab: Arc<Lab>,
    pub(crate) nodes: Vec<String>,
    pub(crate) laws: Arc<Laws>,
    people: Vec<Value>,
    next: AtomicU64,
    pub(crate) is_over: AtomicBool,
    stories: Mutex<BTreeMap<String, Story>>,
    calls: AtomicU64,
    failed_calls: AtomicU64,
}

impl Load {
    pub(crate) fn new(client: Client, lab: Arc<Lab>, nodes: Vec<String>, laws: Arc<Laws>) -> Self {
        let people = fiveone_lab::people(&lab.world(), "fund", AREA, 2_000);
        let (next, is_over, stories, calls, failed_calls) = Default::default();
        Self { client, lab, nodes, laws, people, next, is_over, stories, calls, failed_calls }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Story>> {
        self.stories.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was seen of every task that was accepted.
    pub(crate) fn stories(&self) -> BTreeMap<String, Story> {
        self.lock().clone()
    }

    /// Calls made, and those that no node answered well.
    pub(crate) fn calls(&self) -> (u64, u64) {
        (self.calls.load(Ordering::Relaxed), self.failed_calls.load(Ordering::Relaxed))
    }

    /// One person after the other, until the load is over; each to the end of its task.
    pub(crate) async fn people(self: Arc<Self>, seed: u64) {
        let mut chance = StdRng::seed_from_u64(seed);
        while !self.is_over.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let index = usize::try_from(index).unwrap_or(0) % self.people.len();
            let password = PASSWORDS[chance.random_range(0..PASSWORDS.len())];
            if let Some(tid) = self.create(&self.people[index], password, &mut chance).await {
                self.follow(&tid, &self.people[index], &mut chance).await;
            }
        }
    }

    /// A call to any node; which, and its data.
    async fn call(
        &self,
        interface: &str,
        params: &[(&str, &str)],
        chance: &mut StdRng,
    ) -> Option<(usize, Value)> {
        let node = chance.random_range(0..self.nodes.len());
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Ok(data) = self.client.call(&self.nodes[node], interface, params).await {
            return Some((node, data));
        }
        self.failed_calls.fetch_add(1, Ordering::Relaxed);
        None
    }

    async fn create(
        &self,
        person: &Value,
        password: &'static str,
        chance: &mut StdRng,
    ) -> Option<String> {
        let login = person["login"].as_object()?;
        let mut params = vec![("area_code", AREA)];
        params.extend(login.iter().filter_map(|(name, value)| {
            let value = if name == "password" { password } else { value.as_str()? };
            Some((name.as_str(), value))
        }));
        let data = self.call("createFundSearchTaskB", &params, chance).await;
        let tid = data.and_then(|(_, data)| data["tid"].as_str().map(str::to_owned));
        let Some(tid) = tid.filter(|tid| !tid.is_empty()) else {
            wait(POLL_EVERY).await;
            return None;
        };
        self.lock().entry(tid.clone()).or_insert(Story { password, ..Story::default() });
        Some(tid)
    }

    async fn follow(&self, tid: &str, person: &Value, chance: &mut StdRng) {
        let mut answered = Value::Null;
        let mut polls_left = LAST_POLLS;
        // Who is asked and does not hear of it goes away; the end is looked at when all is over.
        for _ in 0..1_000 {
            wait(POLL_EVERY).await;
            let Some((_, data)) = self.call("getFundB", &[("tid", tid)], chance).await else {
                continue;
            };
            let Some(code) = code(&data) else { continue };
            if self.note(tid, code) {
                polls_left -= 1;
                if polls_left == 0 {
                    return;
                }
                continue;
            }
            let asked = match code {
                10003 => Value::from("sms"),
                10004 => data["base64_image_bytes"].clone(),
                _ => continue,
            };
            if asked != answered && self.answer(tid, code, &asked, person, chance).await {
                answered = asked;
            }
        }
    }

    /// Answers as a person does, now and then wrongly or not at all; whether that was that.
    async fn answer(
        &self,
        tid: &str,
        code: i64,
        asked: &Value,
        person: &Value,
        chance: &mut StdRng,
    ) -> bool {
        let manner = chance.random_range(0..100);
        let right = match code {
            10004 => asked.as_str().and_then(|picture| read_picture(picture).ok()),
            _ => self.lab.last_sms(person["id_card"].as_str().unwrap_or_default()),
        };
        let Some(right) = right else { return false };
        let typed = match manner {
            0..3 => "0000",
            3..6 => {
                self.change(tid, |story| story.was_careless = true);
                return true;
            }
            _ => &right,
        };
        if typed != right {
            self.change(tid, |story| story.was_careless = true);
        }
        let params = [("code", typed), ("tid", tid)];
        let Some((node, data)) = self.call("fundUserCode", &params, chance).await else {
            return false;
        };
        if data["status"] == 0 {
            self.change(tid, |story| story.answers.push((node, Instant::now())));
        }
        true
    }

    fn change(&self, tid: &str, change: impl FnOnce(&mut Story)) {
        if let Some(story) = self.lock().get_mut(tid) {
            change(story);
        }
    }

    /// A code that a poll showed; whether the task has ended.
    pub(crate) fn note(&self, tid: &str, code: i64) -> bool {
        if matches!(code, -9 | -2) {
            self.laws.broken("no accepted task vanishes", &format!("{tid} shows {code}"));
        }
        let mut stories = self.lock();
        let story = stories.entry(tid.to_owned()).or_default();
        // -1 says that the store could not be asked.
        if let Some(end) = story.end.filter(|end| *end != code && code != -1) {
            self.laws.broken("no final code changes", &format!("{tid} was {end} and is {code}"));
        }
        story.was_past_login |= matches!(code, 10002 | 20000..40000);
        if code >= 40_000 {
            story.end = Some(code);
        }
        code >= 40_000
    }

    /// Polls every task on every node once more.
    pub(crate) async fn poll_all(&self) {
        for tid in self.stories().keys() {
            for node in &self.nodes {
                let polled = self.client.call(node, "getFundB", &[("tid", tid)]).await;
                let Some(code) = polled.ok().as_ref().and_then(code) else {
                    self.laws.broken("every accepted task ends", &format!("{tid} has no code"));
                    return;
                };
                if !self.note(tid, code) {
                    let what = format!("{tid} is at {code} when all is over");
                    self.laws.broken("every accepted task ends", &what);
                }
            }
        }
    }
}

/// `data.code`.
fn code(data: &Value) -> Option<i64> {
    data["code"].as_str()?.parse().ok()
}
