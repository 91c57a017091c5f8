//! What the page shows: one stage at a time, made of the link, its task and what the person chose.

use askama::Template;
use fiveone_engine::{Fault, Link, LinkOutcome, LinkPart, LinkTask, PartState};
use fiveone_model::area::{Area, AreaCode, AreaStatus};
use fiveone_model::report::Section;
use fiveone_model::state_code::StateCode;
use fiveone_model::task::TaskId;
use sha2::{Digest as _, Sha256};

use super::fragment::{Chosen, Fragment, rendered};
use super::summary::Summary;
use super::templates::{
    Asking, Cities, CityList, Consent, Ended, Failed, Form, Frame, Page, Receipt, ResultPage, Seal,
    Working, Wrong, product_name,
};
use super::{cities, review};
use crate::assets;
use crate::language::Language;
use crate::state::ApiState;

/// The text that the person agrees to, by its day; kept beside the consent. The texts themselves stand in
/// `templates/link/consent.html`.
const CONSENT_TEXT: &str = "2026-11-28";
/// The same of a link of several products.
const CONSENT_TEXT_OF_SEVERAL: &str = "2026-11-29";

/// The text of a link.
pub(super) fn consent_text(link: &Link) -> &'static str {
    if link.row.has_several() { CONSENT_TEXT_OF_SEVERAL } else { CONSENT_TEXT }
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

/// The list of cities that match.
pub(super) fn city_list(frame: Frame<'_>, areas: &[Area], query: &str) -> Result<String, Fault> {
    rendered(CityList { frame, cities: cities::search(areas, query) }.render())
}

/// The page of a link that is somebody else's: without the way back, which tells how it ended and what of.
pub(super) fn closed(frame: Frame<'_>, title: &str, text: &str) -> Result<Fragment, Fault> {
    let page = Ended { frame, title, text, receipts: Vec::new(), back: None, may_skip: false };
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
    let Some(turn) = link.row.turn() else { return review::review(api, frame, chosen).await };
    match api.engine.link_pages().look(link, turn).await? {
        Some(task) => of_task(api, (frame, turn), &task, chosen).await,
        None => {
            // So that a page of one product is not taken for one of another.
            let key = format!("start-{}", turn.product);
            start(api, (frame, turn), chosen, (&key, &[])).await
        }
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
    (frame, turn): (Frame<'_>, &LinkPart),
    chosen: &Chosen,
    (key, missing): (&str, &[Section]),
) -> Result<Fragment, Fault> {
    let (made, product) = (&frame.link.row.made, turn.product);
    let areas = api.engine.areas(product).await?;
    let code = made.area.as_ref().map(AreaCode::as_str).or(chosen.area.as_deref());
    let area = match code {
        Some(code) => areas.iter().find(|area| area.code.as_str() == code),
        None => proposed(api, frame, &areas).await?,
    };
    if made.area.is_some() && area.is_none() {
        let title = frame.say("该城市暂未开通", "This city is not available");
        let text = frame.say("请回到应用，重新发起。", "Go back to the app and begin again.");
        // What was read of another product is not lost by it.
        let receipts = Vec::new();
        let page = Ended { frame, title, text, receipts, back: None, may_skip: true };
        return Ok(Fragment { html: rendered(page.render())?, key: format!("closed-{product}") });
    }
    let methods = area.and_then(|area| api.engine.logins(product, &area.code));
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
            may_choose: made.area.is_none() && missing.is_empty() && turn.kept.is_none(),
            prefill: &api.engine.link_pages().prefill(frame.link, method),
            missing,
        }
        .render(),
        _ => Cities { frame }.render(),
    };
    Ok(Fragment { html: rendered(html)?, key: key.to_owned() })
}

/// The city of the product before, where this one can be read there, too.
async fn proposed<'a>(
    api: &ApiState,
    frame: Frame<'_>,
    areas: &'a [Area],
) -> Result<Option<&'a Area>, Fault> {
    let before = api.engine.link_pages().area_before(frame.link).await?;
    let is_it =
        |area: &&Area| area.status == AreaStatus::Usable && before.as_ref() == Some(&area.code);
    Ok(areas.iter().find(is_it))
}

async fn of_task(
    api: &ApiState,
    (frame, turn): (Frame<'_>, &LinkPart),
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
        return working(api, (frame, turn), task);
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
                return start(api, (frame, turn), &chosen, (&key, &view.fail)).await;
            }
            let product = turn.product;
            let summary = Summary::of(view, product, frame.language);
            let said = api.engine.link_pages().said_wrong(frame.link, product).await?;
            let key = format!("result-{}-{}", view.tid, said.len());
            let offered = api.engine.library().connector(product, &task.area);
            let sections = offered.map_or(&[][..], |connector| connector.sections());
            let wrong = Wrong::of(frame.language, sections, &said);
            let html = rendered(
                ResultPage {
                    frame,
                    tid: view.tid.as_str(),
                    summary,
                    is_partial,
                    is_paused: chosen.is_paused,
                    wrong,
                }
                .render(),
            )?;
            Ok(Fragment { html, key })
        }
        _ => failed(api, (frame, turn), task, chosen).await,
    }
}

/// What is of the input comes back as the form, filled in by the browser that still has it; the rest says
/// what the person can do.
async fn failed(
    api: &ApiState,
    (frame, turn): (Frame<'_>, &LinkPart),
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
        return start(api, (frame, turn), &again, (&key, &[])).await;
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

fn working(
    api: &ApiState,
    (frame, turn): (Frame<'_>, &LinkPart),
    task: &LinkTask,
) -> Result<Fragment, Fault> {
    let connector = api.engine.library().connector(turn.product, &task.area);
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
    let (title, text) = match outcome {
        LinkOutcome::HandedOver => (
            frame.say("已移交", "Handed over"),
            frame.say(
                "应用现在可以查看您的记录。登录信息未被保存。",
                "The app can see your records now. What you typed to log in was not kept.",
            ),
        ),
        LinkOutcome::Declined => (
            frame.say("已删除", "Deleted"),
            frame.say(
                "没有任何记录交给应用，读取的内容已被删除。",
                "Nothing was given to the app, and what was read has been deleted.",
            ),
        ),
        LinkOutcome::Expired => return expired(frame),
    };
    let row = &frame.link.row;
    let back = frame.link.way_back();
    let receipts: Vec<_> = row.parts.iter().filter_map(|part| receipt(frame, part)).collect();
    // The receipt comes a moment after the end.
    let count = receipts.iter().filter(|receipt| receipt.number.is_some()).count();
    let key = format!("ended-{}-{count}", outcome.as_str());
    let page = Ended { frame, title, text, receipts, back, may_skip: false };
    Ok(Fragment { html: rendered(page.render())?, key })
}

/// What became of a product of a link that is over; `None` where there is nothing to say that the page does not.
fn receipt<'a>(frame: Frame<'a>, part: &'a LinkPart) -> Option<Receipt<'a>> {
    let is_given = part.state == PartState::HandedOver;
    let number = match is_given {
        true => part.task.as_ref().map(TaskId::as_str),
        false => part.receipt.as_deref(),
    };
    let hint = match is_given {
        true => frame.say(
            "想删除时，把回执号告诉应用。",
            "To have it deleted, give this number to the app.",
        ),
        false => frame.say("这是删除的凭证号。", "This number proves the deletion."),
    };
    if !frame.link.row.has_several() {
        let about = String::new();
        return number.map(|number| Receipt { about, number: Some(number), said: "", hint });
    }
    let became = match (is_given, number) {
        (true, _) => frame.say("已移交", "handed over"),
        (false, Some(_)) => frame.say("已删除", "deleted"),
        (false, None) => frame.say("没有移交", "not handed over"),
    };
    let about = format!("{} · {became}", product_name(part.product, frame.language));
    let said = review::skipped_for(frame.language, part);
    Some(Receipt { about, number, said, hint: if number.is_some() { hint } else { "" } })
}
