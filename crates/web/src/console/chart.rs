//! Charts, drawn here as SVG: no script, no styles inline.

use std::fmt::Write as _;

use fiveone_engine::Hour;
use fiveone_model::clock::shanghai_text;

use crate::language::Language;

const WIDTH: i64 = 720;
const HEIGHT: i64 = 120;
/// Below the bars stand the hours.
const FOOT: i64 = 18;
const BAR: i64 = WIDTH / 24;

/// The ends of each hour, those with a report below those without.
pub(super) fn hours(language: Language, hours: &[Hour]) -> String {
    let most = hours.iter().map(|hour| hour.done + hour.failed).max().unwrap_or(0).max(1);
    let total: i64 = hours.iter().map(|hour| hour.done + hour.failed).sum();
    let label = match language {
        Language::Chinese => format!("24 小时共 {total} 个任务结束，最多的一小时 {most} 个"),
        Language::English => format!("{total} tasks ended in 24 hours, {most} in the busiest"),
    };
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{label}\">",
        HEIGHT + FOOT
    );
    for (hour, at) in hours.iter().zip(0..) {
        let x = at * BAR + 2;
        let height = |count: i64| count * (HEIGHT - 10) / most;
        let (done, failed) = (height(hour.done), height(hour.failed));
        let clock: String = shanghai_text(hour.at).chars().skip(11).take(2).collect();
        let width = BAR - 4;
        // Writing into a String does not fail.
        let _ = write!(
            svg,
            "<g><title>{clock}:00 · {} / {}</title>\
             <rect class=\"ok\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{done}\"/>\
             <rect class=\"no\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{failed}\"/>\
             <rect class=\"rest\" x=\"{x}\" y=\"{HEIGHT}\" width=\"{width}\" height=\"1\"/>",
            hour.done,
            hour.failed,
            HEIGHT - done,
            HEIGHT - done - failed,
        );
        if at % 3 == 0 {
            let _ = write!(svg, "<text x=\"{x}\" y=\"{}\">{clock}</text>", HEIGHT + FOOT - 4);
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>");
    svg
}
