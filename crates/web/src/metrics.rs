//! What every metric of a node means. Those of the web are named here, those of the engine in its `metric.rs`;
//! connections are named and described where the program counts them. Tidy holds them and the documents
//! together.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Calls of the ten interfaces, by interface and top-level status.
pub(crate) const CALLS: &str = "fiveone_calls_total";
/// How long calls took, by interface.
pub(crate) const CALL_SECONDS: &str = "fiveone_call_seconds";

/// Calls of `/v1`, by operation and HTTP status.
pub(crate) const V1_CALLS: &str = "fiveone_v1_calls_total";
/// How long they took until their answer began, by operation.
pub(crate) const V1_CALL_SECONDS: &str = "fiveone_v1_call_seconds";

/// Describes every metric to the recorder that is installed; without one nothing happens.
pub(crate) fn describe() {
    describe_counter!(CALLS, "Calls of the ten interfaces, by interface and top-level status.");
    describe_histogram!(CALL_SECONDS, Unit::Seconds, "How long calls took, by interface.");
    describe_counter!(V1_CALLS, "Calls of /v1, by operation and HTTP status.");
    describe_histogram!(
        V1_CALL_SECONDS,
        Unit::Seconds,
        "How long calls of /v1 took until their answer began, by operation."
    );
    describe_counter!(
        fiveone_engine::metric::TASKS_ADMITTED,
        "Tasks admitted, by product; twins of a running task are not counted."
    );
    describe_counter!(
        fiveone_engine::metric::TASKS_ENDED,
        "Tasks ended, by product, area and state code."
    );
    describe_counter!(
        fiveone_engine::metric::TASKS_SET_ASIDE,
        "Tasks that could be neither read nor ended and were set aside for an operator."
    );
    describe_counter!(
        fiveone_engine::metric::CALLBACKS_SET_ASIDE,
        "Callbacks that could not be read and were set aside for an operator."
    );
    describe_gauge!(
        fiveone_engine::metric::TASKS_OPEN,
        "Tasks of the deployment that have not ended, as of this node's last tick."
    );
    describe_counter!(
        fiveone_engine::metric::FINDINGS,
        "Findings of sections that were read, by product, area, connector version and kind."
    );
    describe_counter!(
        fiveone_engine::metric::WRONG_RESULTS,
        "Sections that persons said are wrong, by product, area, section and reason."
    );
    describe_counter!(
        fiveone_engine::metric::PORTAL_CHANGES,
        "Keys that a portal seems to have lost or renamed, and pages that could not be read, by \
         product, area and kind."
    );
    describe_counter!(
        fiveone_engine::metric::CALLBACK_ATTEMPTS,
        "Attempts to deliver a callback, by outcome: delivered or failed."
    );
}
