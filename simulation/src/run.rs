//! One simulation: events, nodes taking turns as chance has it, and time that moves on when nobody
//! has anything left to do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fiveone_engine::Parts;
use fiveone_model::clock::Millis;
use fiveone_store::{Leftovers, Store};

use crate::chance::{Chance, Trace};
use crate::clock::{NodeClock, World};
use crate::deployment::{Deployment, START};
use crate::link::{Cut, Link};
use crate::node::{Node, options};
use crate::people::People;
use crate::plan::{Agenda, Event, LEASE_MS, QUIET_AT_MS, TASK_FOR_MS, draw};
use crate::portal::Script;
use crate::post::Post;

/// Turns without anything done after which nobody has anything left to do.
const IDLE_TURNS: usize = 12;
/// How long people wait between two looks.
const POLL_EVERY_MS: Millis = 1_900;
/// How often it is looked whether all is over.
const CHECK_EVERY_MS: Millis = 2_500;
/// When everything must have ended: the longest task, and the leases of whoever sees to it.
const OVER_AT_MS: Millis = QUIET_AT_MS + TASK_FOR_MS + 6 * LEASE_MS;
/// How long callbacks may take after that: an attempt whose sender died is made again.
const CALLED_BACK_WITHIN_MS: Millis = 60_000;

/// What came of a simulation.
pub struct Outcome {
    /// The same for the same seed.
    pub digest: u64,
    /// What happened, when it was kept.
    pub lines: Vec<String>,
    /// What was counted.
    pub counts: BTreeMap<String, u64>,
    /// The first law that was broken.
    pub broken: Option<String>,
}

/// A simulation under way.
pub(crate) struct Run<'a> {
    pub(crate) deployment: &'a Deployment,
    pub(crate) store: Store,
    pub(crate) world: World,
    chance: Chance,
    trace: Trace,
    agenda: Agenda,
    pub(crate) nodes: Vec<Option<Node>>,
    cuts: Vec<Cut>,
    failing: u32,
    next_number: u64,
    pub(crate) script: Script,
    pub(crate) people: People,
    pub(crate) post: Post,
    counts: BTreeMap<String, u64>,
}

/// Simulates a seed.
///
/// # Errors
/// The simulation itself failed; a broken law is an outcome.
pub fn simulate(deployment: &Deployment, seed: u64, keeps_lines: bool) -> anyhow::Result<Outcome> {
    let (store, _file) = deployment.new_store()?;
    let (chance, world, trace) = (Chance::new(seed), World::default(), Trace::new(keeps_lines));
    let (agenda, nodes, tasks) = draw(&chance);
    let script = Script::new(world.clone(), chance.clone(), trace.clone(), LEASE_MS);
    let mut run = Run {
        deployment,
        store,
        agenda,
        nodes: (0..nodes).map(|_| None).collect(),
        cuts: vec![Cut::Open; nodes],
        failing: 0,
        next_number: 0,
        script,
        people: People::new(deployment.app.clone(), tasks, chance.clone(), trace.clone()),
        post: Post::new(world.clone(), chance.clone(), trace.clone()),
        counts: BTreeMap::new(),
        world,
        chance,
        trace,
    };
    let broken = run.play()?;
    run.count("seeds", 1);
    let digest = run.trace.digest();
    Ok(Outcome { digest, lines: run.trace.lines(), counts: run.counts, broken })
}

impl Run<'_> {
    pub(crate) fn count(&mut self, word: &str, more: u64) {
        *self.counts.entry(word.to_owned()).or_default() += more;
    }

    /// Plays to the end; the law that was broken first.
    fn play(&mut self) -> anyhow::Result<Option<String>> {
        let mut checked_at = QUIET_AT_MS;
        loop {
            self.settle()?;
            if let Some(broken) = self.people.broken().or_else(|| self.script.outcome().1) {
                return Ok(Some(broken));
            }
            let now = self.world.now();
            if now >= checked_at {
                checked_at = now + CHECK_EVERY_MS;
                if self.is_over()? {
                    return self.judge();
                }
                if now >= OVER_AT_MS + CALLED_BACK_WITHIN_MS {
                    let waiting = self.pending()?;
                    let what = format!("every callback arrives at least once: {waiting:?} wait");
                    return Ok(Some(what));
                }
                let left = Leftovers { callbacks: 0, ..self.leftovers()? };
                if now >= OVER_AT_MS && left != Leftovers::default() {
                    return Ok(Some(format!("every accepted task ends: {left:?} at {now}")));
                }
            }
            self.move_on();
        }
    }

    /// Moves time to the next thing that is to happen.
    fn move_on(&mut self) {
        let now = self.world.now();
        let went_on = self.nodes.iter().flatten().map(|node| node.paused_until);
        let went_on = went_on.filter(|until| *until > now).min();
        let times = [self.agenda.next(), self.world.next().filter(|at| *at > now), went_on];
        let next = times.into_iter().flatten().min().unwrap_or(now + 1_000);
        self.world.advance(next.clamp(now, now + 1_000));
    }

    /// Does what is due, and runs the nodes until nobody has anything left to do.
    fn settle(&mut self) -> anyhow::Result<()> {
        while let Some(event) = self.agenda.take(self.world.now()) {
            self.happen(event)?;
            self.run_nodes();
        }
        self.run_nodes();
        Ok(())
    }

    fn run_nodes(&mut self) {
        let mut idle = vec![0; self.nodes.len()];
        loop {
            let now = self.world.now();
            let may_run = |place: &usize| {
                let node = self.nodes[*place].as_ref();
                idle[*place] < IDLE_TURNS && node.is_some_and(|node| node.paused_until <= now)
            };
            let awake: Vec<usize> = (0..self.nodes.len()).filter(may_run).collect();
            if awake.is_empty() {
                return;
            }
            let place = awake[self.chance.place(awake.len())];
            let Some(node) = &self.nodes[place] else { return };
            let before = self.world.activity();
            let turns = 1 + self.chance.place(4);
            node.run(turns);
            if self.world.activity() == before {
                idle[place] += turns;
            } else {
                idle.fill(0);
            }
            if node.is_over() {
                self.bury(place);
            }
        }
    }

    /// A node is gone; another begins in its place.
    fn bury(&mut self, place: usize) {
        if let Some(node) = self.nodes[place].take() {
            let number = node.number;
            self.trace.add(|| format!("node {number} is gone"));
            *self.counts.entry("faults".to_owned()).or_default() += node.link.failed();
        }
        let at = self.world.now() + self.chance.between(10, 2 * LEASE_MS);
        self.agenda.put(at, Event::Start { node: place });
    }

    fn happen(&mut self, event: Event) -> anyhow::Result<()> {
        let now = self.world.now();
        self.trace.add(|| format!("{now} {event:?}"));
        if let Some(word) = event.word() {
            self.count(word, 1);
        }
        match event {
            Event::Start { node } if self.nodes[node].is_none() => {
                let began = self.start(node)?;
                self.nodes[node] = Some(began);
            }
            Event::Create { task, node } => {
                self.agenda.put(now + POLL_EVERY_MS, Event::Poll { task });
                if let Some((node, engine)) = self.engine_of(node) {
                    node.spawn(self.people.clone().create(engine, task));
                }
            }
            Event::Poll { task } => self.poll(task),
            Event::Cut { nodes, cut } => {
                for place in nodes {
                    self.cuts[place] = cut;
                    if let Some(node) = &self.nodes[place] {
                        node.link.set(cut);
                    }
                }
            }
            Event::Storm { in_thousand } => {
                self.failing = in_thousand;
                self.nodes.iter().flatten().for_each(|node| node.link.fail(in_thousand));
            }
            Event::Doom { node }
            | Event::Stop { node }
            | Event::Pause { node, .. }
            | Event::Step { node, .. }
            | Event::Start { node } => self.strike(node, &event),
        }
        Ok(())
    }

    fn strike(&mut self, place: usize, event: &Event) {
        let now = self.world.now();
        let Some(node) = &mut self.nodes[place] else { return };
        match *event {
            Event::Doom { .. } => node.link.doom(),
            Event::Stop { .. } => node.stop(),
            Event::Pause { long, .. } => {
                node.paused_until = now + long;
                *node.went_on_at.lock().unwrap_or_else(PoisonError::into_inner) = now + long;
            }
            Event::Step { by, .. } => node.clock.step(by),
            _ => {}
        }
    }

    fn start(&mut self, place: usize) -> anyhow::Result<Node> {
        self.next_number += 1;
        let number = self.next_number;
        let (world, chance, trace) = (self.world.clone(), self.chance.clone(), self.trace.clone());
        let link = Link::new(number, world.clone(), chance.clone(), trace);
        link.set(self.cuts[place]);
        link.fail(self.failing);
        // Clocks of machines differ.
        let clock = NodeClock::new(world, START + chance.between(-2_000, 2_000));
        let went_on_at = Arc::new(Mutex::new(Millis::MIN));
        let drivers = self.deployment.drivers();
        let parts = Parts {
            store: self.store.with_faults(Arc::new(link.clone()), drivers),
            keys: self.deployment.keys.clone(),
            library: Arc::clone(&self.deployment.library),
            portal: self.script.for_node(number, Arc::clone(&went_on_at)),
            time: Arc::new(clock.clone()),
            options: options(LEASE_MS, TASK_FOR_MS),
        };
        Node::start(parts, clock, link, went_on_at, self.post.clone())
    }

    fn engine_of(&self, place: usize) -> Option<(&Node, fiveone_engine::Engine)> {
        let node = self.nodes[place].as_ref()?;
        Some((node, node.engine()?))
    }

    fn poll(&mut self, task: usize) {
        let story = self.people.stories().swap_remove(task);
        if story.tid.is_none() || story.polls_after >= 2 {
            // Who was not accepted, or has seen the end twice, goes away.
            return;
        }
        let at = self.world.now() + POLL_EVERY_MS;
        self.agenda.put(at, Event::Poll { task });
        let place = self.chance.place(self.nodes.len());
        if let Some((node, engine)) = self.engine_of(place) {
            node.spawn(self.people.clone().poll(engine, task));
        }
    }

    fn leftovers(&self) -> anyhow::Result<Leftovers> {
        Ok(self.deployment.drivers().block_on(self.store.read.leftovers())?)
    }

    /// Whether nothing is under way and no callback waits.
    fn is_over(&self) -> anyhow::Result<bool> {
        if self.leftovers()? != Leftovers::default() {
            return Ok(false);
        }
        Ok(self.pending()?.is_empty())
    }

    /// The callbacks that wait: their codes, how often they were tried, and when they are due.
    fn pending(&self) -> anyhow::Result<Vec<String>> {
        const PENDING: &str = "select code, attempts, next_at, coalesce(taken_at, 0) from callback
            where state = 'pending'";
        Ok(self.deployment.drivers().block_on(self.store.read.dump(PENDING))?)
    }
}
