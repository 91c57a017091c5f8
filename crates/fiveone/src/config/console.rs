//! `[console]`: the operator's pages, from where, and for how long somebody stays signed in.

use fiveone_engine::Options;
use fiveone_model::networks::Networks;
use fiveone_web::ConsoleOptions;

use super::section::Section;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// What the section gives.
pub(super) fn read(section: &mut Section<'_>, engine: &mut Options) -> ConsoleOptions {
    engine.operator_idle_for_ms =
        section.duration_ms("idle_for", engine.operator_idle_for_ms, 60_000..=DAY_MS);
    engine.operator_session_for_ms =
        section.duration_ms("session_for", engine.operator_session_for_ms, 60_000..=30 * DAY_MS);
    ConsoleOptions {
        is_enabled: section.flag("enabled", true),
        allowed_networks: section.parsed(
            "allowed_networks",
            Networks::default(),
            "addresses and networks separated by commas, such as \"10.0.0.0/8\"",
            Networks::parse,
        ),
    }
}
