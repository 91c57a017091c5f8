//! Portals that may have changed: a key that several people in a row do not have, or one that seems
//! to have another name now. An operator hears of it once, until a person has the key again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use fiveone_connector::Reading;
use fiveone_model::area::AreaCode;
use fiveone_model::finding::{Finding, FindingKind};
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_store::TaskRow;

/// So many people in a row without a key: it is the portal that does not have it.
const PEOPLE_WITHOUT: u32 = 3;

/// A field that lacks its key, and in which way.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lack {
    kind: FindingKind,
    field: Option<String>,
    key: Option<String>,
}

/// A section of an area's reports.
type Place = (Product, AreaCode, Section);

/// How often each key was missed in a row, as this node saw it.
#[derive(Default)]
pub(crate) struct PortalChanges {
    in_a_row: Mutex<HashMap<Place, BTreeMap<Lack, u32>>>,
}

impl PortalChanges {
    /// Takes note of a section that was read, and tells of what may have changed. The log has the
    /// names that the connector knows, and nothing of the person's.
    pub(crate) fn note(&self, task: &TaskRow, section: Section, reading: &Reading) {
        let place = (task.product, task.area.clone(), section);
        for suspected in self.suspected(place, reading) {
            tracing::warn!(
                product = %task.product,
                area = %task.area,
                section = section.as_str(),
                field = suspected.field.as_deref().unwrap_or_default(),
                key = suspected.key.as_deref().unwrap_or_default(),
                kind = suspected.kind.as_str(),
                "the portal may have changed"
            );
            metrics::counter!(
                crate::metric::PORTAL_CHANGES,
                "product" => task.product.as_str(),
                "area" => task.area.as_str().to_owned(),
                "kind" => suspected.kind.as_str()
            )
            .increment(1);
        }
    }

    /// The lacks that have just become as many as it takes. A section without rows has no keys at
    /// all, so it neither counts nor ends a row of others.
    fn suspected<'r>(&self, place: Place, reading: &'r Reading) -> Vec<&'r Finding> {
        if reading.content.is_empty() {
            return Vec::new();
        }
        let mut all = self.in_a_row.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = all.entry(place).or_default();
        let before = std::mem::take(counts);
        let mut suspected = Vec::new();
        for finding in &reading.findings {
            let Some(needed) = people_needed(finding.kind) else { continue };
            let lack =
                Lack { kind: finding.kind, field: finding.field.clone(), key: finding.key.clone() };
            // Loans are several tables: two of them may lack the same.
            if counts.contains_key(&lack) {
                continue;
            }
            let count = before.get(&lack).copied().unwrap_or_default().saturating_add(1);
            if count == needed {
                suspected.push(finding);
            }
            counts.insert(lack, count);
        }
        suspected
    }
}

/// How many people in a row must lack it before the portal is suspected; `None` for what says
/// nothing of its keys. A new kind of finding must say here what it means.
const fn people_needed(kind: FindingKind) -> Option<u32> {
    match kind {
        FindingKind::Absent => Some(PEOPLE_WITHOUT),
        FindingKind::Renamed => Some(1),
        FindingKind::Unmapped
        | FindingKind::Unreadable
        | FindingKind::ImpossibleDate
        | FindingKind::NoSide
        | FindingKind::NotARow
        | FindingKind::IgnoredParameter
        | FindingKind::RepeatedRows => None,
    }
}

#[cfg(test)]
mod tests {
    use fiveone_model::report::{Content, Record, Table};
    use fiveone_testkit::{TestStore, build};
    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

    use super::*;
    use crate::Options;
    use crate::wiring::tests::{admit_for_another_node, wiring};

    fn reading(findings: &[Finding]) -> Reading {
        let content = Content::Record(Record::new(Table::FundBase));
        Reading { content, findings: findings.to_vec() }
    }

    fn absent(field: &str) -> Finding {
        Finding::of_field(FindingKind::Absent, field).with_key("联系电话")
    }

    fn place(area: &str) -> Place {
        (Product::Fund, AreaCode::parse(area).unwrap(), Section::Base)
    }

    #[test]
    fn a_key_is_suspected_once_when_three_people_in_a_row_lack_it() {
        let changes = PortalChanges::default();
        let lacks = reading(&[absent("bindMobile")]);
        let has = reading(&[]);
        let empty = Reading { content: Content::Rows(Vec::new()), findings: Vec::new() };
        let told = |area: &str, reading| changes.suspected(place(area), reading).len();
        let in_turn = [
            (&lacks, 0),
            (&lacks, 0),
            (&has, 0),
            (&lacks, 0),
            (&lacks, 0),
            (&empty, 0),
            (&lacks, 1),
            (&lacks, 0),
            (&has, 0),
            (&lacks, 0),
            (&lacks, 0),
            (&lacks, 1),
        ];
        for (number, (reading, expected)) in in_turn.into_iter().enumerate() {
            assert_eq!(told("210300", reading), expected, "person {number}");
        }
        assert_eq!(told("630100", &lacks), 0, "another area counts for itself");
    }

    #[test]
    fn each_key_counts_for_itself_and_a_new_name_at_once() {
        let changes = PortalChanges::default();
        let told = |findings: &[Finding]| {
            let reading = reading(findings);
            let suspected = changes.suspected(place("210300"), &reading);
            suspected.into_iter().cloned().collect::<Vec<_>>()
        };
        let renamed = |detail: &str| {
            let finding = Finding::of_field(FindingKind::Renamed, "gender").with_key("性别");
            finding.with_detail(detail)
        };
        assert_eq!(told(&[renamed("a")]), [renamed("a")]);
        assert_eq!(told(&[renamed("b"), absent("bindMobile")]), [], "told already");
        assert_eq!(told(&[absent("bindMobile"), absent("bindMobile")]), []);
        let last = [absent("bindMobile"), absent("bankName"), renamed("a")];
        assert_eq!(told(&last), [absent("bindMobile"), renamed("a")]);
    }

    /// Remembers what is counted.
    #[derive(Default)]
    struct Counted(Mutex<Vec<String>>);

    impl metrics::Recorder for Counted {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            let labels: Vec<_> =
                key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            self.0.lock().unwrap().push(format!("{} {}", key.name(), labels.join(" ")));
            Counter::noop()
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[tokio::test]
    async fn a_suspected_change_is_counted_by_product_area_and_kind() {
        let store = TestStore::sqlite().await;
        let wiring = wiring(&store, Options::default()).await;
        admit_for_another_node(&wiring, 1).await;
        let task = store.read.task(&build::task_id(1)).await.unwrap().unwrap();
        let changes = PortalChanges::default();
        let renamed = reading(&[Finding::of_field(FindingKind::Renamed, "gender")]);
        let counted = Counted::default();
        metrics::with_local_recorder(&counted, || {
            changes.note(&task, Section::Base, &renamed);
            changes.note(&task, Section::Base, &renamed);
        });
        let expected =
            "fiveone_portal_changes_suspected_total product=fund area=210300 kind=renamed";
        assert_eq!(*counted.0.lock().unwrap(), [expected]);
    }

    #[test]
    fn only_lost_and_renamed_keys_say_that_a_portal_has_changed() {
        let changes = PortalChanges::default();
        for kind in FindingKind::ALL {
            let reading = reading(&[Finding::of_field(kind, "gender")]);
            let told: Vec<_> =
                (0..4).map(|_| changes.suspected(place("210300"), &reading).len()).collect();
            let expected = match kind {
                FindingKind::Absent => [0, 0, 1, 0],
                FindingKind::Renamed => [1, 0, 0, 0],
                _ => [0; 4],
            };
            assert_eq!(told, expected, "{}", kind.as_str());
        }
    }
}
