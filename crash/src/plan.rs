//! What is done to a deployment, and when: drawn from a seed, and the same for the same seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::database::Kind;
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
    /// The way of one node to the database.
    CutOne { node: usize, way: Way, long: Duration },
    /// The way of all nodes to the database.
    CutAll { way: Way, long: Duration },
    /// Another process writes to the file and does not end.
    Lock { long: Duration },
    /// No file of this node may grow.
    Full { node: usize, long: Duration },
}

impl Blow {
    /// The word in tables.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Kill { .. } => "kills",
            Self::Stop { .. } => "stops",
            Self::Pause { .. } => "pauses",
            Self::CutOne { .. } | Self::CutAll { .. } => "cuts",
            Self::Lock { .. } => "locks",
            Self::Full { .. } => "full disks",
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

/// The steps of a seed, without end.
pub(crate) struct Plan {
    chance: StdRng,
    kind: Kind,
    nodes: usize,
    lease: Duration,
    /// What follows from the last blow is measured before the next.
    is_measured: bool,
}

impl Plan {
    pub(crate) fn new(seed: u64, kind: Kind, nodes: usize, lease: Duration) -> Self {
        let chance = StdRng::seed_from_u64(seed);
        Self { chance, kind, nodes, lease, is_measured: true }
    }

    /// Between so many hundredths of a lease.
    fn leases(&mut self, from: u32, to: u32) -> Duration {
        self.lease * self.chance.random_range(from..=to) / 100
    }

    fn way(&mut self) -> Way {
        if self.chance.random_bool(0.5) { Way::Refused } else { Way::Silent }
    }
}

impl Iterator for Plan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let quiet = match std::mem::take(&mut self.is_measured) {
            true => self.leases(250, 300),
            false => self.leases(20, 120),
        };
        let node = self.chance.random_range(0..self.nodes);
        let which = self.chance.random_range(0..12);
        let blow = match (which, self.kind) {
            (0..4, _) => Blow::Kill { node, down: self.leases(0, 60) },
            (4, _) => Blow::Stop { node },
            (5..8, _) => Blow::Pause { node, long: self.leases(50, 250) },
            (8..10, Kind::Postgres) => {
                let way = self.way();
                Blow::CutOne { node, way, long: self.leases(50, 300) }
            }
            (_, Kind::Postgres) => {
                let way = self.way();
                Blow::CutAll { way, long: self.leases(50, 300) }
            }
            (8..10, Kind::Sqlite) => Blow::Lock { long: self.leases(50, 400) },
            (_, Kind::Sqlite) => Blow::Full { node, long: self.leases(50, 300) },
        };
        self.is_measured = matches!(blow, Blow::Kill { .. }) && self.chance.random_bool(0.5);
        Some(Step { quiet, blow })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan_and_every_blow_is_drawn() {
        let plan = |seed, kind| {
            let steps = Plan::new(seed, kind, 3, Duration::from_secs(2)).take(200);
            steps.map(|step| format!("{step:?}")).collect::<Vec<_>>()
        };
        assert_eq!(plan(7, Kind::Postgres), plan(7, Kind::Postgres));
        assert_ne!(plan(7, Kind::Postgres), plan(8, Kind::Postgres));
        let all = [plan(7, Kind::Postgres), plan(7, Kind::Sqlite)].concat().join("\n");
        for blow in ["Kill", "Stop", "Pause", "CutOne", "CutAll", "Lock", "Full"] {
            assert!(all.contains(blow), "{blow}");
        }
    }
}
