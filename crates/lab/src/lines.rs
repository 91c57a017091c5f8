//! The facts of a record as one stranger arranges them: some absent, in its own order, under its own
//! spelling, with neighbours that nobody knows.

use serde_json::{Map, Value};

use crate::calendar::Day;
use crate::notation::Notation;
use crate::shown::{Fact, Shown, aside};
use crate::spelling;
use crate::vary::{Dimension, Vary};

/// A label or key with its value, ready to be written down.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) fact: Fact,
    /// The identifier; another one on a redesigned page.
    pub(crate) name: String,
    /// Where it stands among the lines.
    place: usize,
    /// The value as printed, not yet escaped.
    pub(crate) text: String,
    /// The value in JSON; nothing when the key is left out.
    pub(crate) value: Option<Value>,
}

/// How facts are arranged.
pub(crate) struct Arranging<'a> {
    pub(crate) vary: &'a Vary,
    pub(crate) notation: Notation,
    /// Whether the page was redesigned since connectors were written (`changed`, `changedrows`).
    pub(crate) is_changed: bool,
}

impl Arranging<'_> {
    /// The lines of a record, in the stranger's order.
    pub(crate) fn lines(&self, facts: &[Fact]) -> Vec<Line> {
        let facts = arranged(self.vary, facts);
        facts.iter().enumerate().map(|(place, fact)| self.line(place, fact)).collect()
    }

    fn line(&self, place: usize, fact: &Fact) -> Line {
        let name =
            if self.is_changed { format!("col{place}") } else { fact.key(self.vary).to_owned() };
        Line {
            name,
            place,
            text: self.notation.text(&fact.value),
            value: self.notation.value(fact),
            fact: fact.clone(),
        }
    }

    /// A record as a JSON object.
    pub(crate) fn object(&self, facts: &[Fact]) -> Value {
        let lines = self.lines(facts);
        let pairs = lines.into_iter().filter_map(|line| Some((line.name, line.value?)));
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    /// The label as the portal spells it; another one on a redesigned page.
    pub(crate) fn label(&self, line: &Line) -> String {
        if self.is_changed {
            format!("栏目{}", line.place)
        } else {
            spelling::label(self.vary, &line.fact)
        }
    }

    /// What a label cell holds.
    pub(crate) fn label_cell(&self, line: &Line) -> String {
        format!("{}{}", self.label(line), spelling::colon(self.vary))
    }
}

/// The facts that are there, in the stranger's order, with its additions.
fn arranged(vary: &Vary, facts: &[Fact]) -> Vec<Fact> {
    let mut facts: Vec<Fact> = facts.iter().filter(|fact| fact.is_on(vary)).cloned().collect();
    if vary.has(Dimension::Moved) {
        facts.sort_by_key(|fact| vary.rng(Dimension::Moved, fact.name).draw());
    }
    if vary.has(Dimension::Added) {
        for extra in extras() {
            let mut rng = vary.rng(Dimension::Added, extra.name);
            if rng.one_in(2) {
                facts.insert(rng.below(facts.len() + 1), extra);
            }
        }
    }
    facts
}

/// What other portals show beside: none of it is in the documents.
fn extras() -> Vec<Fact> {
    vec![
        aside("czy", Shown::text("系统管理员")).label("操作员"),
        aside("djzs", Shown::text("1")).label("单据张数"),
        aside("djje", Shown::Money(12_345)).label("冻结金额"),
        aside("dycs", Shown::text("0")).label("打印次数"),
        aside("gxsj", Shown::Day(Some(Day { year: 2016, month: 2, day: 3 }))).label("数据更新时间"),
        aside("qd", Shown::text("网厅")).label("业务渠道"),
        aside("yl1", Shown::text("")).label("预留"),
    ]
}
