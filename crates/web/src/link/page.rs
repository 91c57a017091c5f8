//! What the page shows: one stage at a time, made of the link, its task and what the person chose.

use askama::Template;
use fiveone_engine::{Fault, LinkOutcome, LinkTask};
use fiveone_model::area::{Area, AreaCode};
use fiveone_model::report::Section;
use fiveone_model::state_code::StateCode;
use sha2::{Digest as _, Sha256};

use super::cities;
use super::summary::Summary;
use super::templates::{
    Asking, Cities, CityList, Consent, Ended, Failed, Form, Frame, Page, Receipt, ResultPage, Seal,
    Working, Wrong,
};
use crate::assets;
use crate::language::Language;
use crate::state::ApiState;

/// The text that the person agrees to, by its day; kept beside the consent. The texts themselves stand in
/// `templates/link/consent.html`.
pub(super) const CONSENT_TEXT: &str = "2026-11-28";

/// What the person chose so far.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) area: Option<String>,
    pub(super) login_type: Option<u32>,
    /// Why what was sent was not taken.
    pub(super) complaint: Option<String>,
    /// It was to be handed over, and the app may not see anything at present.
    pub(super) is_paused: bool,
    /// The rest of what was read in part is to be read.
    pub(super) again: bool,
}

/// A stage as HTML, and what tells it from others.
pub(super) struct Fragment {
    pub(super) html: String,
    /// The same while nothing that the person has begun to fill in is out of date.
    pub(super) key: String,
}

/// Renders the whole page around a stage.
pub(super) fn page(frame: Frame<'_>, fragment: &Fragment) -> askama::Result<String> {
    let other_tag = match frame.language {
        Language::Chinese => "en",
        Language::English => "zh",
    };
    let is_live = frame.link.row.end.is_none() && !frame.link.is_expired;
    Page { frame, fragment, version: assets::VERSION, other_tag, is_live }.render()
}

/// A template that does not render is our fault.
pub(super) fn rendered(html: askama::Result<String>) -> Result<String, Fault> {
    html.map_err(|error| Fault::Impossible(format!("a page: {error}")))
}

/// The list of cities that match.
pub(super) fn city_list(frame: Frame<'_>, areas: &[Area], query: &str) -> Result<String, Fault> {
    rendered(CityList { frame, cities: cities::search(areas, query) }.render())
}

/// The page of a link that is somebody else's: without the way back, which tells how it ended and what of.
pub(super) fn closed(frame: Frame<'_>, title: &str, text: &str) -> Result<Fragment, Fault> {
    let page = Ended { frame, title, text, receipt: None, back: None };
    Ok(Fragment { html: rendered(page.render())?, key: "closed".to_owned() })
}

/// The stage that a link is at.
pub(super) async fn stage(
    api: &ApiState,
    frame: Frame<'_>,
    chosen: &Chosen,
) -> Result<Fragment, Fault> {
    let link = frame.link;
    if let Some((outcome, _)) = link.row.end {
        return ended(frame, outcome);
    }
    if link.is_expired {
        return expired(frame);
    }
    if link.row.consent.is_none() {
        let minutes = (link.row.made.expires_at - api.engine.now()).max(0) / 60_000;
        let html = rendered(Consent { frame, minutes }.render())?;
        return Ok(Fragment { html, key: "consent".to_owned() });
    }
    match api.engine.link_pages().look(link).await? {
        Some(task) => of_task(api, frame, &task, chosen).await,
        None => start(api, frame, chosen, ("start", &[])).await,
    }
}

fn expired(frame: Frame<'_>) -> Result<Fragment, Fault> {
    let title = frame.say("链接已过期", "This link has expired");
    let text = frame.say(
        "请回到应用，重新发起。已读取但未移交的内容会被删除。",
        "Go back to the app and begin again. What was read and not handed over is deleted.",
    );
    closed(frame, title, text)
}

/// Before there is a task, or after one that failed for what was typed.
async fn start(
    api: &ApiState,
    frame: Frame<'_>,
    chosen: &Chosen,
    (key, missing): (&str, &[Section]),
) -> Result<Fragment, Fault> {
    let made = &frame.link.row.made;
    let areas = api.engine.areas(made.product).await?;
    let code = made.area.as_ref().map(AreaCode::as_str).or(chosen.area.as_deref());
    let area = code.and_then(|code| areas.iter().find(|area| area.code.as_str() == code));
    if made.area.is_some() && area.is_none() {
        let title = frame.say("该城市暂未开通", "This city is not available");
        let text = frame.say("请回到应用，重新发起。", "Go back to the app and begin again.");
        return closed(frame, title, text);
    }
    let methods = area.and_then(|area| api.engine.logins(made.product, &area.code));
    let methods: Vec<_> = methods
        .unwrap_or_default()
        .iter()
        .filter(|method| !method.is_corporate())
        .cloned()
        .collect();
    let of_number = |number| methods.iter().find(|method| Some(method.number) == number);
    let method = of_number(chosen.login_type).or(methods.first());
    let html = match (area, method) {
        (Some(area), Some(method)) => Form {
            frame,
            area,
            methods: &methods,
            method,
            seal: &Seal::of(api, frame.link),
            complaint: chosen.complaint.as_deref(),
            may_choose: made.area.is_none() && missing.is_empty() && frame.link.row.kept.is_none(),
            prefill: &api.engine.link_pages().prefill(frame.link, method),
            missing,
        }
        .render(),
        _ => Cities { frame }.render(),
    };
    Ok(Fragment { html: rendered(html)?, key: key.to_owned() })
}

async fn of_task(
    api: &ApiState,
    frame: Frame<'_>,
    task: &LinkTask,
    chosen: &Chosen,
) -> Result<Fragment, Fault> {
    let view = &task.view;
    if let Some(open) = &view.question {
        let seal = Seal::of(api, frame.link);
        let now = api.engine.now();
        let (question, complaint) = (&open.question, chosen.complaint.as_deref());
        let html = Asking { frame, open, question, seal: &seal, complaint, now }.render();
        let key = format!("ask-{}-{}", view.tid, open.id);
        return Ok(Fragment { html: rendered(html)?, key });
    }
    if !view.is_final {
        return working(api, frame, task);
    }
    match view.code {
        StateCode::FINISHED | StateCode::PARTLY_FINISHED => {
            let is_partial = view.code == StateCode::PARTLY_FINISHED;
            if is_partial && chosen.again {
                let chosen = Chosen {
                    area: Some(task.area.as_str().to_owned()),
                    login_type: chosen.login_type.or(Some(task.login_type)),
                    complaint: chosen.complaint.clone(),
                    ..Chosen::default()
                };
                let key = format!("again-{}", view.tid);
                return start(api, frame, &chosen, (&key, &view.fail)).await;
            }
            let product = frame.link.row.made.product;
            let summary = Summary::of(view, product, frame.language);
            let said = api.engine.link_pages().said_wrong(frame.link).await?;
            let key = format!("result-{}-{}", view.tid, said.len());
            let offered = api.engine.library().connector(product, &task.area);
            let sections = offered.map_or(&[][..], |connector| connector.sections());
            let wrong = Wrong::of(frame.language, sections, &said);
            let html = rendered(
                ResultPage { frame, summary, is_partial, is_paused: chosen.is_paused, wrong }
                    .render(),
            )?;
            Ok(Fragment { html, key })
        }
        _ => failed(api, frame, task, chosen).await,
    }
}

/// What is of the input comes back as the form, filled in by the browser that still has it; the rest says
/// what the person can do.
async fn failed(
    api: &ApiState,
    frame: Frame<'_>,
    task: &LinkTask,
    chosen: &Chosen,
) -> Result<Fragment, Fault> {
    let view = &task.view;
    let is_of_input = matches!(
        view.code,
        StateCode::WRONG_CREDENTIALS
            | StateCode::BAD_FORMAT
            | StateCode::WRONG_CODE
            | StateCode::NO_ANSWER
    );
    let key = format!("failed-{}", view.tid);
    if is_of_input || chosen.area.is_some() {
        let said = (chosen.area.is_none()).then(|| said_of(view.msg.as_str()).to_owned());
        let again = Chosen {
            area: chosen.area.clone().or_else(|| Some(task.area.as_str().to_owned())),
            login_type: chosen.login_type.or(Some(task.login_type)),
            complaint: chosen.complaint.clone().or(said),
            is_paused: false,
            again: false,
        };
        return start(api, frame, &again, (&key, &[])).await;
    }
    let advice = match view.code {
        StateCode::MAINTENANCE => frame.say(
            "该市网站正在维护。您的密码没有问题，请稍后再试。",
            "The city's site is under maintenance. Nothing is wrong with your password; try later.",
        ),
        StateCode::UNSTABLE => frame.say(
            "该市网站没有回应。您的密码没有问题，请稍后再试。",
            "The city's site did not answer. Nothing is wrong with your password; try later.",
        ),
        StateCode::LOGIN_FAILED => frame.say(
            "请按网站的提示处理后再试；多次尝试可能导致账号被网站锁定。",
            "Do what the site asks before you try again; it may lock accounts after many tries.",
        ),
        _ => frame.say(
            "这不是您的错，也没有扣费。可以再试一次，或回到应用。",
            "This is not your fault, and nothing was charged. Try again, or go back to the app.",
        ),
    };
    let again = format!("{}&area={}&way={}", frame.at("form"), task.area, task.login_type);
    let html = Failed { frame, said: said_of(&view.msg), advice, again }.render();
    Ok(Fragment { html: rendered(html)?, key })
}

/// The reason behind the documents' own words for the code.
fn said_of(msg: &str) -> &str {
    msg.split_once('：').map_or(msg, |(_, reason)| reason)
}

fn working(api: &ApiState, frame: Frame<'_>, task: &LinkTask) -> Result<Fragment, Fault> {
    let product = frame.link.row.made.product;
    let connector = api.engine.library().connector(product, &task.area);
    let has = |section: Section| task.view.sections.iter().any(|(read, _)| *read == section);
    let sections = connector.map(|connector| connector.sections()).unwrap_or_default();
    let sections: Vec<_> =
        sections.iter().map(|section| (section.label(), has(*section))).collect();
    let title = match task.view.code {
        StateCode::LOGGING_IN => frame.say("正在登录网站…", "Logging in to the site…"),
        StateCode::STORING => frame.say("正在整理…", "Putting it in order…"),
        _ => frame.say("正在读取您的记录…", "Reading your records…"),
    };
    let html = rendered(Working { frame, title, sections }.render())?;
    let key = format!("working-{}", hex::encode(&Sha256::digest(&html)[..8]));
    Ok(Fragment { html, key })
}

fn ended(frame: Frame<'_>, outcome: LinkOutcome) -> Result<Fragment, Fault> {
    let row = &frame.link.row;
    let (title, text, receipt, hint) = match outcome {
        LinkOutcome::HandedOver => (
            frame.say("已移交", "Handed over"),
            frame.say(
                "应用现在可以查看您的记录。登录信息未被保存。",
                "The app can see your records now. What you typed to log in was not kept.",
            ),
            row.task.as_ref().map(fiveone_model::task::TaskId::as_str),
            frame.say(
                "想删除时，把回执号告诉应用。",
                "To have it deleted, give this number to the app.",
            ),
        ),
        LinkOutcome::Declined => (
            frame.say("已删除", "Deleted"),
            frame.say(
                "没有任何记录交给应用，读取的内容已被删除。",
                "Nothing was given to the app, and what was read has been deleted.",
            ),
            row.receipt.as_deref(),
            frame.say("这是删除的凭证号。", "This number proves the deletion."),
        ),
        LinkOutcome::Expired => return expired(frame),
    };
    let back = frame.link.way_back();
    let receipt = receipt.map(|number| Receipt { number, hint });
    // The receipt comes a moment after the end.
    let key = format!("ended-{}-{}", outcome.as_str(), receipt.is_some());
    let page = Ended { frame, title, text, receipt, back };
    Ok(Fragment { html: rendered(page.render())?, key })
}
