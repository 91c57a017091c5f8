//! The rows of all turns of a section together: what a portal brings twice, and what it brings whatever it
//! is asked for.

use fiveone_model::finding::{Finding, FindingKind};

use super::{
    loops::Turn,
    overlap::{are_same, serials_of, without_overlap},
};
use crate::{
    definition::Overlap,
    read::{Mapping, ReadRow, days_of},
    unexpected::UnexpectedPage,
};

/// Rows of one turn, with what was asked for.
pub(super) struct TurnRead {
    pub(super) turn: Turn,
    pub(super) rows: Vec<ReadRow>,
}

/// The rows of all turns together.
///
/// A portal that does not look at the year it is asked for answers every turn with everything. Its
/// own dates then tell which rows there are; without dates nothing does.
pub(super) fn merge(
    turns: Vec<TurnRead>,
    mapping: &Mapping<'_>,
    overlap: Option<Overlap>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<ReadRow>, UnexpectedPage> {
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
            let text = mapping.date_text(&row.raw);
            days_of(&row.record).next().is_some() || text.chars().any(|c| c.is_ascii_digit())
        };
        let has_dates = turns.iter().flat_map(|read| &read.rows).all(is_dated);
        if !has_dates {
            let reason = format!("every `{parameter}` brings the same rows, and none a date");
            return Err(UnexpectedPage::portal(reason));
        }
        // The portal offers years to choose from, and answers each with the same one: those of the
        // other years are nowhere.
        let days: Vec<_> =
            turns.iter().flat_map(|read| &read.rows).flat_map(|row| days_of(&row.record)).collect();
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
        findings.push(Finding::of_key(FindingKind::IgnoredParameter, &parameter));
        return Ok(without_overlap(turns.into_iter().map(|read| read.rows)));
    }
    Ok(match overlap {
        Some(Overlap::Drop) => without_overlap(turns.into_iter().map(|read| read.rows)),
        Some(Overlap::Keep) | None => once_for_two_spans(turns),
    })
}

/// All rows, but once those that two spans of days brought because a day of theirs is in each: a month that was
/// paid in the year after stands in both years.
fn once_for_two_spans(turns: Vec<TurnRead>) -> Vec<ReadRow> {
    let mut kept: Vec<(ReadRow, usize)> = Vec::new();
    let spans: Vec<_> = turns.iter().map(|read| read.turn.span()).collect();
    let serials: Vec<Vec<String>> = turns.iter().map(|read| serials_of(&read.rows)).collect();
    for (at, read) in turns.into_iter().enumerate() {
        let mut taken = vec![false; kept.len()];
        for row in read.rows {
            // Few rows have a day elsewhere, so that few are compared.
            let days: Vec<_> = days_of(&row.record).collect();
            let has_day_of = |turn: usize| {
                let span = spans[turn].filter(|_| turn != at);
                span.is_some_and(|(start, end)| days.iter().any(|day| (start..=end).contains(day)))
            };
            let elsewhere: Vec<usize> = (0..spans.len()).filter(|turn| has_day_of(*turn)).collect();
            let is_twin = |(old, turn): &(ReadRow, usize)| {
                let numbers = || serials[at].iter().chain(&serials[*turn]).map(String::as_str);
                elsewhere.contains(turn)
                    && old.raw.is_same_but_for(&row.raw, &numbers().collect::<Vec<_>>())
            };
            let mut old = kept.iter().zip(&mut taken).filter(|_| !elsewhere.is_empty());
            match old.find(|(old, taken)| !**taken && is_twin(old)) {
                Some((_, taken)) => *taken = true,
                None => {
                    drop(old);
                    kept.push((row, at));
                    taken.push(true);
                }
            }
        }
    }
    kept.into_iter().map(|(row, _)| row).collect()
}

impl TurnRead {
    /// Whether it has rows, and each is of the days that were asked for.
    pub(super) fn is_of_its_days(&self) -> bool {
        let Some((start, end)) = self.turn.asked else { return false };
        let is_inside =
            |row: &ReadRow| days_of(&row.record).any(|day| (start..=end).contains(&day));
        !self.rows.is_empty() && self.rows.iter().all(is_inside)
    }

    /// Whether a row is of none of the days that were asked for.
    fn has_rows_outside(&self) -> bool {
        let Some((start, end)) = self.turn.asked else { return false };
        self.rows.iter().any(|row| {
            let mut days = days_of(&row.record).peekable();
            days.peek().is_some() && !days.any(|day| (start..=end).contains(&day))
        })
    }
}
