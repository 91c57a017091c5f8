//! Who calls and whether they may: what is the same for every front. How a call is signed, and
//! which code a denial gets, is the front's.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use fiveone_engine::{AppEntry, Fault};
use fiveone_model::app::{App, AppId, Grant};
use fiveone_model::clock::Millis;
use fiveone_model::product::{Interface, Product};
use tokio::sync::SemaphorePermit;

use crate::guesses::Guesser;
use crate::rate::CallKind;
use crate::state::ApiState;

/// Why an app that is who it says may not call now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It has no grant for the product.
    NoGrant,
    /// Its grant is paused.
    Paused,
    /// It calls from an address that it may not call from.
    Elsewhere,
    /// It calls too often.
    TooOften {
        /// After so many seconds one more is let in.
        wait_s: i64,
    },
    /// Too many calls are under way.
    Busy,
    /// Too many wrong tokenKeys or keys came from there.
    Guessing {
        /// For so many seconds no other is looked at.
        wait_s: i64,
    },
}

impl ApiState {
    /// The app of an id as it was sent; `None` when it is unknown or not configured.
    pub(crate) async fn find_app(&self, sent: &str) -> Result<Option<Arc<AppEntry>>, Fault> {
        let Some(id) = AppId::parse(sent) else { return Ok(None) };
        self.engine.app(&id).await
    }

    /// Lets somebody try a tokenKey who has not tried too many wrong ones.
    pub(crate) fn let_try(&self, who: &Guesser) -> Result<(), Denied> {
        match self.guesses.wait_ms(who, self.engine.steady()) {
            None => Ok(()),
            Some(wait_ms) => Err(Denied::Guessing { wait_s: seconds(wait_ms) }),
        }
    }

    /// Lets a call in, in the order of P-03: address, grant, rate, load. It is under way until the permit
    /// is dropped.
    pub(crate) fn let_in(
        &self,
        app: &App,
        interface: Interface,
        address: Option<IpAddr>,
    ) -> Result<SemaphorePermit<'_>, Denied> {
        at_home(app, address)?;
        granted(app, interface.product)?;
        self.count_in(app, interface.operation.into())
    }

    /// The same for a call that is of no product.
    pub(crate) fn let_in_anywhere(
        &self,
        app: &App,
        kind: CallKind,
        address: Option<IpAddr>,
    ) -> Result<SemaphorePermit<'_>, Denied> {
        at_home(app, address)?;
        self.count_in(app, kind)
    }

    fn count_in(&self, app: &App, kind: CallKind) -> Result<SemaphorePermit<'_>, Denied> {
        let millis = |wait: Duration| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2);
        self.rates
            .take(app, kind)
            .map_err(|wait| Denied::TooOften { wait_s: seconds(millis(wait) + 1) })?;
        self.calls_at_once.enter(kind).ok_or(Denied::Busy)
    }
}

/// Whole seconds after which so much time is over, for `Retry-After`.
pub(crate) const fn seconds(wait_ms: Millis) -> i64 {
    let whole = (wait_ms + 999) / 1_000;
    if whole < 1 { 1 } else { whole }
}

/// Whether an app may call from there.
fn at_home(app: &App, address: Option<IpAddr>) -> Result<(), Denied> {
    if app.allowed_networks.allow(address) { Ok(()) } else { Err(Denied::Elsewhere) }
}

/// Whether an app may use a product now.
pub(crate) fn granted(app: &App, product: Product) -> Result<(), Denied> {
    match app.grant(product) {
        Some(Grant::Active) => Ok(()),
        Some(Grant::Paused) => Err(Denied::Paused),
        None => Err(Denied::NoGrant),
    }
}
