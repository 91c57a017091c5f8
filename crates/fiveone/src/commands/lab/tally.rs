//! Counts what became of strangers, by family and by dimension, and shows it.

use std::collections::BTreeMap;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde_json::{Value, json};

use super::attempt::{Attempt, Fate, Outcome};
use super::compare::Standing;

/// Under this name strangers are counted that differ in nothing.
const PLAIN: &str = "(none)";

/// What became of some strangers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    strangers: u64,
    sections: u64,
    equal: u64,
    named: u64,
    unnamed: u64,
    lost: u64,
    wrong: u64,
    extras: u64,
    charged: u64,
    /// Logins that had to be refused, and those refused with the right code.
    refusals: u64,
    right: u64,
}

impl Count {
    fn add(&mut self, outcome: &Outcome) {
        self.strangers += 1;
        self.charged += u64::from(outcome.charged.is_some());
        if let Some((due, code)) = outcome.verdict {
            self.refusals += 1;
            self.right += u64::from(due == code);
        }
        for (_, fate) in &outcome.sections {
            self.sections += 1;
            *match fate {
                Fate::Read(Standing::Equal) => &mut self.equal,
                Fate::Read(Standing::Named(_)) => &mut self.named,
                Fate::Read(Standing::Unnamed(_)) => &mut self.unnamed,
                Fate::Read(Standing::Extras(_)) => &mut self.extras,
                Fate::Read(Standing::Wrong(_)) => &mut self.wrong,
                Fate::Lost(_) => &mut self.lost,
            } += 1;
        }
    }

    /// Sections of a thousand that are equal, or equal but for named absences.
    fn good_per_mille(&self) -> u64 {
        (self.equal + self.named) * 1_000 / self.sections.max(1)
    }

    fn json(&self) -> Value {
        json!({
            "strangers": self.strangers,
            "sections": self.sections,
            "equal": self.equal,
            "named_absences": self.named,
            "unnamed_absences": self.unnamed,
            "lost_and_told": self.lost,
            "wrong_in_silence": self.wrong,
            "extras": self.extras,
            "charged_wrongly": self.charged,
            "refusals": self.refusals,
            "refusals_right": self.right,
        })
    }

    fn cells(&self, name: &str) -> Vec<Cell> {
        let good = self.good_per_mille();
        let numbers = [
            self.strangers,
            self.sections,
            self.equal,
            self.named,
            self.unnamed,
            self.lost,
            self.wrong,
            self.extras,
            self.charged,
        ];
        let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let mut cells = vec![Cell::new(name)];
        cells.extend(numbers.map(|n| number(n.to_string())));
        cells.push(number(format!("{}.{} %", good / 10, good % 10)));
        cells.push(number(format!("{}/{}", self.right, self.refusals)));
        cells
    }
}

/// All counts of a measure.
#[derive(Debug, Default)]
pub(super) struct Tally {
    all: Count,
    families: BTreeMap<&'static str, Count>,
    dimensions: BTreeMap<&'static str, Count>,
}

impl Tally {
    /// Counts an outcome once for its family and once for each dimension in which it differed.
    pub(super) fn add(
        &mut self,
        attempt: &Attempt,
        dimensions: &[&'static str],
        outcome: &Outcome,
    ) {
        self.all.add(outcome);
        self.families.entry(attempt.city.family).or_default().add(outcome);
        for name in dimensions {
            self.dimensions.entry(name).or_default().add(outcome);
        }
        if dimensions.is_empty() {
            self.dimensions.entry(PLAIN).or_default().add(outcome);
        }
    }

    /// Whether nothing was wrong in silence and nothing charged wrongly.
    pub(super) fn is_good(&self) -> bool {
        self.all.wrong == 0 && self.all.charged == 0
    }

    /// The counts for programs.
    pub(super) fn json(&self) -> Value {
        let of = |counts: &BTreeMap<&'static str, Count>| -> Value {
            counts.iter().map(|(name, count)| ((*name).to_owned(), count.json())).collect()
        };
        json!({
            "all": self.all.json(),
            "families": of(&self.families),
            "dimensions": of(&self.dimensions),
        })
    }

    /// The counts for people.
    pub(super) fn tables(&self) -> String {
        let mut families = sheet("family");
        for (name, count) in &self.families {
            families.add_row(count.cells(name));
        }
        families.add_row(self.all.cells("all"));
        let mut dimensions = sheet("dimension");
        for (name, count) in &self.dimensions {
            dimensions.add_row(count.cells(name));
        }
        format!("{families}\n\n{dimensions}")
    }

    /// One line that says it all.
    pub(super) fn summary(&self) -> String {
        let (all, good) = (&self.all, self.all.good_per_mille());
        format!(
            "{} strangers, {} sections: {}.{} % equal or equal but for named absences, {} wrong in \
             silence, {} charged wrongly",
            all.strangers,
            all.sections,
            good / 10,
            good % 10,
            all.wrong,
            all.charged
        )
    }
}

fn sheet(first: &str) -> Table {
    let mut sheet = Table::new();
    sheet.load_style(presets::UTF8_FULL_CONDENSED);
    sheet.set_content_arrangement(ContentArrangement::Disabled);
    let columns = [
        first,
        "strangers",
        "sections",
        "equal",
        "named",
        "unnamed",
        "lost",
        "WRONG",
        "extras",
        "CHARGED",
        "good",
        "refused right",
    ];
    sheet.set_header(columns);
    sheet
}
