//! No real person's number: a valid identity number must be of region 99, which nobody has, and a
//! mobile number of a block that is given to nobody here.

use std::path::Path;

use fiveone_model::login::id_card_check_character;

use super::Finding;

/// Synthetic mobiles begin with one of these.
const SYNTHETIC: [&str; 4] = ["1990000", "1380013800", "13900000", "13800000"];

pub(super) fn check(path: &Path, text: &str, findings: &mut Vec<Finding>) {
    if path.ends_with("Cargo.lock") {
        return;
    }
    for (index, line) in text.lines().enumerate() {
        for run in line.split(|c: char| !c.is_ascii_alphanumeric()) {
            let at = |message: &str| Finding::new(path, Some(index + 1), message);
            if is_identity_number(run) && !run.starts_with("99") {
                findings.push(at("an identity number outside region 99"));
            }
            if is_mobile(run) && !SYNTHETIC.iter().any(|start| run.starts_with(start)) {
                findings.push(at("what looks like somebody's mobile number"));
            }
        }
    }
}

fn is_identity_number(run: &str) -> bool {
    let Some((first17, last)) = run.split_at_checked(17) else { return false };
    let month: u32 = first17.get(10..12).and_then(|text| text.parse().ok()).unwrap_or(0);
    let year: u32 = first17.get(6..10).and_then(|text| text.parse().ok()).unwrap_or(0);
    let is_dated = (1900..2030).contains(&year) && (1..=12).contains(&month);
    let check = id_card_check_character(first17).map(String::from);
    is_dated && check.is_some_and(|check| check.eq_ignore_ascii_case(last))
}

fn is_mobile(run: &str) -> bool {
    let bytes = run.as_bytes();
    bytes.len() == 11
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes[0] == b'1'
        && (b'3'..=b'9').contains(&bytes[1])
}
