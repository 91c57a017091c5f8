//! Durations as operators write them: a whole number and `ms`, `s`, `m`, `h` or `d`.

/// The duration in milliseconds; `None` when it is not written so, or is longer than 100 years.
pub(crate) fn parse_ms(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 5] =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    const DURATION_MS_MAX: i64 = 36_525 * 86_400_000;
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at(at);
    let (_, unit_ms) = UNITS.into_iter().find(|(name, _)| *name == unit.trim_start())?;
    let duration_ms = digits.parse::<i64>().ok()?.checked_mul(unit_ms)?;
    (duration_ms <= DURATION_MS_MAX).then_some(duration_ms)
}

/// The duration in the largest unit that holds it whole, for messages.
pub(super) fn to_text(duration_ms: i64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let whole = units.into_iter().find(|(_, unit_ms)| duration_ms % unit_ms == 0);
    match whole {
        Some((unit, unit_ms)) if duration_ms > 0 => format!("{}{unit}", duration_ms / unit_ms),
        _ => format!("{duration_ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        let read = [("500ms", 500), ("120s", 120_000), ("15 m", 900_000), ("7d", 604_800_000)];
        for (text, ms) in read {
            assert_eq!(parse_ms(text), Some(ms), "{text}");
        }
        for wrong in
            ["", "s", "5", "-5s", "1.5h", "5 weeks", "9999999999d", "99999999999999999999s"]
        {
            assert_eq!(parse_ms(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_its_largest_whole_unit() {
        let shown = [0, 500, 1_500, 120_000, 90_000, 86_400_000].map(to_text);
        assert_eq!(shown, ["0ms", "500ms", "1500ms", "2m", "90s", "1d"]);
    }
}
