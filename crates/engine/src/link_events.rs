//! What an app hears of its links, when it has an address for it: that a page was opened, and that one was
//! left with nothing handed over, or without some of what was asked for. What is handed over is told by the
//! task's own callback.

use fiveone_model::clock::{Millis, rfc3339};
use fiveone_model::link::{Exit, LinkEvent};
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;
use fiveone_store::{CallbackAbout, LinkRow, NewCallback};
use serde_json::{Value, json};

use crate::Fault;
use crate::apps::Apps;
use crate::seal::random;

/// How a link ended, as its app hears of it.
pub(crate) struct Told<'a> {
    /// Where the person was and why, when nothing was handed over.
    pub(crate) exit: Option<Exit>,
    /// The same of each product, or what was handed over of it.
    pub(crate) parts: &'a [(Product, PartEnd)],
}

/// How a product of a link ended.
#[derive(Clone)]
pub(crate) enum PartEnd {
    /// Its result is the app's.
    Given(TaskId),
    /// Nothing of it is.
    Left(Exit),
}

/// The callback of an event; `None` for an app that does not hear of its links.
pub(crate) async fn link_event(
    apps: &Apps,
    link: &LinkRow,
    event: LinkEvent,
    end: Option<Told<'_>>,
    now: Millis,
) -> Result<Option<NewCallback>, Fault> {
    let made = &link.made;
    let Some(app) = apps.app(&made.app_id).await? else { return Ok(None) };
    let Some(address) = app.link_events else { return Ok(None) };
    let mut data = json!({ "link": made.id, "state": made.state, "test": made.is_test });
    let words: Vec<_> = made.products.iter().map(|product| product.as_str()).collect();
    match words[..] {
        [product] => data["product"] = json!(product),
        _ => data["products"] = json!(words),
    }
    if let Some(told) = end {
        if let Some(exit) = told.exit {
            put(&mut data, exit);
        }
        if link.has_several() {
            // In one event: of two, one that fails would be superseded by the other.
            data["parts"] = told.parts.iter().map(part).collect();
        }
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

fn put(data: &mut Value, Exit { stage, reason }: Exit) {
    data["stage"] = json!(stage.as_str());
    data["reason"] = json!(reason.as_str());
}

fn part((product, end): &(Product, PartEnd)) -> Value {
    let mut part = json!({ "product": product.as_str() });
    match end {
        PartEnd::Given(task) => part["task"] = json!(task.as_str()),
        PartEnd::Left(exit) => put(&mut part, *exit),
    }
    part
}
