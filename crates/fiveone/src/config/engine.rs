//! `[engine]`: how long things take at most, and how much is done at once.

use fiveone_engine::Options;
use fiveone_model::challenge::ChallengeKind;

use super::section::Section;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Sets what the section gives.
pub(super) fn read(section: &mut Section<'_>, engine: &mut Options) {
    engine.task_for_ms = section.duration_ms("task_for", engine.task_for_ms, SECOND_MS..=DAY_MS);
    let answer_for = SECOND_MS..=60 * MINUTE_MS;
    for kind in ChallengeKind::ALL {
        let patience = engine.patience_ms.get_mut(kind);
        let key = format!("{}_for", kind.as_str());
        // What nobody sets never stands in the way of shorter tasks.
        let unless_set = (*patience).min(engine.task_for_ms);
        *patience = section.duration_ms(&key, unless_set, answer_for.clone());
    }
    engine.report_for_ms =
        section.duration_ms("report_for", engine.report_for_ms, SECOND_MS..=3_650 * DAY_MS);
    engine.lease_for_ms =
        section.duration_ms("lease_for", engine.lease_for_ms, 500..=10 * MINUTE_MS);
    engine.tick_every_ms = section.duration_ms("tick_every", engine.tick_every_ms, 10..=MINUTE_MS);
    engine.running_max = section.number("running_max", engine.running_max, 1..=10_000);
    engine.open_tasks_max = section.number("open_tasks_max", engine.open_tasks_max, 1..=10_000_000);
    section.formerly("ill_after_failures", "unhealthy_after_failures");
    section.formerly("ill_for", "unhealthy_for");
    engine.unhealthy_after_failures =
        section.number("unhealthy_after_failures", engine.unhealthy_after_failures, 1..=1_000_000);
    engine.unhealthy_for_ms =
        section.duration_ms("unhealthy_for", engine.unhealthy_for_ms, SECOND_MS..=DAY_MS);
    engine.wrong_logins_max =
        section.number("wrong_logins_max", engine.wrong_logins_max, 1..=1_000_000);
    engine.wrong_logins_for_ms =
        section.duration_ms("wrong_logins_for", engine.wrong_logins_for_ms, SECOND_MS..=7 * DAY_MS);
    engine.shutdown_for_ms =
        section.duration_ms("shutdown_for", engine.shutdown_for_ms, 0..=60 * MINUTE_MS);
    if engine.tick_every_ms * 2 > engine.lease_for_ms {
        section.complain("tick_every", "must be at most half of engine.lease_for");
    }
    if engine.patience_ms.iter().any(|patience| *patience > engine.task_for_ms) {
        section.complain(
            "task_for",
            "must be at least what each question waits (engine.captcha_for, engine.sms_for …)",
        );
    }
}
