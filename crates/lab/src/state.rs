//! What a running lab owns: its world, the sessions of its portals and what testers look into.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;

use crate::callbacks::Callbacks;
use crate::handset::Handsets;
use crate::people::World;
use crate::picture::Pool;
use crate::session::{Inboxes, Sessions};

/// Everything the lab owns.
pub(crate) struct LabState {
    pub(crate) world: World,
    pub(crate) address: SocketAddr,
    /// The delay of the `slow` behaviour.
    pub(crate) slow: Duration,
    pub(crate) sessions: Sessions,
    pub(crate) inboxes: Inboxes,
    pub(crate) handsets: Handsets,
    /// How long a puzzle can be answered.
    pub(crate) puzzle_for: Duration,
    pub(crate) pool: Pool,
    pub(crate) callbacks: Callbacks,
}

impl FromRef<Arc<LabState>> for Callbacks {
    fn from_ref(state: &Arc<LabState>) -> Self {
        state.callbacks.clone()
    }
}

impl FromRef<Arc<LabState>> for Handsets {
    fn from_ref(state: &Arc<LabState>) -> Self {
        state.handsets.clone()
    }
}
