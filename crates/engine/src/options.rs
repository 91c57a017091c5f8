//! Every limit and time of the engine, named, with its default.

use fiveone_model::challenge::{ChallengeKind, PerChallenge};
use fiveone_model::clock::Millis;
use fiveone_model::retention;

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long each kind of question waits for the person (P-42).
    pub patience_ms: PerChallenge<Millis>,
    /// How long a task may take from admission to its end (P-42).
    pub task_for_ms: Millis,
    /// How long a result is kept (P-42).
    pub report_for_ms: Millis,
    /// How long a node may be silent before its tasks are taken from it.
    pub lease_for_ms: Millis,
    /// How often leases are renewed and the sweeper looks.
    pub tick_every_ms: Millis,
    /// Tasks of this node that talk to portals at once; those that wait for a person do not count.
    pub running_max: usize,
    /// Tasks of the deployment that have not ended; beyond it creates get status 10.
    pub open_tasks_max: i64,
    /// Tasks that talk to one portal at once, whatever its connector says; `None` leaves it.
    pub portal_concurrency: Option<usize>,
    /// Failures of a portal in a row, without a success between, after which its area is closed
    /// for a while (P-21).
    pub unhealthy_after_failures: u32,
    /// How long an ill area stays closed.
    pub unhealthy_for_ms: Millis,
    /// Logins of one account at one area that the portal refused since it accepted one; beyond it creates
    /// are refused, so that the portal does not lock the account.
    pub wrong_logins_max: u32,
    /// How far back they count.
    pub wrong_logins_for_ms: Millis,
    /// Whether live apps reach the model city 990000, too: where its portals are not the sandbox's.
    pub live_in_model_city: bool,
    /// Callbacks may go to loopback and private addresses (§9).
    pub callbacks_to_private: bool,
    /// How long one callback attempt may take.
    pub callback_for_ms: u64,
    /// Callbacks delivered at once to one app.
    pub callbacks_per_app_max: usize,
    /// Callbacks delivered at once to all; an app that has none under way may always have one.
    pub callbacks_max: usize,
    /// How long running tasks get when the node stops, before their leases are given back.
    pub shutdown_for_ms: Millis,
    /// How long an operator stays signed in who does nothing.
    pub operator_idle_for_ms: Millis,
    /// How long an operator stays signed in at most.
    pub operator_session_for_ms: Millis,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            patience_ms: PerChallenge::from_fn(ChallengeKind::default_patience),
            task_for_ms: 15 * 60_000,
            report_for_ms: retention::REPORT_KEPT_FOR_MS,
            lease_for_ms: 10_000,
            tick_every_ms: 1_000,
            running_max: 64,
            open_tasks_max: 50_000,
            portal_concurrency: None,
            unhealthy_after_failures: 30,
            unhealthy_for_ms: 5 * 60_000,
            wrong_logins_max: 5,
            wrong_logins_for_ms: 3_600_000,
            live_in_model_city: true,
            callbacks_to_private: false,
            callback_for_ms: 10_000,
            callbacks_per_app_max: 8,
            callbacks_max: 256,
            shutdown_for_ms: 20_000,
            operator_idle_for_ms: 3_600_000,
            operator_session_for_ms: 12 * 3_600_000,
        }
    }
}
