//! What an engine is made of, for whoever starts one.

use std::sync::Arc;

use fiveone_connector::{Library, Portal};
use fiveone_store::Store;

use crate::seal::DeploymentKeys;
use crate::{Options, Time};

/// What an engine is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The deployment's keys.
    pub keys: DeploymentKeys,
    /// The connectors.
    pub library: Arc<Library>,
    /// The way to the portals.
    pub portal: Arc<dyn Portal>,
    /// The clock.
    pub time: Arc<dyn Time>,
    /// Limits and times.
    pub options: Options,
}
