//! The other nodes as this one sees them: who has been silent for longer than a lease.
//!
//! No two clocks are compared. A node's heartbeats are counted in its row; whoever looks notes when,
//! by a clock of its own that never steps, the count has last moved. Time in which it could not look
//! itself, because it or the database was away, counts for next to nothing: then the others may have
//! been kept from their heartbeats as well.

use std::collections::HashMap;

use fiveone_model::clock::Millis;
use fiveone_store::LivingNode;

/// What is known of the others.
pub(crate) struct Neighbours {
    /// This node.
    me: String,
    /// How long a node may be silent.
    lease_for_ms: Millis,
    /// The most silence that one look can add.
    stride_ms: Millis,
    looked_at: Option<Millis>,
    seen: HashMap<String, Seen>,
}

/// A node's heartbeats as last seen, and for how long they have not moved.
#[derive(Clone, Copy)]
struct Seen {
    beats: i64,
    silent_ms: Millis,
}

impl Neighbours {
    /// Nobody has been seen yet; looks are meant to come every `tick_every_ms`.
    pub(crate) fn new(me: &str, lease_for_ms: Millis, tick_every_ms: Millis) -> Self {
        let stride_ms = tick_every_ms.clamp(lease_for_ms / 4, lease_for_ms / 2);
        let (looked_at, seen) = Default::default();
        Self { me: me.to_owned(), lease_for_ms, stride_ms, looked_at, seen }
    }

    /// Looks at `at`; returns those that have been silent for a lease.
    pub(crate) fn look(&mut self, living: &[LivingNode], at: Millis) -> Vec<LivingNode> {
        let since = self.looked_at.map_or(0, |before| (at - before).clamp(0, self.stride_ms));
        self.looked_at = Some(at);
        let before = std::mem::take(&mut self.seen);
        for node in living.iter().filter(|node| node.id != self.me) {
            let silent_ms = match before.get(&node.id) {
                Some(seen) if seen.beats == node.beats => seen.silent_ms + since,
                _ => 0,
            };
            self.seen.insert(node.id.clone(), Seen { beats: node.beats, silent_ms });
        }
        let is_silent = |node: &&LivingNode| {
            self.seen.get(&node.id).is_some_and(|seen| seen.silent_ms >= self.lease_for_ms)
        };
        living.iter().filter(is_silent).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, beats: i64) -> LivingNode {
        let id = id.to_owned();
        let (slot, public_key, proof, twin_key_sealed) = Default::default();
        LivingNode { id, slot, beats, public_key, proof, twin_key_sealed }
    }

    fn neighbours() -> Neighbours {
        Neighbours::new("me", 10_000, 1_000)
    }

    /// Looks each second from `from` to `to`; who was silent at the last look.
    fn look_on(all: &mut Neighbours, beats: i64, from: Millis, to: Millis) -> usize {
        let mut silent = 0;
        for at in (from..=to).step_by(1_000) {
            silent = all.look(&[node("other", beats), node("me", 0)], at).len();
        }
        silent
    }

    #[test]
    fn a_node_is_dead_when_its_count_has_not_moved_for_a_lease() {
        let mut all = neighbours();
        assert_eq!(look_on(&mut all, 1, 0, 9_000), 0);
        assert_eq!(look_on(&mut all, 2, 10_000, 19_000), 0, "it moved at 10 s");
        assert_eq!(look_on(&mut all, 2, 20_000, 20_000), 1);
        assert_eq!(look_on(&mut all, 3, 21_000, 30_000), 0, "it lives after all");
    }

    #[test]
    fn who_could_not_look_takes_nobody_for_dead() {
        let mut all = neighbours();
        look_on(&mut all, 1, 0, 5_000);
        // The database was away for 15 s, for the other as well.
        assert_eq!(look_on(&mut all, 1, 20_000, 20_000), 0);
        assert_eq!(look_on(&mut all, 2, 21_000, 21_000), 0);
        // This one was paused for an hour.
        assert_eq!(look_on(&mut all, 2, 3_600_000, 3_600_000), 0);
        assert_eq!(look_on(&mut all, 2, 3_601_000, 3_609_000), 1, "dead all the same");
    }

    #[test]
    fn one_that_starts_anew_and_this_node_itself_are_never_dead() {
        let mut all = neighbours();
        for at in [0, 5_000, 10_000, 15_000, 20_000] {
            let fresh = node(&format!("other{at}"), 0);
            assert_eq!(all.look(&[fresh, node("me", 0)], at), []);
        }
    }
}
