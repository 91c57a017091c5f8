//! What could not be read, in the words of the person: by section, with the labels of the documents
//! and the portal's own names, and never a value.

use fiveone_model::finding::{Finding, FindingKind};
use fiveone_model::product::Product;
use fiveone_model::report::{Section, Table};
use serde_json::Value;

use crate::output::say;

/// Prints what the report says of itself; nothing when all was read.
pub(super) fn print(product: Product, data: &Value) {
    let lines = lines(product, data);
    if !lines.is_empty() {
        say(&format!("\n未能读取的内容\n{}", lines.join("\n")));
    }
}

/// One line a section, and below it one a thing. `findings` is only there for apps that have it
/// switched on; `fail` always is.
fn lines(product: Product, data: &Value) -> Vec<String> {
    let items = |name: &str| data[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let told: Vec<_> = items("findings").iter().filter_map(finding).collect();
    let mut lines = Vec::new();
    for &section in Section::of(product) {
        if items("fail").iter().any(|name| name == section.as_str()) {
            lines.push(format!("{}：整个部分没有读到", section.label()));
            continue;
        }
        let of_section = || told.iter().filter(|(of, _)| *of == section).map(|(_, odd)| odd);
        let mut words: Vec<_> =
            of_section().filter_map(|odd| words(section, product, odd)).collect();
        // Nothing of the report is lost with these, so they are one line however many they are.
        let unmapped: Vec<_> = of_section()
            .filter(|odd| odd.kind == FindingKind::Unmapped)
            .filter_map(|odd| odd.key.as_deref())
            .collect();
        if !unmapped.is_empty() {
            words.push(format!("网站上另有报告中没有的内容：{}", unmapped.join("、")));
        }
        if !words.is_empty() {
            lines.push(format!("{}：", section.label()));
            lines.extend(words.into_iter().map(|words| format!("  · {words}")));
        }
    }
    lines
}

/// A finding of an answer with its section; one of a kind that is newer than this program is passed
/// over.
fn finding(item: &Value) -> Option<(Section, Finding)> {
    let section = Section::parse(item["section"].as_str()?)?;
    Some((section, serde_json::from_value(item.clone()).ok()?))
}

/// A finding as a sentence; `None` for what is told in one line with its like.
fn words(section: Section, product: Product, finding: &Finding) -> Option<String> {
    let field = finding.field.as_deref().map_or("有一项", |name| label(section, product, name));
    let key = finding.key.as_deref().unwrap_or("?");
    Some(match finding.kind {
        FindingKind::Absent => format!("{field}：网站上没有“{key}”"),
        FindingKind::NotOffered => format!("{field}：该网站不提供“{key}”"),
        FindingKind::Renamed => match candidate(finding) {
            Some(new) => format!("{field}：网站上没有“{key}”，可能改名为“{new}”"),
            None => format!("{field}：网站上没有“{key}”，可能改了名称"),
        },
        FindingKind::Unmapped => return None,
        FindingKind::Unreadable => format!("{field}：网站上的内容无法识别，没有采用"),
        FindingKind::ImpossibleDate => format!("{field}：网站上的日期不存在，没有采用"),
        FindingKind::NoSide => "有的记录没有说明是存入还是支取，没有采用其金额".to_owned(),
        FindingKind::NotARow => "有的行缺少必要的内容，没有采用".to_owned(),
        FindingKind::IgnoredParameter => {
            format!("网站没有按“{key}”筛选，重复的记录只取了一次")
        }
        FindingKind::RepeatedRows => "网站重复给出了相同的记录，只取了一次".to_owned(),
    })
}

/// The new name that a finding suspects: it stands between backticks.
fn candidate(finding: &Finding) -> Option<&str> {
    finding.detail.as_deref()?.split('`').nth(1)
}

/// What a person reads for a field; its name where the documents have no such field.
fn label(section: Section, product: Product, name: &str) -> &str {
    let tables: &[Table] = match section {
        Section::Loans => {
            &[Table::LoanDetail, Table::LoanRepayer, Table::LoanRepay, Table::LoanOverdue]
        }
        _ => &[section.table(product)],
    };
    tables.iter().find_map(|table| table.field(name)).map_or(name, |field| field.label)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_finding_has_words_for_the_person() {
        let mut all: Vec<_> = FindingKind::ALL
            .into_iter()
            .map(|kind| {
                json!({
                    "section": "baseInfo",
                    "kind": kind.as_str(),
                    "field": "bindMobile",
                    "key": "手机号码",
                    "detail": "`联系手机` may be it",
                })
            })
            .collect();
        all.push(json!({ "section": "baseInfo", "kind": "unmapped", "key": "备注" }));
        let expected = [
            "基础信息：",
            "  · 绑定手机号：网站上没有“手机号码”",
            "  · 绑定手机号：网站上没有“手机号码”，可能改名为“联系手机”",
            "  · 绑定手机号：该网站不提供“手机号码”",
            "  · 绑定手机号：网站上的内容无法识别，没有采用",
            "  · 绑定手机号：网站上的日期不存在，没有采用",
            "  · 有的记录没有说明是存入还是支取，没有采用其金额",
            "  · 有的行缺少必要的内容，没有采用",
            "  · 网站没有按“手机号码”筛选，重复的记录只取了一次",
            "  · 网站重复给出了相同的记录，只取了一次",
            "  · 网站上另有报告中没有的内容：手机号码、备注",
        ];
        assert_eq!(lines(Product::Fund, &json!({ "fail": [], "findings": all })), expected);
    }

    #[test]
    fn sections_stand_in_the_documents_order_and_failed_ones_are_named() {
        let data = json!({
            "fail": ["billInfos"],
            "findings": [
                { "section": "loanInfos", "kind": "unreadable", "field": "repayname" },
                { "section": "loanInfos", "kind": "a_kind_of_later", "field": "loanNum" },
                { "section": "baseInfo", "kind": "absent", "field": "nobody", "key": "k" },
            ],
        });
        let expected = [
            "基础信息：",
            "  · nobody：网站上没有“k”",
            "缴存信息：整个部分没有读到",
            "贷款信息：",
            "  · 还款人姓名：网站上的内容无法识别，没有采用",
        ];
        assert_eq!(lines(Product::Fund, &data), expected);
        assert_eq!(lines(Product::Fund, &json!({ "code": "40001", "fail": [] })), [""; 0]);
    }
}
