//! Whose records these are. Portals have answered with everybody's rows, so whatever names a person is
//! compared with the person who logged in, as far as it can be compared.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use fiveone_model::report::{Record, Value};
use serde::{Deserialize, Serialize};

use super::Raw;

/// How many spellings of a name in one list are compared with each other.
const SPELLINGS_MAX: usize = 64;

/// What is known of the person who logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Whose {
    /// The identity number that was typed.
    pub(crate) identity: Option<String>,
    /// The name that was typed, or that the base record told.
    pub(crate) name: Option<String>,
    /// The account of the base record.
    #[serde(default)]
    pub(crate) account: Option<String>,
    /// The account that was typed, where the person read that it is the one of the records; until the base
    /// record was held against it.
    #[serde(default)]
    pub(crate) typed_account: Option<String>,
}

/// How something on a page compares with the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    /// It is the person's, as far as can be seen.
    Same,
    /// It is somebody else's.
    Different,
    /// It cannot be compared: blank, of another kind, or nothing is known.
    Unknown,
}

/// Keys of a portal that name a person, by the names under which their values stand.
#[derive(Debug, Default)]
pub(crate) struct PersonKeys {
    pub(crate) identity: HashSet<String>,
    pub(crate) name: HashSet<String>,
}

impl Whose {
    /// Whether a word names the person: what stands before a colon may be `尊敬的张三`.
    pub(crate) fn is_named_in(&self, word: &str) -> bool {
        self.names().any(|own| own.chars().count() > 1 && word.contains(own))
    }

    /// The identity number, the name and the accounts, as far as they are known.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let known = [&self.identity, &self.name, &self.account, &self.typed_account];
        known.into_iter().flatten().map(String::as_str)
    }

    /// Whether a record as it is read names somebody else.
    pub(crate) fn is_of_other(&self, record: &Record) -> bool {
        let is_different =
            |own: Option<&String>, fields: &[&str], compare: fn(&str, &str) -> Match| {
                let told = fields.iter().filter_map(|field| match record.get(field) {
                    Some(Value::Text(told)) => Some(told.as_str()),
                    Some(_) | None => None,
                });
                let own = own.map(String::as_str);
                own.is_some_and(|own| {
                    told.into_iter().any(|told| compare(own, told) == Match::Different)
                })
            };
        is_different(self.identity.as_ref(), &["idCard", "idcard"], compare_identities)
            || is_different(self.name.as_ref(), &["employeeName", "name"], compare_names)
            || self.is_other_account(record)
    }

    /// Whether a record tells accounts and none is the one that was typed. A number of another form may
    /// be the same account, told otherwise.
    fn is_other_account(&self, record: &Record) -> bool {
        let Some(own) = &self.typed_account else { return false };
        let fields = ["houseFundAccount", "employeeAccountNum", "personalNo"];
        let told: Vec<&str> = fields
            .iter()
            .filter_map(|field| match record.get(field) {
                Some(Value::Text(told)) => Some(told.trim()),
                Some(_) | None => None,
            })
            .collect();
        let is_alike = |told: &&str| told.chars().count() == own.chars().count();
        told.iter().any(is_alike)
            && told.iter().all(|told| compare_masked(own, told) == Match::Different)
    }

    /// Whether a row or record names somebody else.
    pub(crate) fn is_other(&self, raw: &Raw, keys: &PersonKeys) -> bool {
        let is_different =
            |own: Option<&String>, names: &HashSet<String>, compare: fn(&str, &str) -> Match| {
                let Some(own) = own else { return false };
                raw.named(names).any(|(_, told)| compare(own, told) == Match::Different)
            };
        is_different(self.identity.as_ref(), &keys.identity, compare_identities)
            || is_different(self.name.as_ref(), &keys.name, compare_names)
    }
}

/// Whether rows name other accounts than the person's own: which of them are whose, nothing tells.
/// `keys` are those of the base record; under `declared`, which the file says of these rows, a second
/// account is too many also where the own one is not known.
pub(crate) fn are_of_other_accounts(
    raws: &[&Raw],
    own: Option<&str>,
    keys: &[String],
    declared: &[String],
) -> bool {
    let told = |key: &str| -> Vec<&str> {
        let name = raws.first().map_or_else(String::new, |raw| raw.key(key));
        raws.iter().map(|raw| raw.first_at(&name)).filter(|told| !told.is_empty()).collect()
    };
    let differs = |key: &String, own: &str| {
        let told = told(key);
        let is_own = |told: &&str| compare_masked(own, told) != Match::Different;
        let is_alike = |told: &&str| told.chars().count() == own.chars().count();
        // Numbers of another form may be the same account, told otherwise.
        !told.iter().all(is_own) && (told.iter().any(is_own) || told.iter().all(is_alike))
    };
    let are_several = |key: &String| {
        let told = told(key);
        told.iter().any(|other| compare_masked(told[0], other) == Match::Different)
    };
    own.is_some_and(|own| keys.iter().any(|key| differs(key, own)))
        || declared.iter().any(are_several)
}

/// Whether rows name more than one person: then some are somebody else's, whoever logged in.
pub(crate) fn are_of_several(raws: &[&Raw], keys: &PersonKeys) -> bool {
    let differ = |names: &HashSet<String>, compare: fn(&str, &str) -> Match| {
        let mut by_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, told) in raws.iter().flat_map(|raw| raw.named(names)) {
            by_name.entry(name).or_default().insert(told);
        }
        by_name.into_values().any(|told| {
            // Each with each: a mask may fit two people that do not fit each other.
            let told: Vec<&str> = told.into_iter().take(SPELLINGS_MAX).collect();
            let mut ahead = told.iter().enumerate();
            ahead.any(|(at, one)| {
                told[at + 1..].iter().any(|other| compare(one, other) == Match::Different)
            })
        })
    };
    differ(&keys.identity, compare_identities) || differ(&keys.name, compare_names)
}

/// Identity numbers of 15 and 18 digits, whole or masked. Others (passports) are not compared with
/// them: the same person may have both.
fn compare_identities(own: &str, told: &str) -> Match {
    let own = own.trim().to_ascii_uppercase();
    let told = told.trim().to_ascii_uppercase();
    let is_resident =
        |text: &str| matches!(text.chars().count(), 15 | 18) && text.chars().all(is_identity_char);
    if !is_resident(&own) || !is_resident(&told) {
        return Match::Unknown;
    }
    let is_masked = own.contains(['*', '＊']);
    match (own.chars().count(), told.chars().count()) {
        // A mask of another length may leave out as many as it likes.
        (own, told) if is_masked && own != told => Match::Unknown,
        (18, 15) => compare_masked(&old_form(&own), &told),
        (15, 18) => compare_masked(&own, &old_form(&told)),
        _ => compare_masked(&own, &told),
    }
}

fn is_identity_char(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, 'X' | '*' | '＊')
}

/// The fifteen digits that a number of eighteen was before: without the century and the check digit.
fn old_form(number: &str) -> String {
    number.chars().enumerate().filter(|(at, _)| !matches!(at, 6 | 7 | 17)).map(|(_, c)| c).collect()
}

/// Names, whole or masked (`*三`, `张**`); a name may have a remark in brackets behind it.
fn compare_names(own: &str, told: &str) -> Match {
    let plain = |text: &str| -> String {
        let text = text.split(['(', '（', '[']).next().unwrap_or_default();
        text.chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '·' | '•' | '.' | '．'))
            .collect()
    };
    // A rare character may be written in several ways, so it is compared with none.
    let is_rare = |c: char| {
        matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{e000}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
            || matches!(c, '?' | '？' | '□' | '〓' | char::REPLACEMENT_CHARACTER)
    };
    let masked = |text: String| -> String {
        text.chars().map(|c| if is_rare(c) { '*' } else { c }).collect()
    };
    let (own, told) = (masked(plain(own)), masked(plain(told)));
    let is_plain =
        |text: &str| text.chars().all(|c| matches!(c, '\u{4e00}'..='\u{9fff}' | '*' | '＊'));
    if own.is_empty() || !is_plain(&own) || !is_plain(&told) {
        return Match::Unknown;
    }
    compare_masked(&own, &told)
}

/// Two texts of which stars hide characters: those that can be seen must agree.
fn compare_masked(own: &str, told: &str) -> Match {
    let told = told.trim();
    if told.is_empty() {
        return Match::Unknown;
    }
    let is_star = |c: char| matches!(c, '*' | '＊' | '×');
    if own == told {
        return Match::Same;
    }
    if !own.chars().chain(told.chars()).any(is_star) {
        return Match::Different;
    }
    if own.chars().count() == told.chars().count() {
        let agree = own.chars().zip(told.chars()).all(|(a, b)| a == b || is_star(a) || is_star(b));
        return if agree { Match::Same } else { Match::Different };
    }
    // A mask of another length: what stands before and after it must be the person's.
    let masked = if told.chars().any(is_star) { told } else { own };
    let whole = if masked == told { own } else { told };
    let head: String = masked.chars().take_while(|c| !is_star(*c)).collect();
    let tail: String = masked.chars().rev().take_while(|c| !is_star(*c)).collect::<String>();
    let tail: String = tail.chars().rev().collect();
    if whole.starts_with(&head) && whole.ends_with(&tail) { Match::Same } else { Match::Different }
}

#[cfg(test)]
mod tests {
    use fiveone_model::report::{Record, Table, Value};

    use super::{Match, Whose, compare_identities, compare_masked, compare_names};

    #[test]
    fn a_record_is_somebody_elses_whatever_its_values_came_from() {
        let own = Whose {
            identity: Some("990102199001011237".to_owned()),
            name: Some("张三".to_owned()),
            ..Whose::default()
        };
        let record = |identity: &str, name: &str| {
            let mut record = Record::new(Table::InsuranceBase);
            assert!(record.set("idcard", Value::Text(identity.to_owned())));
            assert!(record.set("name", Value::Text(name.to_owned())));
            record
        };
        assert!(!own.is_of_other(&record("990102********1237", "张三")));
        assert!(!own.is_of_other(&record("E00000001", "*三")));
        assert!(own.is_of_other(&record("990102199001011245", "张三")));
        assert!(own.is_of_other(&record("450***********9876", "张三")));
        assert!(own.is_of_other(&record("990102199001011237", "李四")));
        assert!(!Whose::default().is_of_other(&record("990102199001011245", "李四")));
    }

    #[test]
    fn a_record_of_another_account_than_the_typed_one_is_somebody_elses() {
        let own = Whose { typed_account: Some("20170001".to_owned()), ..Whose::default() };
        let record = |fund: &str, number: &str| {
            let mut record = Record::new(Table::FundBase);
            assert!(record.set("houseFundAccount", Value::Text(fund.to_owned())));
            assert!(record.set("employeeAccountNum", Value::Text(number.to_owned())));
            record
        };
        assert!(own.is_of_other(&record("20170002", "9")));
        assert!(own.is_of_other(&record("2017***2", "9")));
        assert!(!own.is_of_other(&record("20170001", "9")));
        assert!(!own.is_of_other(&record("88", "20170001")));
        assert!(!own.is_of_other(&record("2017***1", "9")));
        assert!(!own.is_of_other(&record("330020170001", "9")), "another form");
        assert!(!Whose::default().is_of_other(&record("20170002", "9")));
    }

    #[test]
    fn people_are_compared_as_far_as_they_can_be_seen() {
        let id = "990102199001011237";
        for (told, expect) in [
            (id, Match::Same),
            ("990102900101123", Match::Same),
            ("9901**********1237", Match::Same),
            ("9901**********1238", Match::Different),
            ("990102199001011245", Match::Different),
            ("E00000001", Match::Unknown),
            ("", Match::Unknown),
        ] {
            assert_eq!(compare_identities(id, told), expect, "{told}");
        }
        for (told, expect) in [
            (id, Match::Same),
            ("990102********1237", Match::Same),
            ("990102199001011245", Match::Different),
            ("990102900101123", Match::Unknown),
        ] {
            assert_eq!(compare_identities("9901**********1237", told), expect, "{told}");
        }
        for (told, expect) in [
            ("张三", Match::Same),
            ("张三（男）", Match::Same),
            ("*三", Match::Same),
            ("李四", Match::Different),
            ("李*", Match::Different),
            ("Zhang San", Match::Unknown),
        ] {
            assert_eq!(compare_names("张三", told), expect, "{told}");
        }
        for (told, expect) in [
            ("蒋试𬭛", Match::Same),
            ("蒋试？", Match::Same),
            ("蒋试yan", Match::Unknown),
            ("王二", Match::Different),
            ("王试𬭛", Match::Different),
        ] {
            assert_eq!(compare_names("蒋试𬭛", told), expect, "{told}");
        }
        assert_eq!(compare_masked("62220001", "6222***1"), Match::Same);
        assert_eq!(compare_masked("62220001", "62**1"), Match::Same);
        assert_eq!(compare_masked("62220001", "62**2"), Match::Different);
    }
}
