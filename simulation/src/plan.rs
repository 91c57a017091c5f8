//! What is done to a simulated deployment, and when: drawn from the seed before anything begins.

use std::collections::BTreeMap;

use fiveone_model::clock::Millis;

use crate::chance::Chance;
use crate::link::Cut;

/// How long a node may be silent.
pub(crate) const LEASE_MS: Millis = 10_000;
/// How long a task may take in all.
pub(crate) const TASK_FOR_MS: Millis = 60_000;
/// When nothing is broken any more.
pub(crate) const QUIET_AT_MS: Millis = 40_000;

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A person makes a task on a node.
    Create { task: usize, node: usize },
    /// A person looks at a task.
    Poll { task: usize },
    /// A node begins.
    Start { node: usize },
    /// A node dies at one of its next calls of the database.
    Doom { node: usize },
    /// A node is asked to stop.
    Stop { node: usize },
    /// A node does not run for a while.
    Pause { node: usize, long: Millis },
    /// The ways of these nodes to the database.
    Cut { nodes: Vec<usize>, cut: Cut },
    /// Calls of the database of a thousand that fail.
    Storm { in_thousand: u32 },
    /// A node's clock is set.
    Step { node: usize, by: Millis },
}

impl Event {
    /// The word in tables, of what breaks something.
    pub(crate) const fn word(&self) -> Option<&'static str> {
        match self {
            Self::Doom { .. } => Some("kills"),
            Self::Stop { .. } => Some("stops"),
            Self::Pause { .. } => Some("pauses"),
            Self::Cut { cut: Cut::Refused | Cut::Silent, .. } => Some("cuts"),
            Self::Storm { in_thousand: 1.. } => Some("storms"),
            Self::Step { .. } => Some("clock steps"),
            _ => None,
        }
    }
}

/// Events by their instant, and in the order in which they were put there.
#[derive(Default)]
pub(crate) struct Agenda {
    events: BTreeMap<(Millis, u64), Event>,
    next_number: u64,
}

impl Agenda {
    pub(crate) fn put(&mut self, at: Millis, event: Event) {
        self.next_number += 1;
        self.events.insert((at, self.next_number), event);
    }

    /// When the next is.
    pub(crate) fn next(&self) -> Option<Millis> {
        self.events.keys().next().map(|(at, _)| *at)
    }

    /// The next that is due.
    pub(crate) fn take(&mut self, now: Millis) -> Option<Event> {
        let entry = self.events.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }
}

/// The events of a seed; how many nodes and tasks there are.
pub(crate) fn draw(chance: &Chance) -> (Agenda, usize, usize) {
    let mut agenda = Agenda::default();
    let nodes = 1 + chance.place(3);
    let tasks = 3 + chance.place(6);
    for node in 0..nodes {
        agenda.put(chance.between(0, 50), Event::Start { node });
    }
    for task in 0..tasks {
        let at = chance.between(1_000, QUIET_AT_MS - 5_000);
        agenda.put(at, Event::Create { task, node: chance.place(nodes) });
    }
    for _ in 0..2 + chance.place(5) {
        let at = chance.between(1_500, QUIET_AT_MS - 1_000);
        let node = chance.place(nodes);
        let long = chance.between(200, 3 * LEASE_MS);
        match chance.place(9) {
            0..3 => agenda.put(at, Event::Doom { node }),
            3 => agenda.put(at, Event::Stop { node }),
            4 => agenda.put(at, Event::Pause { node, long }),
            5..7 => {
                let cut = if chance.in_thousand(500) { Cut::Refused } else { Cut::Silent };
                let all: Vec<_> = (0..nodes).collect();
                let nodes = if chance.in_thousand(500) { all } else { vec![node] };
                agenda.put(at, Event::Cut { nodes: nodes.clone(), cut });
                agenda.put((at + long).min(QUIET_AT_MS), Event::Cut { nodes, cut: Cut::Open });
            }
            7 => {
                let in_thousand = u32::try_from(chance.between(20, 300)).unwrap_or(20);
                agenda.put(at, Event::Storm { in_thousand });
                let end = (at + long).min(QUIET_AT_MS);
                agenda.put(end, Event::Storm { in_thousand: 0 });
            }
            _ => {
                let by = chance.between(-2 * LEASE_MS, 2 * LEASE_MS);
                agenda.put(at, Event::Step { node, by });
            }
        }
    }
    (agenda, nodes, tasks)
}
