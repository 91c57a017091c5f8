//! The page that was looked into last, kept until it is known whether the portal has changed.

use std::{collections::BTreeSet, sync::Arc};

use fiveone_model::{
    finding::Finding,
    report::{Section as Name, Table},
};
use url::Url;

use super::{Run, Vars};
use crate::{
    connector::{Connector, map_of},
    definition::{Map, Predicate, Request, Section},
    page::{Page, Prober, Scrubber, Standing, normal},
    read::look_of,
};

/// What an operator may see of a page: its build and its known labels, no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The step that fetched it.
    pub step: String,
    /// Its path, without the query and without numbers of people.
    pub path: String,
    /// What was not as it should be, where something was refused.
    pub reason: String,
    /// The page, values replaced by their kinds.
    pub page: String,
}

/// A page as it came.
pub(super) struct SeenPage {
    step: String,
    status: u16,
    url: Url,
    text: String,
}

impl Run {
    /// Remembers a page that is looked into; the one before is forgotten.
    pub(super) fn remember(&mut self, request: &Request, page: &Page) {
        let (status, url) = (page.status, page.url.clone());
        let seen = SeenPage { step: request.name(), status, url, text: page.text().to_owned() };
        self.seen = Some(Arc::new(seen));
        self.pages_seen += 1;
    }

    /// Whether one of these is true of the page that was looked into last. A page to log in at is what those
    /// see who are not logged in any more, and tells nothing.
    pub(super) fn last_page_is(&self, predicates: &[Predicate]) -> bool {
        let Some(seen) = &self.seen else { return false };
        let mut page = Page::of_text(seen.url.clone(), &seen.text);
        page.status = seen.status;
        if page.has_password_field() {
            return false;
        }
        let (locals, nothing) = (Vars::new(), Standing::default());
        let (cookies, scope) = (self.cookies(&page.url), self.scope(None, &locals));
        let prober = Prober::new(&page, &scope, &cookies, &nothing);
        predicates.iter().any(|predicate| prober.holds(predicate))
    }

    /// Whether a page to log in at came after pages with records.
    pub(super) fn has_lost_session(&self) -> bool {
        let Some(seen) = self.seen.as_ref().filter(|_| self.seen_records.is_some()) else {
            return false;
        };
        let page = Page::of_text(seen.url.clone(), &seen.text);
        !page.is_json() && page.has_password_field()
    }

    /// The page that was looked into last had records: what is odd about them is odd about this page.
    pub(super) fn remember_records(&mut self) {
        self.seen_records = self.seen.clone();
    }

    /// Forgets the pages: thousands wait for a code at once.
    pub(super) fn forget_pages(&mut self) {
        (self.seen, self.seen_records) = (None, None);
    }

    /// The last page with records when they have findings, else the page that was looked into last;
    /// without any value. The words of findings are shown: they are the portal's names, which is what
    /// the operator looks for.
    #[must_use]
    pub fn evidence(&self, findings: &[Finding]) -> Option<Evidence> {
        let records = self.seen_records.as_ref().filter(|_| !findings.is_empty());
        let seen = records.or(self.seen.as_ref())?;
        let mut words = known_words(&self.connector);
        let named = findings.iter().flat_map(|one| [&one.key, &one.detail]);
        let named = named.flatten().filter(|word| !self.whose.is_named_in(word));
        words.extend(named.map(|word| normal(word)));
        let page = Page::of_text(self.base_url().clone(), &seen.text);
        let scrubber = Scrubber { is_known: &|word| words.contains(word), kind_of: &look_of };
        let reason = self.log.last().outcome;
        Some(Evidence {
            step: seen.step.clone(),
            path: scrubber.address(seen.url.path()),
            reason,
            page: scrubber.page(&page),
        })
    }
}

/// Every label and key that a connector knows, as labels are compared.
fn known_words(connector: &Connector) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut add = |map: &Map| words.extend(map.iter().map(|(key, _)| normal(key)));
    for table in Table::ALL {
        connector.dictionaries.values().for_each(|dictionary| add(map_of(dictionary, table)));
    }
    let sections = Name::of(connector.product)
        .iter()
        .filter_map(|name| connector.definition.sections.get(*name));
    for section in sections.chain(connector.definition.lists.values()) {
        maps(section).for_each(&mut add);
    }
    words
}

/// The maps of a section and of the lists inside it.
fn maps(section: &Section) -> impl Iterator<Item = &Map> {
    let rows = section.rows().map(|rows| &rows.map);
    let record = section.record().iter().map(|source| &source.map);
    let parts = [&section.parts.repayers, &section.parts.repays, &section.parts.overdues];
    record.chain(rows).chain(parts.into_iter().flatten().map(|part| &part.rows.map))
}
