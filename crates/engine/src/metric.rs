//! The names of what the engine counts. What they mean is described where metrics are served.

/// Tasks admitted, by `product`.
pub const TASKS_ADMITTED: &str = "fiveone_tasks_admitted_total";
/// Tasks ended, by `product`, `area` and `code`.
pub const TASKS_ENDED: &str = "fiveone_tasks_ended_total";
/// Tasks that could be neither read nor ended and were set aside.
pub const TASKS_SET_ASIDE: &str = "fiveone_tasks_set_aside_total";
/// Tasks of the deployment that have not ended.
pub const TASKS_OPEN: &str = "fiveone_tasks_open";
/// Findings of sections that were read, by `product`, `area`, `version` of the connector and `kind`.
pub const FINDINGS: &str = "fiveone_findings_total";
/// Sections that persons said are wrong, by `product`, `area`, `section` and `reason`.
pub const WRONG_RESULTS: &str = "fiveone_wrong_results_total";
/// Keys that a portal seems to have lost or renamed, and pages that could not be read, by `product`, `area` and `kind`.
pub const PORTAL_CHANGES: &str = "fiveone_portal_changes_suspected_total";
/// Callbacks that could not be read and were set aside.
pub const CALLBACKS_SET_ASIDE: &str = "fiveone_callbacks_set_aside_total";
/// Attempts to deliver a callback, by `outcome`.
pub const CALLBACK_ATTEMPTS: &str = "fiveone_callback_attempts_total";
