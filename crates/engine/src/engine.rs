//! The handle of a node: it makes the use-cases, starts their loops and hands calls on.

use std::sync::Arc;

use fiveone_connector::Library;
use fiveone_model::app::AppId;
use fiveone_model::area::{Area, AreaCode};
use fiveone_model::clock::Millis;
use fiveone_model::login::LoginMethod;
use fiveone_model::product::Product;
use fiveone_model::signature::NONCE_KEPT_FOR_MS;
use fiveone_model::task::TaskId;
use fiveone_store::Erase;
use tokio::sync::watch;

use crate::accounts::{Accounts, AppEntry};
use crate::admit::{Admission, AdmitError, CreateRequest};
use crate::answer::{Answered, Answers, Code};
use crate::api_keys::ApiKeys;
use crate::app_tasks::AppTasks;
use crate::fault::{Fault, causes};
use crate::link_pages::LinkPages;
use crate::notify::{HttpReceiver, Notifier, Receiver};
use crate::parts::Parts;
use crate::pulse::Pulse;
use crate::show::Reports;
use crate::sweep::Sweeper;
use crate::time::Wait;
use crate::view::Shown;
use crate::wiring::Wiring;

/// How often somebody who waits looks all the same.
const LOOK_EVERY_MS: Millis = 1_000;
/// How long the store may take to answer before the node is not ready.
const ANSWER_FOR_MS: Millis = 2_000;

/// The handle of the engine; cheap to clone.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

/// What an engine is made of.
pub(crate) struct Inner {
    pub(crate) wiring: Wiring,
    pub(crate) admission: Arc<Admission>,
    pub(crate) answers: Answers,
    pub(crate) reports: Reports,
    pub(crate) link_pages: LinkPages,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) sweeper: Arc<Sweeper>,
    pub(crate) own: Arc<AppTasks>,
}

impl Engine {
    /// Starts a node: registers it with a key pair of its own and begins to claim, sweep and
    /// notify.
    ///
    /// # Errors
    /// The store failed, all node slots are taken, or the system gives no random bytes.
    pub async fn start(parts: Parts) -> Result<Self, Fault> {
        let receiver = Arc::new(HttpReceiver::new(parts.options.callbacks_to_private)?);
        Self::start_with(parts, receiver).await
    }

    /// The same with another way to apps' receivers.
    ///
    /// # Errors
    /// Those of [`Engine::start`].
    pub async fn start_with(parts: Parts, receiver: Arc<dyn Receiver>) -> Result<Self, Fault> {
        let Parts { store, keys, library, portal, time, options } = parts;
        let wiring = Wiring::new(store, keys, library, time, options).await?;
        let (admission, batch_writer) = wiring.admission()?;
        let admission = Arc::new(admission);
        let settler = wiring.settler();
        let driver = wiring.driver(portal, &settler);
        let claimer = wiring.claimer(driver, &settler);
        let pulse = wiring.pulse(Arc::clone(&settler));
        let own = Arc::new(wiring.app_tasks(&settler));
        let sweeper = wiring.sweeper(settler);
        let notifier = wiring.notifier(receiver);
        // Loops end by the node's tokens; only the runs must be waited for when the node stops.
        tokio::spawn(batch_writer.run());
        tokio::spawn(claimer.run());
        if let Some(wakeups) = wiring.store.read.wakeups().await? {
            let (signals, node) = (Arc::clone(&wiring.signals), Arc::clone(&wiring.node));
            tokio::spawn(signals.listen(wakeups, node, Arc::clone(&wiring.time)));
        }
        // What stands there now has been seen once.
        pulse.beat().await?;
        tokio::spawn(Arc::clone(&pulse).run());
        tokio::spawn(Arc::clone(&sweeper).run());
        tokio::spawn(Arc::clone(&notifier).run());
        let (answers, reports) = (wiring.answers(), wiring.reports());
        let link_pages = wiring.link_pages(Arc::clone(&admission), Arc::clone(&own));
        let inner = Inner {
            wiring,
            admission,
            answers,
            reports,
            link_pages,
            notifier,
            pulse,
            sweeper,
            own,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Stops the node: nothing more is admitted or claimed, running tasks get their time, then
    /// leases are given back. What still needed its login fields, which go with the node, has
    /// failed with 50002 by then. One that was declared dead ends at once: its leases are others' by now,
    /// and so is what it could still do.
    pub async fn stop(&self) {
        let Wiring { node, time, options, runs, .. } = &self.0.wiring;
        node.stopping.cancel();
        if node.lost.is_cancelled() {
            node.abandon.cancel();
            runs.ended().await;
            return;
        }
        let patience = time.until(time.now() + options.shutdown_for_ms);
        tokio::select! {
            biased;
            () = runs.ended() => {}
            () = patience => tracing::warn!(left = runs.len(), "runs are given back"),
        }
        node.abandon.cancel();
        runs.ended().await;
        match self.sign_off().await {
            Ok(failed) => tracing::info!(node = node.id, failed, "node stopped"),
            Err(fault) => {
                tracing::error!(error = causes(&fault), "node not signed off");
            }
        }
    }

    /// Gives back the leases, and ends what nobody can go on with.
    async fn sign_off(&self) -> Result<usize, Fault> {
        let Wiring { store, node, time, .. } = &self.0.wiring;
        store.write.stop_node(&node.id, time.now()).await?;
        let mut failed = 0;
        loop {
            match self.0.sweeper.fail_lost().await? {
                0 => return Ok(failed),
                some => failed += some,
            }
        }
    }

    /// Ends when the other nodes declared this one dead: its process should be restarted.
    pub async fn lost(&self) {
        self.0.wiring.node.lost.cancelled().await;
    }

    /// The present instant of the engine's clock.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.0.wiring.time.now()
    }

    /// The clock that never steps, for how long something lasts.
    #[must_use]
    pub fn steady(&self) -> Millis {
        self.0.wiring.time.steady()
    }

    /// A `seqNum` unique in the deployment (P-05).
    #[must_use]
    pub fn next_seq_num(&self) -> String {
        self.0.wiring.node.seq_nums.next(self.now())
    }

    /// Whether this node can serve: it lives, does not stop, and the store answers and takes what is
    /// written.
    pub async fn ready(&self) -> bool {
        let Wiring { node, store, time, options, .. } = &self.0.wiring;
        if node.is_shutting_down() || !node.heart.beats(time.steady(), options.lease_for_ms) {
            return false;
        }
        tokio::select! {
            biased;
            ping = store.read.ping() => ping.is_ok(),
            () = time.until(time.now() + ANSWER_FOR_MS) => false,
        }
    }

    /// Sees every change of a task from now on: the value changes whenever one moved.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.wiring.signals.changes()
    }

    /// The connectors.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.0.wiring.library
    }

    /// The accounts, for changes; this node sees them at once after [`Engine::forget_apps`].
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.0.wiring.accounts
    }

    /// Forgets what was looked up, so that changes are seen at once.
    pub fn forget_apps(&self) {
        self.0.wiring.apps.forget();
        self.0.wiring.api_keys.forget();
        self.0.wiring.areas.forget();
    }

    /// The app of an id; `None` when unknown or not configured (P-03). What an operator changes
    /// elsewhere is seen within a second.
    ///
    /// # Errors
    /// The store could not be asked, or the token cannot be opened.
    pub async fn app(&self, id: &AppId) -> Result<Option<Arc<AppEntry>>, Fault> {
        self.0.wiring.apps.find(id).await
    }

    /// The bearer keys of apps.
    #[must_use]
    pub fn api_keys(&self) -> &ApiKeys {
        &self.0.wiring.api_keys
    }

    /// Uses up the nonce of an app's signature; `false` when it was used before, on whichever node
    /// (P-14).
    ///
    /// # Errors
    /// The store failed.
    pub async fn use_nonce(&self, app: &AppId, nonce: &str) -> Result<bool, Fault> {
        let now = self.now();
        let wipe_after = now + NONCE_KEPT_FOR_MS;
        Ok(self.0.wiring.store.write.use_nonce(app, nonce, wipe_after, now).await?)
    }

    /// All areas of a product with their present state.
    ///
    /// # Errors
    /// The store could not be asked.
    pub async fn areas(&self, product: Product) -> Result<Arc<Vec<Area>>, Fault> {
        self.0.wiring.areas.all(product).await
    }

    /// The login methods of an area; `None` when it has no connector.
    #[must_use]
    pub fn logins(&self, product: Product, area: &AreaCode) -> Option<&[LoginMethod]> {
        self.0.wiring.areas.logins(product, area)
    }

    /// Admits a create (P-30…P-33).
    ///
    /// # Errors
    /// See [`AdmitError`]; nothing is held or queued then.
    pub async fn admit(
        &self,
        entry: &AppEntry,
        request: CreateRequest,
    ) -> Result<TaskId, AdmitError> {
        self.0.admission.admit(entry, request).await
    }

    /// Takes a code for the question that is open on a task (P-50).
    ///
    /// # Errors
    /// The store could not be asked, or the code could not be sealed.
    pub async fn answer(
        &self,
        entry: &AppEntry,
        product: Product,
        tid: &str,
        code: Code<'_>,
    ) -> Result<Answered, Fault> {
        self.0.answers.take(entry, product, tid, code).await
    }

    /// What a poll of an app shows (P-41…P-44).
    ///
    /// # Errors
    /// The store could not be asked, or a row cannot be decoded.
    pub async fn show(
        &self,
        entry: &AppEntry,
        product: Product,
        tid: &str,
    ) -> Result<Shown, Fault> {
        self.0.reports.show(entry, product, tid).await
    }

    /// Destroys what was read for a task that has ended; `false` when there is nothing to destroy.
    ///
    /// # Errors
    /// The store failed.
    pub async fn erase(&self, id: &TaskId) -> Result<bool, Fault> {
        let what = Erase::Task(id.clone());
        Ok(self.0.wiring.store.write.erase(&what, self.now(), 1).await?.tasks == 1)
    }

    /// Ends after a moment: for whoever waits for what no signal tells.
    pub fn in_a_while(&self) -> Wait {
        self.0.wiring.time.until(self.now() + LOOK_EVERY_MS)
    }

    /// One heartbeat and one sweep, beside those of the node's own loop.
    ///
    /// # Errors
    /// The store failed; when the other nodes declared this one dead it is lost: see
    /// [`Engine::lost`].
    pub async fn tick(&self) -> Result<(), Fault> {
        self.0.pulse.beat().await?;
        self.0.sweeper.tick().await.map(drop)
    }

    /// Sends every callback that is due, beside the node's own loop; returns when the next one is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn send_due_callbacks(&self) -> Result<Option<Millis>, Fault> {
        self.0.notifier.send_due().await
    }
}
