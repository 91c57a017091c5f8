//! Who gets what: the one place that knows all the parts of an engine.

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex};

use fiveone_connector::{Library, Portal};
use fiveone_store::Store;

use crate::admit::{Admission, AdmissionLimits, AdmissionParts, BatchWriter};
use crate::answer::Answers;
use crate::app_tasks::AppTasks;
use crate::apps::Apps;
use crate::areas::Areas;
use crate::claim::Claimer;
use crate::drive::Driver;
use crate::health::Health;
use crate::link_ends::LinkEnds;
use crate::link_pages::LinkPages;
use crate::neighbours::Neighbours;
use crate::node::Node;
use crate::notify::{Notifier, Places, Receiver};
use crate::open_tasks::OpenTasks;
use crate::operators::{Operators, SessionLimits};
use crate::persist::Persistence;
use crate::persons::Persons;
use crate::portal_changes::PortalChanges;
use crate::pulse::{Pulse, Strays};
use crate::runs::Runs;
use crate::seal::DeploymentKeys;
use crate::settle::{EndWriter, Settler};
use crate::show::Reports;
use crate::signals::Signals;
use crate::slots::Slots;
use crate::sweep::Sweeper;
use crate::time::Time;
use crate::twins::TwinKeys;
use crate::{Accounts, ApiKeys, Eraser, Fault, Options};

/// What more than one part needs.
pub(crate) struct Wiring {
    pub(crate) store: Store,
    pub(crate) keys: DeploymentKeys,
    pub(crate) persons: Persons,
    pub(crate) library: Arc<Library>,
    pub(crate) time: Arc<dyn Time>,
    pub(crate) options: Options,
    pub(crate) node: Arc<Node>,
    pub(crate) accounts: Accounts,
    pub(crate) apps: Arc<Apps>,
    pub(crate) api_keys: ApiKeys,
    pub(crate) operators: Operators,
    pub(crate) areas: Arc<Areas>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) open_tasks: Arc<OpenTasks>,
    pub(crate) runs: Arc<Runs>,
}

impl Wiring {
    /// Registers a node and makes what its parts share.
    ///
    /// # Errors
    /// The store failed, the books do not open, all node slots are taken, or the system gives no
    /// random bytes.
    pub(crate) async fn new(
        store: Store,
        keys: DeploymentKeys,
        library: Arc<Library>,
        time: Arc<dyn Time>,
        options: Options,
    ) -> Result<Self, Fault> {
        let accounts = Accounts::new(store.clone(), keys.clone(), Arc::clone(&time));
        // Before anything is written: with the wrong deployment key nothing may be.
        accounts.ledger().open().await?;
        let persons = Persons::open(&store, &keys, time.now()).await?;
        let node = Node::register(&store, &keys, &*time, options.lease_for_ms).await?;
        let open = store.read.open_tasks().await?;
        let sessions = SessionLimits {
            idle_for_ms: options.operator_idle_for_ms,
            last_for_ms: options.operator_session_for_ms,
        };
        let operators = Operators::new(store.clone(), keys.clone(), Arc::clone(&time), sessions);
        let areas = Areas::new(store.read.clone(), Arc::clone(&library), Arc::clone(&time));
        Ok(Self {
            node: Arc::new(node),
            apps: Arc::new(Apps::new(accounts.clone(), Arc::clone(&time))),
            api_keys: accounts.api_keys(),
            operators,
            areas: Arc::new(areas),
            signals: Arc::new(Signals::default()),
            runs: Arc::default(),
            open_tasks: Arc::new(OpenTasks::new(open, options.open_tasks_max)),
            store,
            keys,
            persons,
            library,
            time,
            options,
            accounts,
        })
    }

    pub(crate) fn admission(&self) -> Result<(Admission, BatchWriter), Fault> {
        let parts = AdmissionParts {
            keys: self.keys.clone(),
            persons: self.persons.clone(),
            areas: Arc::clone(&self.areas),
            node: Arc::clone(&self.node),
            open_tasks: Arc::clone(&self.open_tasks),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            limits: AdmissionLimits {
                task_for_ms: self.options.task_for_ms,
                wrong_logins_max: self.options.wrong_logins_max,
                wrong_logins_for_ms: self.options.wrong_logins_for_ms,
                live_in_model_city: self.options.live_in_model_city,
            },
        };
        Admission::new(parts, self.store.write.clone(), self.persistence())
    }

    fn persistence(&self) -> Persistence {
        Persistence {
            node: Arc::clone(&self.node),
            time: Arc::clone(&self.time),
            last_for_ms: self.options.lease_for_ms,
        }
    }

    /// Who ends tasks; what writes their ends runs as long as anybody may end one.
    pub(crate) fn settler(&self) -> Arc<Settler> {
        let health = Health::new(
            self.store.write.clone(),
            Arc::clone(&self.areas),
            Arc::clone(&self.time),
            self.options.unhealthy_after_failures,
            self.options.unhealthy_for_ms,
        );
        let (writer, ends) = EndWriter::new(self.store.write.clone(), self.persistence());
        tokio::spawn(writer.run());
        Arc::new(Settler {
            write: self.store.write.clone(),
            ends,
            persistence: self.persistence(),
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
            persistence: self.persistence(),
            time: Arc::clone(&self.time),
            patience_ms: self.options.patience_ms,
        })
    }

    pub(crate) fn claimer(&self, driver: Arc<Driver>, settler: &Arc<Settler>) -> Arc<Claimer> {
        Arc::new(Claimer {
            store: self.store.clone(),
            library: Arc::clone(&self.library),
            node: Arc::clone(&self.node),
            slots: Slots::new(self.options.running_max),
            driver,
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            runs: Arc::clone(&self.runs),
            settler: Arc::clone(settler),
            tick_every_ms: self.options.tick_every_ms,
            portal_concurrency: self.options.portal_concurrency,
        })
    }

    pub(crate) fn sweeper(&self, settler: Arc<Settler>) -> Arc<Sweeper> {
        Arc::new(Sweeper {
            links: self.link_ends(Arc::new(self.app_tasks(&settler))),
            store: self.store.clone(),
            operators: self.operators.clone(),
            node: Arc::clone(&self.node),
            settler,
            open_tasks: Arc::clone(&self.open_tasks),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            tick_every_ms: self.options.tick_every_ms,
            ticks: AtomicU64::new(0),
            checkpoint_at: AtomicI64::new(0),
            empty_log_at: AtomicI64::new(0),
        })
    }

    pub(crate) fn pulse(&self, settler: Arc<Settler>) -> Arc<Pulse> {
        let (lease_for_ms, tick_every_ms) = (self.options.lease_for_ms, self.options.tick_every_ms);
        let neighbours = Neighbours::new(&self.node.id, lease_for_ms, tick_every_ms);
        Arc::new(Pulse {
            store: self.store.clone(),
            node: Arc::clone(&self.node),
            settler,
            runs: Arc::clone(&self.runs),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            lease_for_ms,
            tick_every_ms,
            neighbours: Mutex::new(neighbours),
            strays: Mutex::new(Strays::default()),
            twin_keys: TwinKeys {
                write: self.store.write.clone(),
                keys: self.keys.clone(),
                node: Arc::clone(&self.node),
            },
        })
    }

    pub(crate) fn notifier(&self, receiver: Arc<dyn Receiver>) -> Arc<Notifier> {
        Arc::new(Notifier {
            store: self.store.clone(),
            accounts: self.accounts.clone(),
            receiver,
            places: Places::new(self.options.callbacks_per_app_max, self.options.callbacks_max),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            end: self.node.abandon.clone(),
            attempt_for_ms: self.options.callback_for_ms,
        })
    }

    pub(crate) fn answers(&self) -> Answers {
        Answers {
            store: self.store.clone(),
            keys: self.keys.clone(),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
        }
    }

    pub(crate) fn link_pages(&self, admission: Arc<Admission>, tasks: Arc<AppTasks>) -> LinkPages {
        LinkPages {
            admission,
            ends: self.link_ends(tasks),
            store: self.store.clone(),
            apps: Arc::clone(&self.apps),
            node: Arc::clone(&self.node),
            reports: self.reports(),
            answers: self.answers(),
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
            report_for_ms: self.options.report_for_ms,
        }
    }

    fn link_ends(&self, tasks: Arc<AppTasks>) -> LinkEnds {
        LinkEnds {
            store: self.store.clone(),
            apps: Arc::clone(&self.apps),
            tasks,
            signals: Arc::clone(&self.signals),
            time: Arc::clone(&self.time),
        }
    }

    pub(crate) fn app_tasks(&self, settler: &Arc<Settler>) -> AppTasks {
        let (store, time) = (self.store.clone(), Arc::clone(&self.time));
        AppTasks {
            reports: self.reports(),
            eraser: Eraser::new(store, self.keys.clone(), time),
            settler: Arc::clone(settler),
            signals: Arc::clone(&self.signals),
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
    use fiveone_store::NewTask;
    use fiveone_testkit::{TestStore, build};

    use super::*;
    use crate::time::Standing;

    pub(crate) use fiveone_testkit::build::NOW;

    /// The tokenId of app `a`.
    pub(crate) const TOKEN: &str = "TOKEN001";

    pub(crate) async fn wiring(store: &TestStore, options: Options) -> Wiring {
        wiring_at(store, options, Arc::new(Standing(NOW))).await
    }

    pub(crate) async fn wiring_at(
        store: &TestStore,
        options: Options,
        time: Arc<dyn Time>,
    ) -> Wiring {
        drop(rustls::crypto::ring::default_provider().install_default());
        let keys = DeploymentKeys::parse(&DeploymentKeys::generate().unwrap()).unwrap();
        let library = Arc::new(Library::builtin().unwrap());
        let wiring = Wiring::new((**store).clone(), keys, library, time, options).await.unwrap();
        for product in Product::ALL {
            wiring.accounts.set_tariff(None, product, build::tariff()).await.unwrap();
        }
        let app = App::new(build::app_id("a"), "").with_all_grants();
        assert!(wiring.accounts.create(app, TOKEN).await.unwrap());
        wiring.accounts.topup(&build::app_id("a"), 1_000, "").await.unwrap();
        wiring
    }

    impl Wiring {
        /// Another node of the same deployment.
        pub(crate) async fn another_node(&self) -> Self {
            Self::new(
                self.store.clone(),
                self.keys.clone(),
                Arc::clone(&self.library),
                Arc::clone(&self.time),
                self.options.clone(),
            )
            .await
            .unwrap()
        }
    }

    /// Admits a task whose login fields are sealed to a node that is not there.
    pub(crate) async fn admit_for_another_node(wiring: &Wiring, number: u32) {
        let (_, data_key) = wiring.keys.new_task_key(build::task_id(number).as_str()).unwrap();
        let task = NewTask { data_key, ..build::new_task("a", number) };
        wiring.store.write.admit(&[task], NOW).await.unwrap();
    }
}
