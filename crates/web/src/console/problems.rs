//! What an operator must look at now: each with whom it hits, since when, and where to go.

use fiveone_engine::{Fault, Overview};
use fiveone_model::ledger::yuan;

use super::frame::{Frame, time};
use super::visit::Seen;

/// So many failures within the hour that are not the person's, and at least half of all ends.
const FAILURES_MIN: i64 = 3;
/// A node whose heart did not beat for so long.
const SILENT_FOR_MS: i64 = 15_000;

/// Something that is wrong.
pub(super) struct Problem {
    /// `bad` or `warn`.
    pub(super) kind: &'static str,
    pub(super) what: String,
    pub(super) whom: String,
    pub(super) since: String,
    pub(super) path: String,
    pub(super) press: &'static str,
}

/// The worst first.
pub(super) async fn problems(
    seen: &Seen,
    frame: &Frame,
    now: &Overview,
) -> Result<Vec<Problem>, Fault> {
    let mut all = Vec::new();
    failing(seen, frame, now, &mut all).await?;
    closed(seen, frame, &mut all).await?;
    for waiting in &now.exhausted {
        all.push(Problem {
            kind: "bad",
            what: format!("{} {}", waiting.count, frame.say("个回调已放弃", "callbacks given up")),
            whom: waiting.app.to_string(),
            since: frame.ago(waiting.since),
            path: format!(
                "/console/callbacks?state=exhausted&app={}",
                in_address(waiting.app.as_str())
            ),
            press: frame.say("查看并重发", "Look, send again"),
        });
    }
    if now.set_aside > 0 {
        all.push(Problem {
            kind: "bad",
            what: format!("{} {}", now.set_aside, frame.say("个任务被搁置", "tasks set aside")),
            whom: frame.say("见列表", "see the list").to_owned(),
            since: "–".to_owned(),
            path: "/console/tasks?stage=set_aside".to_owned(),
            press: frame.say("查看任务", "Look at them"),
        });
    }
    for node in now.nodes.iter().filter(|node| frame.now - node.seen_at > SILENT_FOR_MS) {
        all.push(Problem {
            kind: "bad",
            what: format!("{} {}", frame.say("节点没有心跳", "A node is silent:"), node.id),
            whom: frame.say("它的任务", "its tasks").to_owned(),
            since: frame.ago(node.seen_at),
            path: "/console/tasks?stage=open".to_owned(),
            press: frame.say("查看任务", "Look at them"),
        });
    }
    for wallet in &now.empty_wallets {
        all.push(Problem {
            kind: "warn",
            what: format!("{} ¥{}", frame.say("余额不足", "Out of money:"), yuan(wallet.free_fen)),
            whom: wallet.app.to_string(),
            since: "–".to_owned(),
            path: format!("/console/apps/{}", in_address(wallet.app.as_str())),
            press: frame.say("充值", "Top up"),
        });
    }
    Ok(all)
}

async fn failing(
    seen: &Seen,
    frame: &Frame,
    now: &Overview,
    all: &mut Vec<Problem>,
) -> Result<(), Fault> {
    for ends in &now.areas {
        let (done, failed) = (ends.done[0], ends.failed[0]);
        if failed < FAILURES_MIN || failed < done {
            continue;
        }
        let (product, area) = (ends.product.as_str(), ends.area.as_str());
        all.push(Problem {
            kind: "bad",
            what: format!(
                "{} {}",
                seen.area_name(ends.product, &ends.area).await?,
                frame.say("多数任务失败", "fails most tasks")
            ),
            whom: format!("{failed} {}", frame.say("个任务", "tasks")),
            since: frame.say("一小时内", "within the hour").to_owned(),
            path: format!("/console/areas/{product}/{area}"),
            press: frame.say("看证据、关闭", "Evidence, close"),
        });
    }
    Ok(())
}

async fn closed(seen: &Seen, frame: &Frame, all: &mut Vec<Problem>) -> Result<(), Fault> {
    for switch in seen.api.engine.console().areas().closed().await? {
        let (product, area) = (switch.product.as_str(), switch.area.as_str());
        let name = seen.area_name(switch.product, &switch.area).await?;
        let until = match switch.until_at {
            Some(at) => format!("{} {}", frame.say("到", "until"), time(at)),
            None => frame.say("直到有人开放", "until somebody opens it").to_owned(),
        };
        all.push(Problem {
            kind: "warn",
            what: format!("{name} {}: {}", frame.say("已关闭", "is closed"), switch.note),
            whom: frame.say("新任务", "new tasks").to_owned(),
            since: until,
            path: format!("/console/areas/{product}/{area}"),
            press: frame.say("查看、开放", "Look, open"),
        });
    }
    Ok(())
}

/// A value in an address.
pub(super) fn in_address(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}
