//! The use-cases, one file each, named by verb. Every write of the house goes through here.
//!
//! admit → claim → drive (ask ⇄ answer) → settle → notify, and sweep for what is left over. The
//! engine knows connectors and the store; it knows nothing of HTTP or of the documents' envelope.

mod accounts;
mod admit;
mod answer;
mod area_switches;
mod areas;
mod claim;
mod drive;
mod fault;
mod health;
pub mod metric;
mod notify;
mod options;
pub mod seal;
mod settle;
mod show;
mod signals;
mod slots;
mod sweep;
mod time;
mod view;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use fiveone_connector::{Library, Portal};
use fiveone_model::app::AppId;
use fiveone_model::clock::Millis;
use fiveone_model::seq_num::SeqNums;
use fiveone_model::task::TaskId;
use fiveone_store::{NodeRow, Store};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use accounts::{Accounts, AppEntry};
pub use admit::{AdmitError, CreateRequest};
pub use answer::Answered;
pub use area_switches::AreaSwitches;
pub use fault::Fault;
pub use options::Options;
pub use time::{SystemTime, Time, Wait};
pub use view::{Shown, TaskView};

/// How long a looked-up app is believed (P-03 wants pauses to be seen soon).
const APP_FRESH_FOR: Duration = Duration::from_secs(1);
/// Apps kept looked up.
const APPS_MAX: u64 = 10_000;

/// The handle of the engine; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    library: Arc<Library>,
    portal: Arc<dyn Portal>,
    time: Arc<dyn Time>,
    accounts: Accounts,
    options: Options,
    node_id: String,
    node_key: seal::NodeKey,
    fingerprint_key: [u8; 32],
    seq_nums: SeqNums,
    apps: moka::sync::Cache<AppId, Arc<AppEntry>>,
    areas: areas::AreaLists,
    slots: slots::Slots,
    signals: signals::Signals,
    health: health::Health,
    receiver: notify::Receiver,
    admissions: mpsc::Sender<admit::Pending>,
    in_flight: admit::InFlight,
    open_tasks: AtomicI64,
    /// Runs under way.
    runs: TaskTracker,
    /// The loops.
    loops: TaskTracker,
    /// No more is admitted or claimed.
    stopping: CancellationToken,
    /// Runs end where they are.
    abandon: CancellationToken,
    /// Others took this node for dead.
    lost: CancellationToken,
}

/// What an engine is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The deployment's keys.
    pub keys: seal::DeploymentKeys,
    /// The connectors.
    pub library: Arc<Library>,
    /// The way to the portals.
    pub portal: Arc<dyn Portal>,
    /// The clock.
    pub time: Arc<dyn Time>,
    /// Limits and times.
    pub options: Options,
}

impl Engine {
    /// Starts a node: registers it with a key pair of its own and begins to claim, sweep and
    /// notify.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn start(parts: Parts) -> Result<Self, Fault> {
        let node_key = seal::NodeKey::generate();
        let node_id = format!("node_{}", hex::encode(seal::random::<8>()?));
        let now = parts.time.now();
        let row = NodeRow { id: node_id.clone(), public_key: node_key.public().to_vec() };
        let dead_before = now - parts.options.lease_for_ms;
        let slot = parts.store.write.register_node(&row, now, dead_before).await?;
        let seq_nums =
            SeqNums::of_slot(slot).ok_or_else(|| Fault::Impossible(format!("node slot {slot}")))?;
        let (admissions, pending) = mpsc::channel(admit::WAITING_MAX);
        let engine = Self(Arc::new(Inner {
            accounts: Accounts::new(parts.store.clone(), parts.keys, Arc::clone(&parts.time)),
            slots: slots::Slots::new(parts.options.running_max),
            receiver: notify::Receiver::new(parts.options.callbacks_to_private)?,
            fingerprint_key: seal::random()?,
            apps: moka::sync::Cache::builder()
                .max_capacity(APPS_MAX)
                .time_to_live(APP_FRESH_FOR)
                .build(),
            open_tasks: AtomicI64::new(parts.store.read.open_tasks().await?),
            store: parts.store,
            library: parts.library,
            portal: parts.portal,
            time: parts.time,
            options: parts.options,
            node_id,
            node_key,
            seq_nums,
            areas: areas::AreaLists::default(),
            signals: signals::Signals::default(),
            health: health::Health::default(),
            admissions,
            in_flight: admit::InFlight::default(),
            runs: TaskTracker::new(),
            loops: TaskTracker::new(),
            stopping: CancellationToken::new(),
            abandon: CancellationToken::new(),
            lost: CancellationToken::new(),
        }));
        tracing::info!(node = engine.0.node_id, slot, "node started");
        let loops = &engine.0.loops;
        loops.spawn(engine.clone().admission_loop(pending));
        loops.spawn(engine.clone().claim_loop());
        loops.spawn(engine.clone().tick_loop());
        loops.spawn(engine.clone().notify_loop());
        Ok(engine)
    }

    /// Stops the node: nothing more is admitted or claimed, running tasks get their time, then
    /// leases are given back. What was still logging in has failed with 50002 by then.
    pub async fn stop(&self) {
        self.0.stopping.cancel();
        self.0.runs.close();
        let patience = self.0.time.until(self.now() + self.0.options.shutdown_for_ms);
        tokio::select! {
            () = self.0.runs.wait() => {}
            () = patience => tracing::warn!(left = self.0.runs.len(), "runs are given back"),
        }
        self.0.abandon.cancel();
        self.0.runs.wait().await;
        if let Err(error) = self.0.store.write.stop_node(&self.0.node_id, self.now()).await {
            tracing::error!(error = &error as &dyn std::error::Error, "node not signed off");
        }
        tracing::info!(node = self.0.node_id, "node stopped");
    }

    /// Ends when others took this node for dead: its process should end and be started anew.
    pub async fn lost(&self) {
        self.0.lost.cancelled().await;
    }

    /// The present instant of the engine's clock.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.0.time.now()
    }

    /// A `seqNum` unique in the deployment (P-05).
    #[must_use]
    pub fn next_seq_num(&self) -> String {
        self.0.seq_nums.next(self.now())
    }

    /// Whether this node can serve: it lives, does not stop, and the store answers.
    pub async fn ready(&self) -> bool {
        let is_shutting_down = self.0.stopping.is_cancelled() || self.0.lost.is_cancelled();
        !is_shutting_down && self.0.store.read.ping().await.is_ok()
    }

    /// Sees every change of a task from now on: the value changes whenever one moved.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.signals.changes()
    }

    /// The connectors.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.0.library
    }

    /// Destroys what was read for a task that has ended; `false` when there is nothing to destroy.
    ///
    /// # Errors
    /// The store failed.
    pub async fn erase(&self, id: &TaskId) -> Result<bool, Fault> {
        Ok(self.0.store.write.erase(id, self.now()).await?)
    }
}
