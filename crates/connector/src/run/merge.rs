//! The rows of all turns of a section together: what a portal brings twice, and what it brings whatever it
//! is asked for.

use fiveone_model::finding::{Finding, FindingKind};

use super::{
    loops::Turn,
    overlap::{are_same, without_overlap},
    section_reader::SectionReader,
};
use crate::{
    definition::Overlap,
    read::{ReadRow, days_of},
    unexpected::UnexpectedPage,
};

/// Rows of one turn, with what was asked for.
pub(super) struct TurnRead {
    pub(super) turn: Turn,
    pub(super) rows: Vec<ReadRow>,
}

impl SectionReader<'_> {
    /// The rows of all turns together.
    ///
    /// A portal that does not look at the year it is asked for answers every turn with everything. Its
    /// own dates then tell which rows there are; without dates nothing does.
    pub(super) fn merge(&mut self, turns: Vec<TurnRead>) -> Result<Vec<ReadRow>, UnexpectedPage> {
        let outside = turns.iter().find(|read| read.has_rows_outside());
        let twins = turns.iter().enumerate().find(|(at, read)| {
            !read.rows.is_empty()
                && turns[at + 1..].iter().any(|other| are_same(&read.rows, &other.rows))
        });
        let ignored = outside.or(twins.map(|(_, read)| read));
        if let Some(read) = ignored {
            let parameter = read.turn.parameter.clone().unwrap_or_default();
            // A date that no calendar has tells a row from others all the same.
            let is_dated = |row: &ReadRow| {
                let text = self.wanted.mapping.date_text(&row.raw);
                days_of(&row.record).next().is_some() || text.chars().any(|c| c.is_ascii_digit())
            };
            let has_dates = turns.iter().flat_map(|read| &read.rows).all(is_dated);
            if !has_dates {
                let reason = format!("every `{parameter}` brings the same rows, and none a date");
                return Err(UnexpectedPage::portal(reason));
            }
            // The portal offers years to choose from, and answers each with the same one: those of the
            // other years are nowhere.
            let days: Vec<_> = turns
                .iter()
                .flat_map(|read| &read.rows)
                .flat_map(|row| days_of(&row.record))
                .collect();
            let are_years = turns.iter().all(|read| read.turn.is_of_years());
            let span = days.iter().min().zip(days.iter().max());
            let is_one_year = span.is_some_and(|(first, last)| (*last - *first).get_days() < 400);
            if are_years && turns.len() > 2 && is_one_year {
                let reason = format!("every `{parameter}` brings the rows of one year");
                return Err(UnexpectedPage::portal(reason));
            }
            // The same for two: one year's rows came, and of the year that one names none.
            let is_beside = |read: &TurnRead| {
                let year = read.turn.fund_year();
                year.is_some_and(|(first, last)| {
                    !days.is_empty() && !days.iter().any(|day| (first..=last).contains(day))
                })
            };
            if let Some(read) = turns.iter().find(|read| is_one_year && is_beside(read)) {
                let year = read.turn.item.as_deref().unwrap_or_default();
                let reason = format!("`{parameter}` {year} brings the rows of another year");
                return Err(UnexpectedPage::portal(reason));
            }
            self.findings.push(Finding::of_key(FindingKind::IgnoredParameter, &parameter));
            return Ok(without_overlap(turns.into_iter().map(|read| read.rows)));
        }
        Ok(match self.wanted.section.overlap {
            Some(Overlap::Drop) => without_overlap(turns.into_iter().map(|read| read.rows)),
            Some(Overlap::Keep) | None => turns.into_iter().flat_map(|read| read.rows).collect(),
        })
    }
}

impl TurnRead {
    /// Whether a row is of none of the days that were asked for.
    fn has_rows_outside(&self) -> bool {
        let Some((start, end)) = self.turn.asked else { return false };
        self.rows.iter().any(|row| {
            let mut days = days_of(&row.record).peekable();
            days.peek().is_some() && !days.any(|day| (start..=end).contains(&day))
        })
    }
}
