//! Which insurance a row is of, where the row tells so itself. Portals have answered with the rows of
//! several insurances at once, and with those of another one than was asked for.

use std::sync::LazyLock;

use fiveone_model::report::Section;
use regex::Regex;

use super::Raw;

/// Names of insurances as values: 企业职工基本养老保险, 失业保险费, 医疗(大额).
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:企业|机关|事业|单位|职工|城镇|城乡|居民|人员|灵活就业|基本|补充|大病|大额|公务员|社会)*",
        r"(养老|医疗|失业|工伤|生育)(?:保险|险)?(?:费|基金|统筹)?(?:[(（][^()（）]*[)）])?$",
    ))
    .expect("the pattern is a constant")
});

/// Parts of keys whose values are kinds of insurance, so that a code there is one.
const KEYS: [&str; 4] = ["险种", "aae140", "insurance", "xzlx"];

/// The national codes of kinds (AAE140) by their first digits, in two and three digits.
const CODES: [(&str, Section); 5] = [
    ("1", Section::Oldage),
    ("2", Section::Unemploy),
    ("3", Section::Medical),
    ("4", Section::Injury),
    ("5", Section::Birth),
];

/// The key by which a row says of itself that it is of another insurance than the section's.
pub(super) fn tells_another(raw: &Raw, own: Section) -> Option<&str> {
    let told = raw.iter().filter_map(|(key, value)| Some((key, told_by(key, value)?)));
    let told: Vec<(&str, Section)> = told.collect();
    let is_other = told.iter().all(|(_, section)| *section != own);
    told.first().filter(|_| is_other).map(|(key, _)| *key)
}

fn told_by(key: &str, value: &str) -> Option<Section> {
    // Most values are amounts and dates, and every value of every row is asked.
    if value.len() > 3 && !value.contains(['养', '医', '失', '工', '生']) {
        return None;
    }
    let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(found) = NAME.captures(&value) {
        return match &found[1] {
            "养老" => Some(Section::Oldage),
            "医疗" => Some(Section::Medical),
            "失业" => Some(Section::Unemploy),
            "工伤" => Some(Section::Injury),
            _ => Some(Section::Birth),
        };
    }
    let key = key.to_lowercase();
    let is_code = matches!(value.len(), 2 | 3) && value.bytes().all(|b| b.is_ascii_digit());
    if !is_code || !KEYS.iter().any(|part| key.contains(part)) {
        return None;
    }
    CODES.iter().find(|(first, _)| value.starts_with(first)).map(|(_, section)| *section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_its_insurance_by_name_or_national_code() {
        for (key, value, told) in [
            ("缴费险种", "企业职工基本养老保险", Some(Section::Oldage)),
            ("type", "医疗", Some(Section::Medical)),
            ("险种名称", "失业保险 费", Some(Section::Unemploy)),
            ("VPQ_AAE140", "410", Some(Section::Injury)),
            ("insurance", "51", Some(Section::Birth)),
            ("amount", "410", None),
            ("单位名称", "示例养老院", None),
            ("缴费类型", "生育津贴", None),
        ] {
            assert_eq!(told_by(key, value), told, "{key} {value}");
        }
    }
}
