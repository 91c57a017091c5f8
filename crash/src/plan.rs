//! What is done to a deployment, and when: drawn from a seed, and the same for the same seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::order::Kind;
use crate::proxy::Way;

/// One disturbance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blow {
    /// `kill -9`, and a start after this long.
    Kill { node: usize, down: Duration },
    /// SIGTERM, and a start when it has ended.
    Stop { node: usize },
    /// SIGSTOP, and SIGCONT after this long.
    Pause { node: usize, long: Duration },
    /// Something that many or one are kept from, and that is given back after this long.
    Outage { what: Outage, long: Duration },
}

/// What nodes are kept from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outage {
    /// The way of one node to the database, or of all.
    Cut { node: Option<usize>, way: Way },
    /// The PostgreSQL server: it crashes, and recovers when it starts.
    Server,
    /// Writing to the file: another process does and does not end.
    Lock,
    /// Space on the disk of the file.
    Full,
    /// Space on the disk of the PostgreSQL server, which may end of it.
    ServerFull,
    /// Files that grow: writing fails, and not for want of space.
    Limit,
    /// The right time: the clock of a node is set to so much beyond it, in milliseconds.
    Clock { node: usize, off_by: i64 },
}

impl Blow {
    /// The word in tables.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Kill { .. } => "kills",
            Self::Stop { .. } => "stops",
            Self::Pause { .. } => "pauses",
            Self::Outage { what, .. } => what.word(),
        }
    }
}

impl Outage {
    const fn word(self) -> &'static str {
        match self {
            Self::Cut { .. } => "cuts",
            Self::Server => "database stops",
            Self::Lock => "locks",
            Self::Full | Self::ServerFull => "full disks",
            Self::Limit => "file limits",
            Self::Clock { .. } => "clock steps",
        }
    }

    /// Whether a node can write nothing meanwhile.
    pub(crate) fn stops(self, node: usize) -> bool {
        match self {
            Self::Cut { node: cut, .. } => cut.is_none_or(|cut| cut == node),
            Self::Server | Self::Lock | Self::Full | Self::Limit => true,
            // There may be room in what a table or the log has already.
            Self::ServerFull | Self::Clock { .. } => false,
        }
    }
}

/// A disturbance and the quiet before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// How long nothing new is done before.
    pub(crate) quiet: Duration,
    pub(crate) blow: Blow,
}

/// The kinds of blows, each as often as it comes in a deck.
#[derive(Debug, Clone, Copy)]
enum Card {
    Kill,
    Stop,
    Pause,
    CutOne,
    CutAll,
    Server,
    ServerFull,
    Lock,
    Full,
    Limit,
    Clock,
}

const ON_SERVER: [Card; 9] = [
    Card::Kill,
    Card::Kill,
    Card::Stop,
    Card::Pause,
    Card::CutOne,
    Card::CutAll,
    Card::Server,
    Card::ServerFull,
    Card::Clock,
];
const ON_FILE: [Card; 8] = [
    Card::Kill,
    Card::Kill,
    Card::Stop,
    Card::Pause,
    Card::Lock,
    Card::Full,
    Card::Limit,
    Card::Clock,
];

/// The steps of a seed, without end: deck after deck, so that every kind comes in any that is played to
/// its end.
pub(crate) struct Plan {
    chance: StdRng,
    kind: Kind,
    nodes: usize,
    lease: Duration,
    deck: Vec<Card>,
    /// What follows from the last blow is measured before the next.
    is_measured: bool,
}

impl Plan {
    pub(crate) fn new(seed: u64, kind: Kind, nodes: usize, lease: Duration) -> Self {
        let (chance, deck) = (StdRng::seed_from_u64(seed), Vec::new());
        Self { chance, kind, nodes, lease, deck, is_measured: true }
    }

    /// Whether every kind of blow has come as often as any other.
    pub(crate) fn is_whole(&self) -> bool {
        self.deck.is_empty()
    }

    /// Between so many hundredths of a lease.
    fn leases(&mut self, from: u32, to: u32) -> Duration {
        self.lease * self.chance.random_range(from..=to) / 100
    }

    fn way(&mut self) -> Way {
        if self.chance.random_bool(0.5) { Way::Refused } else { Way::Silent }
    }

    fn card(&mut self) -> Card {
        if self.deck.is_empty() {
            self.deck = match self.kind {
                Kind::Postgres => ON_SERVER.to_vec(),
                Kind::Sqlite => ON_FILE.to_vec(),
            };
            self.deck.shuffle(&mut self.chance);
        }
        self.deck.pop().unwrap_or(Card::Kill)
    }

    fn blow(&mut self) -> Blow {
        let node = self.chance.random_range(0..self.nodes);
        let what = match self.card() {
            Card::Kill => return Blow::Kill { node, down: self.leases(0, 60) },
            Card::Stop => return Blow::Stop { node },
            Card::Pause => return Blow::Pause { node, long: self.leases(50, 250) },
            Card::CutOne => Outage::Cut { node: Some(node), way: self.way() },
            Card::CutAll => Outage::Cut { node: None, way: self.way() },
            Card::Server => Outage::Server,
            Card::Lock => Outage::Lock,
            Card::Full => Outage::Full,
            Card::ServerFull => Outage::ServerFull,
            Card::Limit => Outage::Limit,
            Card::Clock => {
                let by = i64::try_from(self.leases(50, 500).as_millis()).unwrap_or(0);
                let off_by = if self.chance.random_bool(0.5) { by } else { -by };
                Outage::Clock { node, off_by }
            }
        };
        Blow::Outage { what, long: self.leases(50, 300) }
    }
}

impl Iterator for Plan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let quiet = match std::mem::take(&mut self.is_measured) {
            true => self.leases(250, 300),
            false => self.leases(20, 120),
        };
        let blow = self.blow();
        self.is_measured = matches!(blow, Blow::Kill { .. }) && self.chance.random_bool(0.5);
        Some(Step { quiet, blow })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_is_a_plan_and_every_kind_of_blow_is_in_a_deck() {
        let plan = |seed, kind| {
            let mut plan = Plan::new(seed, kind, 3, Duration::from_secs(2));
            let steps: Vec<_> = plan.by_ref().take(ON_FILE.len() + 1).collect();
            assert_eq!(plan.is_whole(), kind == Kind::Postgres);
            steps
        };
        let words = |seed, kind| {
            let steps = plan(seed, kind);
            let words: BTreeSet<_> = steps.iter().map(|step| step.blow.word()).collect();
            words.into_iter().collect::<Vec<_>>().join(", ")
        };
        assert_eq!(plan(7, Kind::Postgres), plan(7, Kind::Postgres));
        assert_ne!(plan(7, Kind::Postgres), plan(8, Kind::Postgres));
        for seed in 1..20 {
            let on_server = words(seed, Kind::Postgres);
            assert_eq!(
                on_server,
                "clock steps, cuts, database stops, full disks, kills, pauses, stops"
            );
            let on_file = words(seed, Kind::Sqlite);
            let expected = "clock steps, file limits, full disks, kills, locks, pauses, stops";
            assert_eq!(on_file, expected);
        }
    }
}
