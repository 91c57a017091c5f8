//! `[callbacks]`: where they may go, and how many at once.

use fiveone_engine::Options;

use super::section::Section;

/// Sets what the section gives.
pub(super) fn read(section: &mut Section<'_>, engine: &mut Options) {
    engine.callbacks_to_private = section.flag("to_private", engine.callbacks_to_private);
    let default_ms = i64::try_from(engine.callback_for_ms).unwrap_or(i64::MAX);
    let attempt_for_ms = section.duration_ms("attempt_for", default_ms, 100..=120_000);
    engine.callback_for_ms = attempt_for_ms.unsigned_abs();
    engine.callbacks_per_app_max =
        section.number("per_app_max", engine.callbacks_per_app_max, 1..=1_000);
    engine.callbacks_max = section.number("at_once_max", engine.callbacks_max, 1..=10_000);
}
