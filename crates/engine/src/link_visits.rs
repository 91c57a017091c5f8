//! What persons do with a link itself: come to its page, find its fields filled, leave it; and the
//! engine's ways to links.

use std::sync::Arc;

use fiveone_model::link::LinkEvent;
use fiveone_model::login::{Credentials, LoginMethod};
use fiveone_store::LinkOutcome;

use crate::link_events::link_event;
use crate::link_pages::LinkPages;
use crate::links::{Link, Links};
use crate::wiring::Wiring;
use crate::{Engine, Fault, prefill};

impl Engine {
    /// Makes links for apps.
    #[must_use]
    pub fn links(&self) -> Links {
        let Wiring { store, keys, time, .. } = &self.0.wiring;
        Links::new(store.clone(), keys.clone(), Arc::clone(time))
    }

    /// What persons do on the pages of links.
    #[must_use]
    pub fn link_pages(&self) -> &LinkPages {
        &self.0.link_pages
    }
}

impl LinkPages {
    /// Notes that the page runs in a browser; its app hears of the first time.
    ///
    /// # Errors
    /// The store failed.
    pub async fn opened(&self, link: &Link) -> Result<(), Fault> {
        let row = &link.row;
        if row.opened_at.is_some() || row.end.is_some() || link.is_expired {
            return Ok(());
        }
        let now = self.time.now();
        let told = link_event(&self.apps, row, LinkEvent::Opened, None, now).await?;
        if self.store.write.open_link(&row.made.id, told.as_ref(), now).await? {
            self.signals.callbacks.notify_one();
        }
        Ok(())
    }

    /// Ends the link without giving anything to its app, which pays nothing: what is under way is cancelled,
    /// and what was read is erased.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decline(&self, link: &Link) -> Result<(), Fault> {
        let (row, ends) = (&link.row, &self.ends);
        let exits = ends.exits(row, false).await?;
        if ends.end(row, LinkOutcome::Declined, &exits).await? {
            ends.give_up(row, None).await?;
        }
        self.signals.changed();
        Ok(())
    }

    /// What the fields of a way to log in hold at first; what does not open is nothing, since the person can
    /// type it.
    #[must_use]
    pub fn prefill(&self, link: &Link, method: &LoginMethod) -> Credentials {
        let made = &link.row.made;
        let Some(sealed) = &made.prefill_sealed else { return Credentials::default() };
        let opened = self.reports.keys.open(sealed, &format!("link:{}", made.id));
        let opened = opened.ok().and_then(|plain| Credentials::from_bytes(&plain));
        opened.map(|opened| prefill::of_method(method, &opened)).unwrap_or_default()
    }
}
