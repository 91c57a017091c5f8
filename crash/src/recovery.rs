//! How long it takes from the death of a node until each of its tasks runs elsewhere or has ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fiveone_store::Reader;

use crate::wait;

const LOOK_EVERY: Duration = Duration::from_millis(25);
const OPEN: &str = "select id, coalesce(node_id, ''), fence, stage from task
    where finished_at is null";

/// A task that had not ended: its node, its fence, its stage.
type Open = (String, i64, String);

/// The deaths that are being watched, and what came of them.
pub(crate) struct Recoveries {
    read: Reader,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    watched: HashMap<String, (Instant, i64)>,
    /// Nobody could take anything up before.
    not_before: Option<Instant>,
    times: Vec<Duration>,
    /// Tasks that were past login when their node died.
    past_login: Vec<String>,
}

impl Recoveries {
    pub(crate) fn new(read: Reader) -> Arc<Self> {
        Arc::new(Self { read, state: Mutex::default() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> Option<HashMap<String, Open>> {
        let rows = self.read.dump(OPEN).await.ok()?;
        let open = rows.iter().filter_map(|row| {
            let mut cells = row.split(" | ").map(str::to_owned);
            let (id, node) = (cells.next()?, cells.next()?);
            Some((id, (node, cells.next()?.parse().ok()?, cells.next()?)))
        });
        Some(open.collect())
    }

    /// A node died at `at`, while nothing else was broken.
    pub(crate) async fn died(&self, node_id: &str, at: Instant) {
        let Some(open) = self.open().await else { return };
        let mut state = self.lock();
        for (id, (node, fence, stage)) in open {
            if node != node_id {
                continue;
            }
            if matches!(stage.as_str(), "logged_in" | "crawling" | "storing") {
                state.past_login.push(id.clone());
            }
            state.watched.insert(id, (at, fence));
        }
    }

    /// Something else is broken now: what is under way tells nothing any more.
    pub(crate) fn disturbed(&self) {
        self.lock().watched.clear();
    }

    /// There is a node again where there was none.
    pub(crate) fn back(&self) {
        self.lock().not_before = Some(Instant::now());
    }

    /// Looks for ever.
    pub(crate) async fn watch(self: Arc<Self>) {
        loop {
            wait(LOOK_EVERY).await;
            if self.lock().watched.is_empty() {
                continue;
            }
            let Some(open) = self.open().await else { continue };
            let now = Instant::now();
            let mut state = self.lock();
            let not_before = state.not_before;
            let mut times = Vec::new();
            state.watched.retain(|id, (at, fence)| {
                let is_left = open.get(id).is_some_and(|(_, now, _)| now == fence);
                if !is_left {
                    let since = not_before.map_or(*at, |back| back.max(*at));
                    times.push(now.saturating_duration_since(since));
                }
                is_left
            });
            state.times.extend(times);
        }
    }

    /// The times, in order; and the tasks that were past login when their node died.
    pub(crate) fn take(&self) -> (Vec<Duration>, Vec<String>) {
        let mut state = self.lock();
        let mut times = std::mem::take(&mut state.times);
        times.sort();
        (times, std::mem::take(&mut state.past_login))
    }
}
