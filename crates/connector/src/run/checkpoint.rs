//! A logged-in run as bytes, and back: cookies and the few values that sections need.

use std::sync::Arc;

use cookie_store::CookieStore;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::{Run, Vars};
use crate::{connector::Connector, portal::Portal, read::Whose};

#[derive(Serialize, Deserialize)]
struct Saved {
    version: String,
    base: usize,
    root: usize,
    cookies: Json,
    vars: Vars,
    whose: Whose,
}

impl Run {
    /// The session after login, to go on elsewhere. It opens the person's records at the portal, so
    /// the caller seals it.
    #[must_use]
    pub fn checkpoint(&self) -> Zeroizing<Vec<u8>> {
        let mut cookies = Vec::new();
        // Saving to memory cannot fail; without cookies the resumed run finds its session lost.
        let _ =
            cookie_store::serde::json::save_incl_expired_and_nonpersistent(&self.jar, &mut cookies);
        let saved = Saved {
            version: self.connector.version.clone(),
            base: self.base,
            root: self.root,
            cookies: serde_json::from_slice(&cookies).unwrap_or_default(),
            vars: self.vars.clone(),
            whose: self.whose.clone(),
        };
        cookies.fill(0);
        Zeroizing::new(serde_json::to_vec(&saved).unwrap_or_default())
    }

    /// A run that goes on from a checkpoint of the same connector version; else `None`.
    #[must_use]
    pub fn resume(
        connector: Arc<Connector>,
        portal: Arc<dyn Portal>,
        now_ms: i64,
        bytes: &[u8],
    ) -> Option<Self> {
        let saved: Saved = serde_json::from_slice(bytes).ok()?;
        if saved.version != connector.version {
            return None;
        }
        let cookies = serde_json::to_vec(&saved.cookies).ok()?;
        let jar: CookieStore = cookie_store::serde::json::load_all(cookies.as_slice()).ok()?;
        let mut run = Self::new(connector, portal, now_ms);
        run.jar = jar;
        run.vars = saved.vars;
        run.whose = saved.whose;
        run.base = saved.base;
        run.root = saved.root;
        run.is_base_known = true;
        Some(run)
    }
}
