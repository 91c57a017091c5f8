//! Any holds, captures, releases, expiries and top-ups at the same time, drawn from a seed: no wallet is
//! ever overdrawn, nothing is made or lost, and what the books say is what was answered.
//!
//! A seed that fails is printed; `SEEDS` with it alone replays its draws, the interleaving aside.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::ledger::Balance;
use fiveone_model::report::Section;
use fiveone_model::tariff::{PartialRule, Tariff};
use fiveone_model::task::{Stage, StageName, TaskId};
use fiveone_store::{Admitted, Error, NewTask, Resolved, Settlement, Store};
use fiveone_testkit::build::{self, NOW};
use fiveone_testkit::{TestStore, on_both};
use tokio::task::JoinSet;

use crate::{anshan, register, set_up, store_section};

on_both!(whatever_happens_at_once_no_wallet_is_overdrawn_and_all_balance);

/// Where draws begin; each is a deployment's life of its own.
const SEEDS: std::ops::Range<u64> = 1..7;
const APPS: [&str; 3] = ["a", "b", "c"];
const WORKERS: u64 = 6;
const STEPS: usize = 40;

/// A generator whose draws only depend on its seed (SplitMix64).
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % limit
    }

    fn amount(&mut self, limit: u64) -> i64 {
        i64::try_from(self.below(limit)).unwrap()
    }
}

/// What the answers of the store add up to, for each app.
#[derive(Default)]
struct Answers {
    paid_in: AtomicI64,
    held: AtomicI64,
    released: AtomicI64,
    captured: AtomicI64,
}

impl Answers {
    fn balance(&self) -> Balance {
        let [paid_in, held, released, captured] =
            [&self.paid_in, &self.held, &self.released, &self.captured]
                .map(|sum| sum.load(Ordering::Relaxed));
        Balance {
            funding_fen: paid_in,
            free_fen: paid_in - held + released,
            held_fen: held - released - captured,
            revenue_fen: captured,
        }
    }
}

/// A task under way, its app and its price.
type Open = (TaskId, &'static str, i64);

struct World {
    store: Store,
    numbers: AtomicU32,
    answers: BTreeMap<&'static str, Answers>,
}

async fn whatever_happens_at_once_no_wallet_is_overdrawn_and_all_balance(store: TestStore) {
    set_up(&store).await;
    for app in ["b", "c"] {
        assert!(store.write.create_app(&build::new_app(app)).await.unwrap());
    }
    let answers: BTreeMap<_, _> = APPS.map(|app| (app, Answers::default())).into();
    answers["a"].paid_in.store(1_000, Ordering::Relaxed);
    for worker in 0..WORKERS {
        register(&store, &node(worker)).await;
    }
    let (store, numbers) = ((*store).clone(), AtomicU32::new(1));
    let world = Arc::new(World { store, numbers, answers });
    for seed in SEEDS {
        let mut workers = JoinSet::new();
        for worker in 0..WORKERS {
            let world = Arc::clone(&world);
            workers.spawn(async move { world.work(worker, Draws(seed * WORKERS + worker)).await });
        }
        let looking = tokio::spawn({
            let world = Arc::clone(&world);
            async move { world.verify(seed, "meanwhile").await }
        });
        workers.join_all().await;
        looking.await.unwrap();
        world.verify(seed, "at the end").await;
        for app in APPS {
            let books = world.store.read.balance(&build::app_id(app)).await.unwrap();
            assert_eq!(books, Some(world.answers[app].balance()), "seed {seed}, app {app}");
        }
    }
    let kinds =
        world.store.read.dump("select distinct kind from entry order by kind").await.unwrap();
    assert_eq!(kinds, ["capture", "hold", "release", "topup"], "all of it has happened");
}

impl World {
    async fn verify(&self, seed: u64, when: &str) {
        let report = self.store.read.verify_ledger(&[]).await.unwrap();
        assert_eq!(report.findings, [], "seed {seed}, {when}");
        for row in self.store.read.dump("select free_fen, held_fen from wallet").await.unwrap() {
            assert!(!row.contains('-'), "seed {seed}, {when}: overdrawn: {row}");
        }
    }

    async fn work(&self, worker: u64, mut draws: Draws) {
        let mut open: Vec<Open> = Vec::new();
        for _ in 0..STEPS {
            let app = APPS[usize::try_from(draws.below(3)).unwrap()];
            match draws.below(10) {
                0 => self.topup(app, 1 + draws.amount(900)).await,
                1..5 => open.extend(self.admit(worker, app, draws.amount(400)).await),
                _ if open.is_empty() => {}
                // To be paid it must have been read; to fail it may be anywhere.
                how @ ..7 => {
                    let (task, fence) = self.crawl(worker).await;
                    let at = open.iter().position(|(id, ..)| *id == task).expect("its own task");
                    let (_, app, price) = open.swap_remove(at);
                    self.end((&task, fence), app, price, how).await;
                }
                how => {
                    let at = usize::try_from(draws.below(open.len() as u64)).unwrap();
                    let (task, app, price) = open.swap_remove(at);
                    self.end((&task, 0), app, price, how).await;
                }
            }
        }
        for (task, app, price) in open {
            self.expire(&task, app, price).await;
        }
    }

    async fn topup(&self, app: &str, amount: i64) {
        let id = build::app_id(app);
        self.store.write.topup(&id, amount, "", NOW).await.unwrap();
        self.answers[app].paid_in.fetch_add(amount, Ordering::Relaxed);
    }

    /// A task that was admitted; none when its wallet has not enough.
    async fn admit(&self, worker: u64, app: &'static str, price_fen: i64) -> Option<Open> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let tariff = Tariff { price_fen, partial: PartialRule::Always };
        let new = NewTask { tariff, node_id: node(worker), ..build::new_task(app, number) };
        let id = new.id.clone();
        match self.store.write.admit(&[new], NOW).await.unwrap()[..] {
            [Admitted::New] => {
                self.answers[app].held.fetch_add(price_fen, Ordering::Relaxed);
                Some((id, app, price_fen))
            }
            [Admitted::NoBalance] => None,
            ref other => panic!("{other:?}"),
        }
    }

    /// Ends a task as two who do not know of each other would: one of them does it.
    async fn end(&self, (task, fence): (&TaskId, i64), app: &str, price: i64, how: u64) {
        let stage = match how {
            5 => Stage::Done { missing: vec![] },
            // Paid by its rule, since a section came.
            6 => Stage::Done { missing: vec![Section::Loans] },
            _ => Stage::Failed(Failure::of(FailureKind::LoginFailed)),
        };
        let ends = [settlement(task, fence, stage.clone()), settlement(task, fence, stage)];
        let [one, other] = ends.map(|end| {
            let write = self.store.write.clone();
            tokio::spawn(async move { write.settle(&end).await })
        });
        let mut done = Vec::new();
        for outcome in [one.await.unwrap(), other.await.unwrap()] {
            match outcome {
                Ok(resolved) => done.push(resolved),
                Err(Error::Stale { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        let expected = if how < 7 { Resolved::Captured } else { Resolved::Released };
        assert_eq!(done, [expected], "exactly once");
        self.count(app, price, expected);
    }

    /// The sweeper's way: a hold that is overdue.
    async fn expire(&self, task: &TaskId, app: &str, price: i64) {
        let overdue = self.store.read.overdue_holds(i64::MAX, 10_000).await.unwrap();
        assert!(overdue.iter().any(|(id, _)| id == task));
        let stage = Stage::Failed(Failure::of(FailureKind::DeadlinePassed));
        let resolved = self.store.write.settle(&settlement(task, 0, stage)).await.unwrap();
        self.count(app, price, resolved);
    }

    fn count(&self, app: &str, price: i64, resolved: Resolved) {
        let answers = &self.answers[app];
        let sum = match resolved {
            Resolved::Captured => &answers.captured,
            Resolved::Released => &answers.released,
        };
        sum.fetch_add(price, Ordering::Relaxed);
    }

    /// Takes a queued task of a worker and reads a section of it; the task and its fence.
    async fn crawl(&self, worker: u64) -> (TaskId, i64) {
        let (product, area) = anshan();
        let portal = (product, &area);
        let write = &self.store.write;
        let claimed = write.claim_queued(&node(worker), portal, 100_000, 1, NOW).await.unwrap();
        let claimed = claimed.rows.into_iter().next().expect("a queued task");
        let (id, fence) = (claimed.task.id.clone(), claimed.task.fence);
        for step in [
            (StageName::LoggingIn, StageName::LoggedIn),
            (StageName::LoggedIn, StageName::Crawling),
        ] {
            write.move_stage(&id, fence, step, Some(b"session"), NOW).await.unwrap();
        }
        store_section(&self.store, &claimed, Section::Base).await;
        let step = (StageName::Crawling, StageName::Storing);
        write.move_stage(&id, fence, step, None, NOW).await.unwrap();
        (id, fence)
    }
}

fn settlement(task: &TaskId, fence: i64, stage: Stage) -> Settlement {
    let (task, now) = (task.clone(), NOW);
    Settlement { task, fence, stage, now, wipe_after: NOW, callback: None }
}

fn node(worker: u64) -> String {
    format!("worker {worker}")
}
