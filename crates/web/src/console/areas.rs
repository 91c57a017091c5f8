//! Areas and their portals: which are closed and why, what speaks for a change of a portal, and switching
//! one by hand.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use fiveone_model::area::{AreaCode, AreaStatus};
use fiveone_model::operator::Role;
use fiveone_model::product::Product;
use fiveone_model::report::Section;

use super::frame::{Frame, time};
use super::visit::{Act, Seen, Trouble, page, see_other};
use super::words;
use crate::link::reason_name;

#[derive(Template)]
#[template(path = "console/areas.html")]
struct Areas {
    frame: Frame,
    query: String,
    is_all: bool,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    product: &'static str,
    code: String,
    name: String,
    state: &'static str,
    kind: &'static str,
    note: String,
}

/// The list: areas that have a connector, or all.
pub(super) async fn list(seen: Seen) -> Result<Response, Trouble> {
    let query = seen.caller.asked("q").unwrap_or_default().to_owned();
    let is_all = seen.caller.asked("all").is_some();
    let closed = seen.api.engine.console().areas().closed().await?;
    let mut rows = Vec::new();
    for product in Product::ALL {
        for area in seen.api.engine.areas(product).await?.iter() {
            let code = area.code.as_str();
            let fits = query.is_empty() || area.name.contains(&query) || code.starts_with(&query);
            if !fits || (area.status == AreaStatus::InDevelopment && !is_all) {
                continue;
            }
            let (state, kind) = match area.status {
                AreaStatus::Usable => (seen.say("可用", "open"), "good"),
                AreaStatus::Maintenance => (seen.say("已关闭", "closed"), "bad"),
                AreaStatus::InDevelopment => (seen.say("未开发", "no connector"), ""),
            };
            let switch = closed.iter().find(|one| one.product == product && one.area == area.code);
            rows.push(Row {
                path: format!("/console/areas/{}/{code}", product.as_str()),
                product: words::product(seen.language(), product),
                code: code.to_owned(),
                name: area.name.clone(),
                state,
                kind,
                note: switch.map(|switch| switch.note.clone()).unwrap_or_default(),
            });
        }
    }
    // What is closed comes first.
    rows.sort_by_key(|row| row.kind != "bad");
    page(&Areas { query, is_all, rows, frame: seen.frame("areas") })
}

#[derive(Template)]
#[template(path = "console/area.html")]
struct AreaPage {
    frame: Frame,
    name: String,
    product: &'static str,
    code: String,
    url: Option<String>,
    connector: Option<String>,
    closed: Option<Closed>,
    evidence: Vec<EvidenceShown>,
    wrong: Vec<WrongShown>,
}

/// A section that persons said is wrong.
struct WrongShown {
    section: &'static str,
    reason: &'static str,
    count: i64,
    last: String,
}

/// Who closed it, why, and until when.
struct Closed {
    by: &'static str,
    note: String,
    until: String,
}

struct EvidenceShown {
    part: &'static str,
    seen: String,
    version: String,
    step: String,
    reason: String,
    suspected: Vec<String>,
    /// The page without any value; `None` when it does not open with this deployment key.
    page: Option<String>,
}

/// A product and an area of an address.
fn portal(seen: &Seen, product: &str, area: &str) -> Result<(Product, AreaCode), Trouble> {
    let product = Product::parse(product).ok_or_else(|| seen.missing())?;
    Ok((product, AreaCode::parse(area).ok_or_else(|| seen.missing())?))
}

async fn evidence(
    seen: &Seen,
    product: Product,
    area: &AreaCode,
) -> Result<Vec<EvidenceShown>, Trouble> {
    let kept = seen.api.engine.console().evidence().of(product, area).await?;
    let shown = kept.into_iter().map(|kept| {
        let change = kept.change;
        let of = |text: fn(&fiveone_engine::PortalChange) -> String| {
            change.as_ref().map(text).unwrap_or_default()
        };
        EvidenceShown {
            part: kept.section.map_or("login", Section::as_str),
            seen: time(kept.seen_at),
            version: kept.version,
            step: of(|change| format!("{} {}", change.step, change.path)),
            reason: of(|change| change.reason.clone()),
            suspected: change
                .iter()
                .flat_map(|change| change.suspected.iter().map(ToString::to_string))
                .collect(),
            page: change.map(|change| change.page),
        }
    });
    Ok(shown.collect())
}

async fn wrong(seen: &Seen, product: Product, area: &AreaCode) -> Result<Vec<WrongShown>, Trouble> {
    let counts = seen.api.engine.console().wrong_results(product, area).await?;
    let shown = counts.into_iter().map(|one| WrongShown {
        section: one.section.label(),
        reason: reason_name(seen.language(), one.reason),
        count: one.count,
        last: time(one.last_at),
    });
    Ok(shown.collect())
}

/// One area.
pub(super) async fn show(
    seen: Seen,
    Path((product, area)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let (product, area) = portal(&seen, &product, &area)?;
    let areas = seen.api.engine.areas(product).await?;
    let known = areas.iter().find(|one| one.code == area).ok_or_else(|| seen.missing())?;
    let closed = seen.api.engine.console().areas().closed().await?;
    let closed = closed.into_iter().find(|one| one.product == product && one.area == area);
    let connector = seen.api.engine.library().connector(product, &area);
    page(&AreaPage {
        name: seen.area_name(product, &area).await?,
        product: product.as_str(),
        code: area.as_str().to_owned(),
        url: known.url.clone(),
        connector: connector.map(|connector| {
            format!("{} {}", connector.family().unwrap_or("–"), connector.version())
        }),
        closed: closed.map(|switch| Closed {
            by: match switch.closed_by {
                fiveone_engine::ClosedBy::Operator => seen.say("操作员", "an operator"),
                fiveone_engine::ClosedBy::Health => {
                    seen.say("系统（连续失败）", "its portal's health")
                }
            },
            note: switch.note,
            until: time(switch.until_at),
        }),
        evidence: evidence(&seen, product, &area).await?,
        wrong: wrong(&seen, product, &area).await?,
        frame: seen.frame("areas"),
    })
}

/// Closes an area, or opens it.
pub(super) async fn switch(
    Path((product, area)): Path<(String, String)>,
    act: Act,
) -> Result<Response, Trouble> {
    act.seen.needs(Role::Operator)?;
    let (product, area) = portal(&act.seen, &product, &area)?;
    let name = format!("{}/{}", product.as_str(), area.as_str());
    let console = act.seen.api.engine.console();
    let said = if act.field("to") == "open" {
        let deed = act.seen.deed("open_area", &name)?;
        console.switch_area(deed).open(product, &area).await?;
        "opened"
    } else {
        let note = act.words("note")?.to_owned();
        let deed = act.seen.deed("close_area", &format!("{name}: {note}"))?;
        console.switch_area(deed).close(product, area.clone(), note).await?;
        "closed"
    };
    act.seen.api.engine.forget_apps();
    Ok(see_other(&format!("/console/areas/{name}?said={said}")))
}
