//! One fact of a record: what a portal calls it, which field of the documents it is, and its value.
//! Pages and truth are made from the same facts, so that they cannot disagree.

use crate::calendar::{Day, Month};
use crate::facts::{self, Facts};
use crate::money::Cents;
use crate::vary::{Dimension, Vary};

/// Of so many keys one is absent from a portal that lacks some.
const ABSENT_ONE_IN: usize = 5;

/// A value and its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    Text(String),
    /// A text where there is one.
    Maybe(Option<String>),
    /// A code of the portal and what it stands for.
    Code(&'static str, &'static str),
    Money(Cents),
    /// An amount that the portal prints with its unit.
    Yuan(Cents),
    /// An amount whose field the documents type as text.
    MoneyText(Cents),
    /// A ratio in percent.
    Ratio(i64),
    /// The ratios of person and employer in one cell.
    Ratios(i64, i64),
    Day(Option<Day>),
    Month(Option<Month>),
    /// The month of a birthday, which nobody could tell from a day if it were written as one.
    BirthMonth(Month),
}

impl Shown {
    /// A text.
    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// A text where there is one.
    pub(crate) fn maybe(value: Option<&str>) -> Self {
        Self::Maybe(value.map(str::to_owned))
    }

    /// The amount, when it is one.
    pub(crate) fn cents(&self) -> Option<Cents> {
        match self {
            Self::Money(cents) | Self::Yuan(cents) | Self::MoneyText(cents) => Some(*cents),
            _ => None,
        }
    }
}

/// A text, in lists of facts.
pub(crate) fn text(value: impl Into<String>) -> Shown {
    Shown::Text(value.into())
}

/// A fact of a record.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    /// The key or identifier on the portal.
    pub(crate) name: &'static str,
    /// Another known name of the key; the name again where none is known.
    alias: &'static str,
    /// The label beside or above it; the name again where there is no other.
    pub(crate) label: &'static str,
    /// The field of the documents; blank when they have none.
    pub(crate) field: &'static str,
    pub(crate) value: Shown,
    /// Whether the record is none without it: it is on every portal.
    is_essential: bool,
    /// Whether the sources leave open that it is this field: a reader may take it or leave it.
    is_open: bool,
}

/// A fact by its name and field.
pub(crate) fn fact(name: &'static str, field: &'static str, value: Shown) -> Fact {
    Fact { name, alias: name, label: name, field, value, is_essential: false, is_open: false }
}

/// What the documents have no field for.
pub(crate) fn aside(name: &'static str, value: Shown) -> Fact {
    fact(name, "", value)
}

impl Fact {
    /// A label of its own.
    pub(crate) fn label(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    /// Another known name of the key.
    pub(crate) fn alias(self, alias: &'static str) -> Self {
        Self { alias, ..self }
    }

    /// The key as this portal has it.
    pub(crate) fn key(&self, vary: &Vary) -> &'static str {
        let is_other =
            vary.has(Dimension::Aliases) && !vary.rng(Dimension::Aliases, self.name).one_in(3);
        if is_other { self.alias } else { self.name }
    }

    /// Never absent.
    pub(crate) fn essential(self) -> Self {
        Self { is_essential: true, ..self }
    }

    /// Taken for its field by some readers, and left by others.
    pub(crate) fn open(self) -> Self {
        Self { is_open: true, ..self }
    }

    /// Whether the portal has it at all.
    pub(crate) fn is_on(&self, vary: &Vary) -> bool {
        self.is_essential
            || !vary.has(Dimension::Absent)
            || !vary.rng(Dimension::Absent, self.name).one_in(ABSENT_ONE_IN)
    }

    /// Whether the portal prints nothing for it, as some do for zero.
    pub(crate) fn is_blank(&self, vary: &Vary) -> bool {
        vary.has(Dimension::ZeroBlank) && self.value.cents() == Some(0)
    }
}

/// The object that facts amount to: what a perfect reader reports of them.
pub(crate) fn told(vary: &Vary, facts: &[Fact]) -> Facts {
    facts
        .iter()
        .filter(|fact| !fact.field.is_empty() && fact.is_on(vary) && !fact.is_blank(vary))
        .fold(Facts::default(), tell)
}

fn tell(told: Facts, fact: &Fact) -> Facts {
    let open = format!("{}{}", facts::OPEN, fact.field);
    let field = if fact.is_open { open.as_str() } else { fact.field };
    match &fact.value {
        Shown::Text(text) => told.text(field, text),
        Shown::Maybe(text) => told.maybe(field, text.as_deref()),
        Shown::Code(_, text) => told.text(field, text),
        Shown::Money(cents) | Shown::Yuan(cents) => told.money(field, *cents),
        Shown::MoneyText(cents) => told.money_text(field, *cents),
        Shown::Ratio(percent) => told.text(field, ratio(*percent)),
        Shown::Ratios(own, unit) => {
            told.text("depositRatioPersonal", ratio(*own)).text("depositRatioCompany", ratio(*unit))
        }
        Shown::Day(day) => told.day(field, *day),
        Shown::Month(month) => told.month(field, *month),
        Shown::BirthMonth(month) => told.month(field, *month),
    }
}

/// A ratio as a report has it.
fn ratio(percent: i64) -> String {
    format!("{percent}.00%")
}
