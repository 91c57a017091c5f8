//! Who gets what: the one place that knows all the parts of an engine.

use std::sync::Arc;

use fiveone_connector::{Library, Portal};
use fiveone_store::Store;
use tokio_util::task::TaskTracker;

use crate::admit::{Admission, AdmissionParts, BatchWriter};
use crate::answer::Answers;
use crate::apps::Apps;
use crate::areas::Areas;
use crate::claim::Claimer;
use crate::drive::Driver;
use crate::health::Health;
use crate::node::Node;
use crate::notify::{Notifier, Places, Receiver};
use crate::open_tasks::OpenTasks;
use crate::portal_changes::PortalChanges;
use crate::seal::DeploymentKeys;
use crate::settle::Settler;
use crate::show::Reports;
use crate::signals::Signals;
use crate::slots::Slots;
use crate::sweep::Sweeper;
use crate::time::Time;
use crate::{Accounts, Fault, Options};

/// What more than one part needs.
pub(crate) struct Wiring {
    pub(crate) store: Store,
    pub(crate) keys: DeploymentKeys,
    pub(crate) library: Arc<Library>,
    pub(crate) time: Arc<dyn Time>,
    pub(crate) options: Options,
    pub(crate) node: Arc<Node>,
    pub(crate) accounts: Accounts,
    pub(crate) apps: Arc<Apps>,
    pub(crate) areas: Arc<Areas>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) open_tasks: Arc<OpenTasks>,
}

impl Wiring {
    /// Registers a node and makes what its parts share.
    ///
    /// # Errors
    /// The store failed, all node slots are taken, or the system gives no random bytes.
    pub(crate) async fn new(
        store: Store,
        keys: DeploymentKeys,
        library: Arc<Library>,
        time: Arc<dyn Time>,
        options: Options,
    ) -> Result<Self, Fault> {
        let now = time.now();
        let node = Node::register(&store.write, now, now - options.lease_for_ms).await?;
        let open = store.read.open_tasks().await?;
        let accounts = Accounts::new(store.clone(), keys.clone(), Arc::clone(&time));
        let areas = Areas::new(store.read.clone(), Arc::clone(&library), Arc::clone(&time));
        Ok(Self {
            node: Arc::new(node),
            apps: Arc::new(Apps::new(accounts.clone())),
            areas: Arc::new(areas),
            signals: Arc::new(Signals::default()),
            open_tasks: Arc::new(OpenTasks::new(open, options.open_tasks_max)),
            store,
            keys,
            library,
            time,
            options,
            accounts,
        })
    }

    pub(crate) fn admission(&self) -> Result<(Admission, BatchWriter), Fault> {
        let parts = AdmissionParts {
            keys: self.keys.clone(),
            areas: Arc::clone(&self.areas),
            node: Arc::clone(&self.node),
            open_tasks: Arc::clone(&self.open_tasks),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            task_for_ms: self.options.task_for_ms,
        };
        Admission::new(parts, self.store.write.clone())
    }

    pub(crate) fn settler(&self) -> Arc<Settler> {
        let health = Health::new(
            self.store.write.clone(),
            Arc::clone(&self.areas),
            Arc::clone(&self.time),
            self.options.unhealthy_after_failures,
            self.options.unhealthy_for_ms,
        );
        Arc::new(Settler {
            write: self.store.write.clone(),
            apps: Arc::clone(&self.apps),
            health,
            open_tasks: Arc::clone(&self.open_tasks),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            report_for_ms: self.options.report_for_ms,
        })
    }

    pub(crate) fn driver(&self, portal: Arc<dyn Portal>, settler: &Arc<Settler>) -> Arc<Driver> {
        Arc::new(Driver {
            store: self.store.clone(),
            library: Arc::clone(&self.library),
            portal,
            keys: self.keys.clone(),
            node: Arc::clone(&self.node),
            apps: Arc::clone(&self.apps),
            settler: Arc::clone(settler),
            signals: Arc::clone(&self.signals),
            portal_changes: PortalChanges::default(),
            time: Arc::clone(&self.time),
            patience_ms: self.options.patience_ms,
        })
    }

    pub(crate) fn claimer(&self, driver: Arc<Driver>, runs: TaskTracker) -> Arc<Claimer> {
        Arc::new(Claimer {
            store: self.store.clone(),
            library: Arc::clone(&self.library),
            node: Arc::clone(&self.node),
            slots: Slots::new(self.options.running_max),
            driver,
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            runs,
            lease_for_ms: self.options.lease_for_ms,
            tick_every_ms: self.options.tick_every_ms,
            portal_concurrency: self.options.portal_concurrency,
        })
    }

    pub(crate) fn sweeper(&self, settler: Arc<Settler>) -> Arc<Sweeper> {
        Arc::new(Sweeper {
            store: self.store.clone(),
            node: Arc::clone(&self.node),
            settler,
            open_tasks: Arc::clone(&self.open_tasks),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            lease_for_ms: self.options.lease_for_ms,
            tick_every_ms: self.options.tick_every_ms,
        })
    }

    pub(crate) fn notifier(&self) -> Result<Arc<Notifier>, Fault> {
        Ok(Arc::new(Notifier {
            store: self.store.clone(),
            accounts: self.accounts.clone(),
            receiver: Receiver::new(self.options.callbacks_to_private)?,
            places: Places::new(self.options.callbacks_per_app_max, self.options.callbacks_max),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            end: self.node.abandon.clone(),
            attempt_for_ms: self.options.callback_for_ms,
        }))
    }

    pub(crate) fn answers(&self) -> Answers {
        Answers {
            store: self.store.clone(),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
        }
    }

    pub(crate) fn reports(&self) -> Reports {
        Reports { read: self.store.read.clone(), keys: self.keys.clone() }
    }
}

/// A node over a store of its own, at [`NOW`], with an app `a` that has money; for the tests of the
/// single parts.
#[cfg(test)]
pub(crate) mod tests {
    use fiveone_model::app::App;
    use fiveone_model::product::Product;
    use fiveone_testkit::{TestStore, build};

    use super::*;
    use crate::time::Standing;

    pub(crate) use fiveone_testkit::build::NOW;

    /// The tokenId of app `a`.
    pub(crate) const TOKEN: &str = "TOKEN001";

    pub(crate) async fn wiring(store: &TestStore, options: Options) -> Wiring {
        drop(rustls::crypto::ring::default_provider().install_default());
        let keys = DeploymentKeys::parse(&DeploymentKeys::generate().unwrap()).unwrap();
        let library = Arc::new(Library::builtin().unwrap());
        let time = Arc::new(Standing(NOW));
        let wiring = Wiring::new((**store).clone(), keys, library, time, options).await.unwrap();
        for product in Product::ALL {
            wiring.accounts.set_tariff(None, product, build::tariff()).await.unwrap();
        }
        let app = App::new(build::app_id("a"), "").with_all_grants();
        assert!(wiring.accounts.create(app, TOKEN).await.unwrap());
        wiring.accounts.topup(&build::app_id("a"), 1_000, "").await.unwrap();
        wiring
    }

    /// Admits a task whose login fields are sealed to a node that is not there.
    pub(crate) async fn admit_for_another_node(wiring: &Wiring, number: u32) {
        let task = build::new_task("a", number);
        wiring.store.write.admit(&[task], NOW).await.unwrap();
    }
}
