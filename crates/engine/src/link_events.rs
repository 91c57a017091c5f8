//! What an app hears of its links, when it has an address for it: that a page was opened, and that one was
//! left with nothing handed over. A hand-over is told by the task's own callback.

use fiveone_model::clock::{Millis, rfc3339};
use fiveone_model::link::{Exit, LinkEvent};
use fiveone_store::{CallbackAbout, LinkRow, NewCallback};
use serde_json::json;

use crate::Fault;
use crate::apps::Apps;
use crate::seal::random;

/// The callback of an event; `None` for an app that does not hear of its links.
pub(crate) async fn link_event(
    apps: &Apps,
    link: &LinkRow,
    event: LinkEvent,
    exit: Option<Exit>,
    now: Millis,
) -> Result<Option<NewCallback>, Fault> {
    let made = &link.made;
    let Some(app) = apps.app(&made.app_id).await? else { return Ok(None) };
    let Some(address) = app.link_events else { return Ok(None) };
    let mut data = json!({
        "link": made.id,
        "product": made.product.as_str(),
        "state": made.state,
        "test": made.is_test,
    });
    if let Some(Exit { stage, reason }) = exit {
        data["stage"] = json!(stage.as_str());
        data["reason"] = json!(reason.as_str());
    }
    let body = json!({ "type": event.as_str(), "timestamp": rfc3339(now), "data": data });
    Ok(Some(NewCallback {
        id: format!("msg_{}", hex::encode(random::<16>()?)),
        about: CallbackAbout::Link { id: made.id.clone(), event },
        app_id: made.app_id.clone(),
        url: address.url,
        msg: body.to_string(),
        now,
    }))
}
