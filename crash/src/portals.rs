//! What the portals see of a deployment: which process uses which session, and when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::laws::Laws;

/// The digits of a session's key in the lab's cookies.
const KEY_DIGITS: usize = 32;

/// A process of a node: its number, and the how manieth of it.
pub(crate) type Process = (usize, u32);

/// The sessions and who uses them.
pub(crate) struct Portals {
    laws: Arc<Laws>,
    /// How long two may use the same.
    lease: Duration,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    sessions: HashMap<String, Vec<(Process, Instant)>>,
    /// Which process each node is now, and since when it goes on after a pause.
    now: HashMap<usize, (u32, Option<Instant>)>,
    requests: u64,
    moved: u64,
}

impl Portals {
    pub(crate) fn new(laws: Arc<Laws>, lease: Duration) -> Self {
        Self { laws, lease, seen: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node is another process from now on.
    pub(crate) fn began(&self, (node, turn): Process) {
        self.lock().now.insert(node, (turn, None));
    }

    /// A node goes on after a pause.
    pub(crate) fn went_on(&self, node: usize) {
        if let Some(now) = self.lock().now.get_mut(&node) {
            now.1 = Some(Instant::now());
        }
    }

    /// A node sent bytes to a portal. A session that another process has taken over may be used for
    /// a lease more, counted from when the first could know of it.
    pub(crate) fn sent(&self, node: usize, bytes: &[u8]) {
        let at = Instant::now();
        let mut seen = self.lock();
        let (turn, went_on) = seen.now.get(&node).copied().unwrap_or_default();
        for key in keys(bytes) {
            seen.requests += 1;
            let users = seen.sessions.entry(key).or_default();
            let Some(place) = users.iter().position(|(process, _)| *process == (node, turn)) else {
                users.push(((node, turn), at));
                let is_moved = users.len() > 1;
                seen.moved += u64::from(is_moved);
                continue;
            };
            let Some((other, since)) = users.get(place + 1) else { continue };
            let known_since = went_on.map_or(*since, |went_on| went_on.max(*since));
            let over = at.saturating_duration_since(known_since);
            if over > self.lease {
                let (ms, lease) = (over.as_millis(), self.lease.as_millis());
                self.laws.broken(
                    "no task runs on two nodes past a lease",
                    &format!(
                        "node {node} uses a session {ms} ms after node {} took it over; a lease \
                         is {lease} ms",
                        other.0
                    ),
                );
            }
        }
    }

    /// Requests with a session, sessions, and how often a session went to another process.
    pub(crate) fn counts(&self) -> (u64, usize, u64) {
        let seen = self.lock();
        (seen.requests, seen.sessions.len(), seen.moved)
    }
}

/// The keys of sessions in the heads of requests; bodies have no line that begins so.
fn keys(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let cookies = text.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("cookie").then_some(value)
    });
    cookies.filter_map(key_in).map(str::to_owned).collect()
}

fn key_in(cookie: &str) -> Option<&str> {
    let words = cookie.split(|symbol: char| !symbol.is_ascii_hexdigit());
    words.into_iter().find(|word| word.len() == KEY_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789ABCDEF0123456789ABCDEF";

    #[test]
    fn a_session_that_two_processes_use_past_a_lease_breaks_the_law() {
        let laws = Arc::new(Laws::default());
        let portals = Portals::new(Arc::clone(&laws), Duration::ZERO);
        let request = format!("GET / HTTP/1.1\r\ncookie: JSESSIONID={KEY}; a=b\r\n\r\n");
        for node in [0, 1] {
            portals.began((node, 1));
            portals.sent(node, request.as_bytes());
        }
        portals.sent(1, request.as_bytes());
        assert_eq!(laws.first(), None, "it was handed over once");
        portals.sent(0, request.as_bytes());
        assert!(laws.first().is_some_and(|text| text.contains("two nodes past a lease")));
        assert_eq!(portals.counts(), (4, 1, 1));
    }
}
