//! A seed is one simulation and no other.

use fiveone_simulation::{Deployment, simulate};

#[test]
fn the_same_seed_gives_the_same_trace_and_another_gives_another() {
    let deployment = Deployment::new().expect("a deployment");
    let lines = |seed| simulate(&deployment, seed, true).expect("a simulation").lines;
    for seed in 1..=5 {
        let (first, second) = (lines(seed), lines(seed));
        let differs = first.iter().zip(&second).position(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}: {:?}", differs.map(|at| (&first[at], &second[at])));
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
    assert_ne!(lines(1), lines(2));
}

/// Seeds that have broken a law, with what was at fault.
#[test]
fn seeds_that_once_broke_a_law_break_none() {
    let deployment = Deployment::new().expect("a deployment");
    // A node that was declared dead while the store was away ended its runs as faults of ours.
    const SEEDS: &[u64] = &[355];
    for &seed in SEEDS {
        let broken = simulate(&deployment, seed, false).expect("a simulation").broken;
        assert_eq!(broken, None, "seed {seed}");
    }
}
