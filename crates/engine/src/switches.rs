//! Switching what an app has: the one place where a callback's address is looked at before it is kept.

use fiveone_model::app::{App, Switch, SwitchKind};

use crate::callback_address;

/// Switches something of an app.
///
/// # Errors
/// What the switch takes, or why no callback would go to an address.
pub fn set_switch(
    app: &mut App,
    switch: Switch,
    text: &str,
    is_private_allowed: bool,
) -> Result<(), String> {
    if switch.kind() == SwitchKind::Address && !text.is_empty() {
        callback_address(text, is_private_allowed)
            .map_err(|why| format!("{why}; an http or https address is needed"))?;
    }
    switch.set(app, text).map_err(str::to_owned)
}
