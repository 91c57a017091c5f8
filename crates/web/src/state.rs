//! What every front needs: the engine, the limits, and how many calls are under way. A front is a
//! set of interfaces, such as the vendor's.

use fiveone_engine::Engine;

use crate::Options;
use crate::calls_at_once::CallsAtOnce;
use crate::guesses::{FREE_BY, FREE_FROM, Guesses, Trying};
use crate::log_budget::LogBudget;
use crate::rate::Rates;

/// The state that the fronts share.
pub(crate) struct ApiState {
    pub(crate) engine: Engine,
    pub(crate) options: Options,
    pub(crate) rates: Rates,
    pub(crate) guesses: Guesses,
    /// Wrong sign-ins to the console, by network and by name.
    pub(crate) sign_ins_from: Guesses<Trying>,
    pub(crate) sign_ins_by: Guesses<Trying>,
    /// Lines about calls that were refused.
    pub(crate) refusals_said: LogBudget,
    pub(crate) calls_at_once: CallsAtOnce,
}

impl ApiState {
    pub(crate) fn new(engine: Engine, options: Options) -> Self {
        let calls_at_once = CallsAtOnce::up_to(options.calls_at_once_max);
        let (rates, guesses) = (Rates::new(options.rates), Guesses::default());
        let refusals_said = LogBudget::default();
        Self {
            engine,
            options,
            rates,
            guesses,
            sign_ins_from: Guesses::after(FREE_FROM),
            sign_ins_by: Guesses::after(FREE_BY),
            refusals_said,
            calls_at_once,
        }
    }
}

/// Logs a fault where it becomes an answer; the client sees nothing of it.
pub(crate) fn log_fault(fault: &fiveone_engine::Fault) {
    let error = fiveone_engine::causes(fault);
    tracing::error!(error, "a call failed through our fault");
}
