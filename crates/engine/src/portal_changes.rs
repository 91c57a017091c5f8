//! Portals that may have changed: a key that several people in a row do not have, one that seems to
//! have another name now, or a page that could not be read at all. An operator hears of it once, until
//! a person has the key again, or the page is read.

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

/// The word for a page that could not be read, beside the kinds of findings.
const UNEXPECTED_PAGE: &str = "unexpected_page";

/// A field that lacks its key, and in which way.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lack {
    kind: FindingKind,
    field: Option<String>,
    key: Option<String>,
}

/// A part of an area's portal: a section of its reports, or the login.
type Place = (Product, AreaCode, Option<Section>);

/// What was odd about a part for whoever came last.
#[derive(Default)]
struct Oddities {
    /// How often each key was missed in a row.
    in_a_row: BTreeMap<Lack, u32>,
    /// Whether its page could not be read.
    is_refused: bool,
}

/// What is odd about portals, as this node saw it.
#[derive(Default)]
pub(crate) struct PortalChanges {
    places: Mutex<HashMap<Place, Oddities>>,
}

impl PortalChanges {
    /// Takes note of a section that was read, and tells which of its findings say, just now, that the
    /// portal has changed. The log has the names that the connector knows, and nothing of the person's.
    pub(crate) fn read(&self, task: &TaskRow, section: Section, reading: &Reading) -> Vec<Finding> {
        let suspected = self.suspected(place_of(task, Some(section)), reading);
        for finding in &suspected {
            tell(task, Some(section), finding.kind.as_str(), Some(finding));
        }
        suspected
    }

    /// Takes note of a page that could not be read; whether it is the first since the part was well.
    pub(crate) fn refused(&self, task: &TaskRow, section: Option<Section>) -> bool {
        let is_first =
            self.with(place_of(task, section), |odd| !std::mem::replace(&mut odd.is_refused, true));
        if is_first {
            tell(task, section, UNEXPECTED_PAGE, None);
        }
        is_first
    }

    /// Takes note of a login that went well.
    pub(crate) fn logged_in(&self, task: &TaskRow) {
        self.with(place_of(task, None), |odd| odd.is_refused = false);
    }

    fn with<T>(&self, place: Place, change: impl FnOnce(&mut Oddities) -> T) -> T {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        change(places.entry(place).or_default())
    }

    /// The lacks that have just become as many as it takes. A section without rows has no keys at
    /// all, so it neither counts nor ends a row of others.
    fn suspected(&self, place: Place, reading: &Reading) -> Vec<Finding> {
        self.with(place, |odd| {
            odd.is_refused = false;
            if reading.content.is_empty() {
                return Vec::new();
            }
            let before = std::mem::take(&mut odd.in_a_row);
            let mut suspected = Vec::new();
            for finding in &reading.findings {
                let Some(needed) = people_needed(finding.kind) else { continue };
                let (field, key) = (finding.field.clone(), finding.key.clone());
                let lack = Lack { kind: finding.kind, field, key };
                // Loans are several tables: two of them may lack the same.
                if odd.in_a_row.contains_key(&lack) {
                    continue;
                }
                let count = before.get(&lack).copied().unwrap_or_default().saturating_add(1);
                if count == needed {
                    suspected.push(finding.clone());
                }
                odd.in_a_row.insert(lack, count);
            }
            suspected
        })
    }
}

fn place_of(task: &TaskRow, section: Option<Section>) -> Place {
    (task.product, task.area.clone(), section)
}

/// Tells operators: in the log, and by a counter.
fn tell(task: &TaskRow, section: Option<Section>, kind: &'static str, finding: Option<&Finding>) {
    let word = |of: fn(&Finding) -> &Option<String>| finding.and_then(|one| of(one).as_deref());
    tracing::warn!(
        product = %task.product,
        area = %task.area,
        part = section.map_or("login", Section::as_str),
        field = word(|finding| &finding.field).unwrap_or_default(),
        key = word(|finding| &finding.key).unwrap_or_default(),
        kind,
        "the portal may have changed; `fiveone area evidence` shows the page"
    );
    metrics::counter!(
        crate::metric::PORTAL_CHANGES,
        "product" => task.product.as_str(),
        "area" => task.area.as_str().to_owned(),
        "kind" => kind
    )
    .increment(1);
}

/// How many people in a row must lack it before the portal is suspected; `None` for what says
/// nothing of its keys. A new kind of finding must say here what it means.
const fn people_needed(kind: FindingKind) -> Option<u32> {
    match kind {
        FindingKind::Absent => Some(PEOPLE_WITHOUT),
        FindingKind::Renamed => Some(1),
        FindingKind::NotOffered
        | FindingKind::Unmapped
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
        (Product::Fund, AreaCode::parse(area).unwrap(), Some(Section::Base))
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
            changes.suspected(place("210300"), &reading)
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
            changes.read(&task, Section::Base, &renamed);
            changes.read(&task, Section::Base, &renamed);
            // Of pages that cannot be read, only the first since it went well is told.
            assert!(changes.refused(&task, None));
            assert!(!changes.refused(&task, None));
            changes.logged_in(&task);
            assert!(changes.refused(&task, None));
            assert!(changes.refused(&task, Some(Section::Base)));
            changes.read(&task, Section::Base, &renamed);
            assert!(changes.refused(&task, Some(Section::Base)));
        });
        let name = "fiveone_portal_changes_suspected_total product=fund area=210300 kind=";
        let kinds = ["renamed", "unexpected_page", "unexpected_page", "unexpected_page"]
            .into_iter()
            .chain(["unexpected_page"]);
        let expected: Vec<_> = kinds.map(|kind| format!("{name}{kind}")).collect();
        assert_eq!(*counted.0.lock().unwrap(), expected);
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
