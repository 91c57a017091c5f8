//! Who calls and whether they may: what is the same for every front. How a call is signed, and
//! which code a denial gets, is the front's.

use std::net::IpAddr;
use std::sync::Arc;

use fiveone_engine::{AppEntry, Fault};
use fiveone_model::app::{App, AppId, Grant};
use fiveone_model::product::Product;
use tokio::sync::SemaphorePermit;

use crate::guesses::Guesser;
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
    TooOften,
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
            Some(wait_ms) => Err(Denied::Guessing { wait_s: (wait_ms + 999) / 1_000 }),
        }
    }

    /// Lets a call in, in the order of P-03: address, grant, rate, load. It is under way until the permit
    /// is dropped.
    pub(crate) fn let_in(
        &self,
        app: &App,
        product: Product,
        address: Option<IpAddr>,
    ) -> Result<SemaphorePermit<'_>, Denied> {
        at_home(app, address)?;
        granted(app, product)?;
        self.count_in(app)
    }

    /// The same for a call that is of no product.
    pub(crate) fn let_in_anywhere(
        &self,
        app: &App,
        address: Option<IpAddr>,
    ) -> Result<SemaphorePermit<'_>, Denied> {
        at_home(app, address)?;
        self.count_in(app)
    }

    fn count_in(&self, app: &App) -> Result<SemaphorePermit<'_>, Denied> {
        if !self.rates.may_call(app) {
            return Err(Denied::TooOften);
        }
        self.calls_at_once.try_acquire().map_err(|_| Denied::Busy)
    }
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
