//! When a list of pages is complete. Pure: what one page told goes in, what to do next comes out.
//!
//! A portal tells the end of a list in many ways and lies in all of them: its total is 0 beside rows,
//! its last page comes again for ever, or the first one after it. So what is told is believed as long
//! as the rows agree, and a page that comes again ends the list only when it proves that the page
//! number was looked at and everything before it is there.

use crate::definition::{Pager, Turns, Until};

/// What one page told.
#[derive(Debug, Clone, Default)]
pub(super) struct PageFacts {
    /// Its rows.
    pub(super) rows: usize,
    /// Its rows of another insurance, which a total may count or not.
    pub(super) others: usize,
    /// Its lines that are no rows (sums, what was carried over), which a total may count or not.
    pub(super) extra: usize,
    /// How many of these are sums that are not known to be those of the rows above them: a total that
    /// counts them may as well count a row that is missing.
    pub(super) idle: usize,
    /// How many of its first rows were the last ones of the page before.
    pub(super) overlap: usize,
    /// Which earlier page it repeats: 1 is the one before.
    pub(super) repeats: Option<usize>,
    /// Whether no rows are proved to be none.
    pub(super) is_proved: bool,
    /// How many rows there are in all, as told.
    pub(super) total: Option<i64>,
    /// Which page it says it is.
    pub(super) number: Option<i64>,
    /// How many pages it says there are.
    pub(super) pages: Option<i64>,
    /// Whether it links to a next page; `None` where no link is looked for.
    pub(super) has_next: Option<bool>,
    /// Whether the file's `while` holds; `None` where there is none.
    pub(super) goes_on: Option<bool>,
    /// Whether it is a page of HTML that speaks of no pages: all there is stands on it.
    pub(super) is_whole: bool,
}

impl PageFacts {
    /// Its lines beside the rows that make up a total together with them.
    fn counted(&self) -> i64 {
        let counted = (self.extra + self.others).saturating_sub(self.idle);
        i64::try_from(counted).unwrap_or(i64::MAX)
    }

    /// All its lines.
    pub(super) const fn lines(&self) -> usize {
        self.rows + self.others + self.extra
    }
}

/// What was read before a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// Pages.
    pub(super) pages: i64,
    /// Rows, those that came twice counted once.
    pub(super) rows: i64,
    /// Lines beside them that a total may count.
    pub(super) extra: i64,
    /// How many lines the first page had.
    pub(super) first_lines: usize,
    /// The total that an earlier page told.
    pub(super) total: Option<i64>,
}

/// What to do after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Keep it and ask for another.
    Go,
    /// Keep it; the list is complete.
    Done,
    /// Leave it out; the list was complete before.
    Dropped,
    /// The list cannot be trusted.
    Odd(&'static str),
}

impl Progress {
    /// The total that counts: one of 0 (or less) beside rows is none.
    fn believed_total(&self, facts: &PageFacts) -> Option<i64> {
        let has_rows = self.rows > 0 || facts.rows > 0;
        self.total.or(facts.total).filter(|total| *total > 0 || (*total == 0 && !has_rows))
    }

    /// Whether the rows so far, with or without the other lines, are as many as this.
    const fn makes_up(&self, total: i64) -> bool {
        self.rows <= total && total <= self.rows + self.extra
    }

    /// How many lines a full page has: what was asked for, or what the portal gives whatever it is asked
    /// for, which may be what the first page has.
    fn full_page(&self, asked: usize, lines: usize) -> usize {
        const LEAST: usize = 5;
        let first = if self.pages == 0 { lines } else { self.first_lines };
        if (LEAST..asked).contains(&first) { first } else { asked }
    }

    /// Whether the last page was one that is full only because the portal may give no more at once.
    fn is_trying(&self, pager: &Pager) -> bool {
        let size = pager.size.map_or(0, |size| size as usize);
        pager.end().is_some_and(|end| end.until == Some(Until::Short))
            && self.pages == 1
            && self.first_lines < size
    }

    /// Counts a page that was kept, with so many rows that are new.
    pub(super) fn count(&mut self, facts: &PageFacts, rows: usize) {
        self.total = self.total.or(facts.total.filter(|total| *total > 0));
        self.pages += 1;
        if self.pages == 1 {
            self.first_lines = facts.lines();
        }
        self.rows += i64::try_from(rows).unwrap_or(i64::MAX);
        self.extra += facts.counted();
    }

    /// Decides after a page.
    pub(super) fn after(&self, pager: &Pager, facts: &PageFacts) -> Next {
        let total = self.believed_total(facts);
        if facts.rows + facts.others == 0 {
            return self.after_empty(pager, total, facts);
        }
        if let Some(back) = facts.repeats {
            return self.after_repeat(pager, total, back, facts);
        }
        let number = self.pages + 1;
        if facts.number.is_some_and(|told| told != number) {
            return Next::Odd("another page came than was asked for");
        }
        let new = i64::try_from(facts.rows - facts.overlap.min(facts.rows)).unwrap_or(i64::MAX);
        let rows = self.rows.saturating_add(new);
        if let Some(total) = total {
            let lines = facts.lines();
            let is_last =
                pager.end().is_none() || pager.size.is_some_and(|size| lines < size as usize);
            let extra = self.extra + facts.counted();
            return match rows.cmp(&total) {
                // Whether the other lines are counted, only the page behind tells.
                std::cmp::Ordering::Less if is_last && rows + extra >= total => Next::Done,
                std::cmp::Ordering::Less if pager.end().is_none() => {
                    Next::Odd("fewer rows than the portal tells")
                }
                std::cmp::Ordering::Less => Next::Go,
                std::cmp::Ordering::Equal => Next::Done,
                std::cmp::Ordering::Greater => Next::Odd("more rows than the portal tells"),
            };
        }
        let lines = facts.lines();
        let is_full = pager.size.is_none_or(|size| lines >= self.full_page(size as usize, lines));
        let goes_on = match &pager.turns {
            Turns::Single => false,
            Turns::Many(end) => {
                let is_told = facts.pages.map(|pages| number < pages);
                let is_told = is_told.or(facts.has_next).or(facts.goes_on);
                is_told.unwrap_or(end.until != Some(Until::Short) || is_full)
            }
        };
        if goes_on { Next::Go } else { Next::Done }
    }

    fn after_empty(&self, pager: &Pager, total: Option<i64>, facts: &PageFacts) -> Next {
        if total.is_some_and(|total| self.rows + self.extra < total) {
            return Next::Odd("fewer rows than the portal tells");
        }
        // Behind rows that make up the total, or behind the pages that were told, nothing is proved
        // by nothing; it need not be either.
        let is_behind_all = self.rows > 0 && total.is_some_and(|total| self.makes_up(total));
        if facts.is_proved || is_behind_all || self.is_trying(pager) {
            return Next::Done;
        }
        Next::Odd("no rows, and nothing says that there are none")
    }

    fn after_repeat(
        &self,
        pager: &Pager,
        total: Option<i64>,
        back: usize,
        facts: &PageFacts,
    ) -> Next {
        const AGAIN: &str = "a page repeats an earlier one";
        if let Some(total) = total {
            return if self.makes_up(total) { Next::Dropped } else { Next::Odd(AGAIN) };
        }
        // What the portal tells of more pages, it did not show.
        if facts.pages.is_some_and(|pages| pages > self.pages) {
            return Next::Odd(AGAIN);
        }
        let is_first = i64::try_from(back).is_ok_and(|back| back == self.pages);
        match (back, self.pages) {
            // The second page is the first: the number is not looked at, so all there is came at
            // once, which is sure only where a full page would have had more rows, or where the page
            // has nothing to turn pages with.
            (1, 1) => {
                let is_short =
                    pager.size.is_some_and(|size| facts.rows + facts.others < size as usize);
                if is_short || facts.is_whole { Next::Dropped } else { Next::Odd(AGAIN) }
            }
            // The last page comes again behind the end; earlier ones differed, so numbers count.
            (1, _) => Next::Dropped,
            // Behind the end the first page comes.
            _ if is_first => Next::Dropped,
            _ => Next::Odd(AGAIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, PageFacts, Pager, Progress, Turns, Until};
    use crate::definition::PagesEnd;

    fn pager(size: Option<u32>, until: Option<Until>) -> Pager {
        let turns = Turns::Many(Box::new(PagesEnd { until, ..PagesEnd::default() }));
        Pager { size, turns, ..Pager::single() }
    }

    fn progress(pages: i64, rows: i64) -> Progress {
        Progress { pages, rows, ..Progress::default() }
    }

    fn facts(rows: usize) -> PageFacts {
        PageFacts { rows, ..PageFacts::default() }
    }

    #[test]
    fn what_is_told_ends_the_list() {
        let plain = pager(Some(10), None);
        let check = |before: Progress, page: PageFacts, expect: Next| {
            assert_eq!(before.after(&plain, &page), expect, "{before:?} {page:?}");
        };
        let total = |rows, total| PageFacts { total: Some(total), ..facts(rows) };
        check(progress(0, 0), total(10, 25), Next::Go);
        check(Progress { total: Some(25), ..progress(2, 20) }, facts(5), Next::Done);
        check(
            Progress { total: Some(25), ..progress(2, 20) },
            facts(6),
            Next::Odd("more rows than the portal tells"),
        );
        check(
            Progress { total: Some(25), ..progress(2, 20) },
            PageFacts { is_proved: true, ..facts(0) },
            Next::Odd("fewer rows than the portal tells"),
        );
        // Sums and lines that were left out may be counted or not.
        let with_sum = |rows, total| PageFacts { extra: 1, total: Some(total), ..facts(rows) };
        check(progress(0, 0), with_sum(4, 5), Next::Done);
        check(progress(0, 0), with_sum(4, 4), Next::Done);
        check(progress(0, 0), with_sum(4, 6), Next::Go);
        check(progress(0, 0), with_sum(9, 10), Next::Go);
        let behind = Progress { extra: 1, total: Some(10), ..progress(1, 9) };
        check(behind, facts(0), Next::Done);
        // A total of 0 or less beside rows is none.
        check(progress(0, 0), total(10, 0), Next::Go);
        check(progress(0, 0), total(10, -1), Next::Go);
        let pages = |rows, number, pages| PageFacts {
            number: Some(number),
            pages: Some(pages),
            ..facts(rows)
        };
        check(progress(0, 0), pages(10, 1, 2), Next::Go);
        check(progress(1, 10), pages(3, 2, 2), Next::Done);
        check(progress(1, 10), pages(3, 1, 2), Next::Odd("another page came than was asked for"));
        check(progress(0, 0), PageFacts { has_next: Some(false), ..facts(10) }, Next::Done);
        check(progress(0, 0), PageFacts { goes_on: Some(true), ..facts(10) }, Next::Go);
    }

    #[test]
    fn where_nothing_is_told_the_rows_decide() {
        let short = pager(Some(10), Some(Until::Short));
        assert_eq!(progress(0, 0).after(&short, &facts(10)), Next::Go);
        assert_eq!(progress(1, 10).after(&short, &facts(9)), Next::Done);
        let empty = pager(None, Some(Until::Empty));
        assert_eq!(progress(1, 10).after(&empty, &facts(1)), Next::Go);
        let nothing = Next::Odd("no rows, and nothing says that there are none");
        assert_eq!(progress(1, 10).after(&empty, &facts(0)), nothing);
        let proved = PageFacts { is_proved: true, ..facts(0) };
        assert_eq!(progress(1, 10).after(&empty, &proved), Next::Done);
        assert_eq!(progress(0, 0).after(&empty, &proved), Next::Done);
        // A portal may give fewer than it is asked for.
        let many = pager(Some(100), Some(Until::Short));
        assert_eq!(progress(0, 0).after(&many, &facts(20)), Next::Go);
        assert_eq!(progress(0, 0).after(&many, &facts(4)), Next::Done);
        let second = Progress { first_lines: 20, ..progress(1, 20) };
        assert_eq!(second.after(&many, &facts(20)), Next::Go);
        assert_eq!(second.after(&many, &facts(7)), Next::Done);
        assert_eq!(second.after(&many, &facts(0)), Next::Done);
        let single = Pager::single();
        assert_eq!(progress(0, 0).after(&single, &facts(3)), Next::Done);
    }

    #[test]
    fn a_page_that_comes_again_ends_only_what_is_complete() {
        let again = Next::Odd("a page repeats an earlier one");
        let check = |before: Progress, size, rows, back, expect: Next| {
            let page = PageFacts { repeats: Some(back), ..facts(rows) };
            let pager = pager(size, Some(Until::Empty));
            assert_eq!(before.after(&pager, &page), expect, "{before:?} {back}");
        };
        check(progress(1, 30), Some(100), 30, 1, Next::Dropped);
        check(progress(1, 100), Some(100), 100, 1, again);
        check(progress(1, 30), None, 30, 1, again);
        // A page that has nothing to turn pages with is all there is.
        let whole = PageFacts { repeats: Some(1), is_whole: true, ..facts(30) };
        let unsized_pager = pager(None, Some(Until::Empty));
        assert_eq!(progress(1, 30).after(&unsized_pager, &whole), Next::Dropped);
        assert_eq!(
            Progress { total: Some(40), ..progress(1, 30) }.after(&unsized_pager, &whole),
            again
        );
        let of_two = PageFacts { pages: Some(2), ..whole };
        assert_eq!(progress(1, 30).after(&unsized_pager, &of_two), again);
        assert_eq!(progress(2, 60).after(&unsized_pager, &of_two), Next::Dropped);
        check(progress(2, 130), Some(100), 30, 1, Next::Dropped);
        check(progress(2, 130), Some(100), 100, 2, Next::Dropped);
        check(progress(3, 230), Some(100), 100, 2, again);
        let total = |rows| Progress { total: Some(130), ..progress(2, rows) };
        check(total(130), Some(100), 30, 1, Next::Dropped);
        check(total(110), Some(100), 10, 1, again);
    }
}
