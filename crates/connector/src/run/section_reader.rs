//! The rows of one section: all turns of its loops, all pages of each turn, and what they are worth
//! together when the portal did not look at what it was asked for.

use fiveone_model::{
    failure::{Failure, FailureKind},
    finding::{Finding, FindingKind},
    report::{Section as Name, Table},
};
use serde_json::json;
use url::Url;

use super::{
    Run, Vars,
    loops::Turn,
    merge::{TurnRead, merge},
    overlap::{are_same, keep_own_account, keep_own_insurance, overlap_of, own_rows},
    pager::{next_of, told_of},
    paging::{Next, PageFacts, Progress},
    step::Context,
    verdict::{Verdict, second_look},
};
use crate::{
    connector::Connector,
    definition::{Loop, Pager, Rows, Section, Step},
    page::{Page, Prober, Standing},
    read::{
        Amounts, Mapping, ReadRow, Reader, SeenKeys, Unread, decide_sides, is_sum_of, mend_columns,
        proves_no_rows,
    },
    unexpected::UnexpectedPage,
};

/// The most requests of all loops of a section.
const TURNS_MAX: usize = 600;

/// How many pages back one is compared with, to notice A-B-A-B.
const PAGES_COMPARED: usize = 3;

/// The most rows of one section.
const ROWS_MAX: usize = 20_000;

/// What one page brought.
struct PageRead {
    rows: Vec<ReadRow>,
    facts: PageFacts,
    /// The amounts of its sums.
    sums: Vec<Amounts>,
    next: Option<Url>,
}

/// What is read: the rows of a section, whose keys are worked out once for all its pages.
pub(super) struct Wanted<'a> {
    pub(super) section: &'a Section,
    pub(super) rows: &'a Rows,
    pub(super) table: Table,
    pub(super) mapping: Mapping<'a>,
    /// The insurance whose rows are read, where it is one.
    insurance: Option<Name>,
}

impl<'a> Wanted<'a> {
    /// The rows of a section; a list that is split needs what splits it.
    pub(super) fn of(
        section: &'a Section,
        table: Table,
        insurance: Option<Name>,
        connector: &'a Connector,
    ) -> Result<Self, UnexpectedPage> {
        let rows = section.rows();
        let rows = rows.ok_or_else(|| UnexpectedPage::definition("there are no rows to read"))?;
        let mut mapping = Mapping::of_rows(rows, table, connector);
        if let Some(split) = &section.split {
            mapping.require(split.by.iter().map(String::as_str).collect());
        }
        Ok(Self { section, rows, table, mapping, insurance })
    }
}

/// Reads the rows of one section.
pub(super) struct SectionReader<'r> {
    pub(super) run: &'r mut Run,
    pub(super) wanted: &'r Wanted<'r>,
    /// What was odd.
    pub(super) findings: Vec<Finding>,
    pub(super) seen: SeenKeys,
    /// Whether there were rows of another insurance.
    pub(super) has_rows_of_others: bool,
    requests_left: usize,
    rows_left: usize,
}

impl<'r> SectionReader<'r> {
    pub(super) fn new(run: &'r mut Run, wanted: &'r Wanted<'r>) -> Self {
        let limits = &run.connector.definition.limits;
        let requests_left = limits.turns.map_or(TURNS_MAX, |turns| turns as usize);
        let rows_left = limits.rows.map_or(ROWS_MAX, |rows| rows as usize);
        Self {
            run,
            wanted,
            findings: Vec::new(),
            seen: SeenKeys::default(),
            has_rows_of_others: false,
            requests_left,
            rows_left,
        }
    }

    /// The rows of all turns.
    pub(super) async fn rows(
        &mut self,
        each: &[Loop],
        outer: &Vars,
    ) -> Result<Vec<ReadRow>, Failure> {
        let pager = match each.last() {
            Some(Loop::Page(pager)) => Some(&**pager),
            Some(_) | None => None,
        };
        let turns = self.run.turns(each, outer).map_err(|page| self.run.unexpected(&page))?;
        let accounts: Vec<String> = turns.iter().filter_map(|turn| turn.item.clone()).collect();
        let is_by_account = !accounts.is_empty();
        let mut read = Vec::new();
        for turn in turns {
            let rows = self.turn(pager, &turn, &accounts).await?;
            read.push(TurnRead { turn, rows });
        }
        self.read_older(pager, (each, outer), &mut read).await?;
        let (mapping, overlap) = (&self.wanted.mapping, self.wanted.section.overlap);
        let merged = merge(read, mapping, overlap, &mut self.findings);
        let mut rows = merged.map_err(|page| self.run.unexpected(&page))?;
        if self.wanted.table == Table::FundBill && self.wanted.rows.sides.is_none() {
            let mut records: Vec<_> = rows.iter_mut().map(|row| &mut row.record).collect();
            mend_columns(&mut records);
        }
        self.judge(&rows, is_by_account)?;
        Ok(rows)
    }

    /// Goes on behind the last year that the file asks for, as long as each brings rows of its own: the file
    /// says how far back the portal is asked at least, and a longer life of work is no shorter for it. A year
    /// that the portal does not give ends it.
    async fn read_older(
        &mut self,
        pager: Option<&Pager>,
        (each, outer): (&[Loop], &Vars),
        read: &mut Vec<TurnRead>,
    ) -> Result<(), Failure> {
        while read.last().is_some_and(TurnRead::is_of_its_days) {
            let turn = self.run.turn_back(each, read.len(), outer);
            let Some(turn) = turn.map_err(|page| self.run.unexpected(&page))? else { break };
            let known = self.findings.len();
            match self.turn(pager, &turn, &[]).await {
                Ok(rows) => read.push(TurnRead { turn, rows }),
                Err(failure) if failure.kind == FailureKind::SessionLost => return Err(failure),
                Err(_) => {
                    self.findings.truncate(known);
                    break;
                }
            }
        }
        Ok(())
    }

    /// The pages of one turn.
    async fn turn(
        &mut self,
        pager: Option<&Pager>,
        turn: &Turn,
        accounts: &[String],
    ) -> Result<Vec<ReadRow>, Failure> {
        let single = Pager::single();
        let pager = pager.unwrap_or(&single);
        let first = pager.first;
        let mut progress = Progress::default();
        let mut kept: Vec<ReadRow> = Vec::new();
        // Whole pages, as they came, to notice one that comes again.
        let mut came: Vec<Vec<ReadRow>> = Vec::new();
        let mut next = None::<Url>;
        // Of each page behind the first, how many of its first rows were taken for the last of the one before.
        let mut borders: Vec<usize> = Vec::new();
        // How many lines came, which is where the next page begins.
        let mut lines = 0;
        loop {
            self.requests_left = self.requests_left.checked_sub(1).ok_or_else(|| {
                self.run.unexpected(&UnexpectedPage::limit("more turns than a section may have"))
            })?;
            let offset = if pager.size.is_some() { lines } else { progress.rows };
            let mut locals = turn.locals.clone();
            locals.insert("page".to_owned(), json!(first + progress.pages));
            locals.insert("size".to_owned(), json!(pager.size.unwrap_or(0)));
            locals.insert("offset".to_owned(), json!(offset));
            let mut page = self.page(pager, next.take(), &locals).await?;
            page.facts.repeats = came
                .iter()
                .rev()
                .position(|before| are_same(before, &page.rows))
                .map(|at| at + 1)
                .filter(|_| !page.rows.is_empty());
            let (mut overlap, is_sure) = match (page.facts.repeats, came.last()) {
                (None, Some(before)) => overlap_of(before, &page.rows),
                _ => (0, true),
            };
            // Of the person's rows: those of another insurance are counted beside them.
            page.facts.overlap = own_rows(&page.rows[..overlap]);
            page.facts.idle = idle_sums(&page, &kept);
            let mut decided = progress.after(pager, &page.facts);
            let has_total = progress.total.or(page.facts.total).is_some_and(|total| total > 0);
            // A total tells border rows that are two from one that came twice.
            if overlap > 0 && has_total {
                page.facts.overlap = 0;
                let kept = progress.after(pager, &page.facts);
                if !matches!(kept, Next::Odd(_)) {
                    (decided, overlap) = (kept, 0);
                }
            } else if overlap > 0 && !is_sure {
                decided = Next::Odd("rows at a page border are the same: twice one, or two");
            }
            match decided {
                Next::Odd(reason) => {
                    return Err(self.run.unexpected(&UnexpectedPage::portal(reason)));
                }
                Next::Dropped => {
                    self.findings.push(Finding::of_key(FindingKind::RepeatedRows, "page"));
                    break;
                }
                Next::Go | Next::Done => {}
            }
            if !came.is_empty() && !page.rows.is_empty() {
                borders.push(overlap);
            }
            came.push(page.rows.clone());
            if came.len() > PAGES_COMPARED {
                came.remove(0);
            }
            if overlap > 0 {
                self.findings.push(Finding::of_key(FindingKind::RepeatedRows, "page"));
                page.rows.drain(..overlap);
            }
            self.rows_left = self.rows_left.checked_sub(page.rows.len()).ok_or_else(|| {
                self.run.unexpected(&UnexpectedPage::limit("more rows than a section may have"))
            })?;
            let came_now = i64::try_from(page.facts.lines()).unwrap_or(i64::MAX);
            lines += pager.size.map_or(came_now, |size| came_now.min(i64::from(size)));
            progress.count(&page.facts, own_rows(&page.rows));
            kept.append(&mut page.rows);
            if decided == Next::Done {
                break;
            }
            next = page.next;
        }
        self.settle(kept, &borders, turn, accounts)
    }

    /// What only all pages of a turn together tell.
    fn settle(
        &mut self,
        mut kept: Vec<ReadRow>,
        borders: &[usize],
        turn: &Turn,
        accounts: &[String],
    ) -> Result<Vec<ReadRow>, Failure> {
        // A portal whose pages overlap has it at each border: one row at some of them may be two.
        if borders.contains(&0) && borders.contains(&1) {
            let reason = "rows at one page border of several are the same: twice one, or two";
            return Err(self.run.unexpected(&UnexpectedPage::portal(reason)));
        }
        let sides = self.wanted.rows.sides.as_ref();
        let decided = decide_sides(&mut kept, sides, &mut self.findings);
        decided.map_err(|page| self.run.unexpected(&page))?;
        // Only now, since totals and pages count the rows of all insurances and accounts.
        self.has_rows_of_others |= keep_own_insurance(&mut kept);
        let connector = self.run.connector.clone();
        let account_keys = connector.account_keys.iter().map(String::as_str);
        keep_own_account(&mut kept, account_keys, turn, accounts, &mut self.findings)
            .map_err(|unread| self.run.refuse(&unread, None))?;
        Ok(kept)
    }

    /// One page: the steps, then the rows of the last answer.
    async fn page(
        &mut self,
        pager: &Pager,
        next: Option<Url>,
        locals: &Vars,
    ) -> Result<PageRead, Failure> {
        let context = Context { fields: None, locals };
        let steps = &self.wanted.section.steps;
        let last = match (next, steps.iter().rev().find_map(Step::request)) {
            (Some(url), Some(request)) => {
                let built = self.run.get(url);
                let built = built
                    .map_err(|error| self.run.unexpected(&UnexpectedPage::definition(error.0)))?;
                let fetched = self.run.fetch(built, true).await?;
                let taken = self.run.take_in(request, &fetched, context);
                Some(taken.map_err(|end| self.run.failure_of(end))?)
            }
            _ => self.run.do_steps(steps, context).await?,
        };
        let Some(page) = last else {
            return Err(self.run.unexpected(&UnexpectedPage::definition("no request was made")));
        };
        let read = self.look(pager, &page, context);
        let read = read.map_err(|(unread, verdict)| self.run.refuse(&unread, verdict))?;
        if !read.rows.is_empty() {
            self.run.remember_records();
        }
        Ok(read)
    }

    /// Takes everything from a page that it tells; with what it says when nothing can be taken.
    fn look(
        &mut self,
        pager: &Pager,
        page: &Page,
        context: Context<'_>,
    ) -> Result<PageRead, (Unread, Option<Verdict>)> {
        let run = &*self.run;
        let connector = run.connector.clone();
        let cookies = run.cookies(&page.url);
        let standing = Standing::default();
        let scope = run.scope(context.fields, context.locals);
        let prober = Prober::new(page, &scope, &cookies, &standing);
        let look_again = |unread: Unread| {
            let verdict = second_look(&prober, &connector);
            (unread, verdict)
        };
        let Wanted { section, rows, mapping, insurance, .. } = self.wanted;
        let says_none = section.empty.iter().any(|predicate| prober.holds(predicate));
        let found = rows.from.find(page, mapping, says_none).map_err(|p| look_again(p.into()))?;
        let told = told_of(&prober, pager).map_err(|p| look_again(p.into()))?;
        let is_proved = found.is_empty()
            && proves_no_rows(
                &prober,
                &connector,
                (&rows.from, mapping),
                &section.empty,
                &found,
                told.total,
            );
        if found.is_empty() && !is_proved && context.locals.get("page") == Some(&json!(1)) {
            let reason = "no rows, and nothing says that there are none";
            return Err(look_again(UnexpectedPage::portal(reason).into()));
        }
        if let Some(cut) = page.cut() {
            return Err(look_again(cut.into()));
        }
        if !found.is_empty() && crate::page::claims_success(page) == Some(false) {
            let reason = "rows in an answer that says that it failed";
            return Err(look_again(UnexpectedPage::portal(reason).into()));
        }
        let end = pager.end();
        let next = next_of(&prober, end).map_err(|p| look_again(p.into()))?;
        let mut reader = Reader {
            connector: &connector,
            scope: &scope,
            whose: &run.whose,
            insurance: *insurance,
            findings: &mut self.findings,
            sums: Vec::new(),
            left_out: 0,
        };
        let count = found.rows.iter().filter(|raw| !raw.is_blank()).count();
        let read = reader.rows(found.rows, rows, mapping, &mut self.seen);
        let (extra, sums) = (reader.left_out, reader.sums);
        let read = read.map_err(|unread| (unread, None))?;
        let is_only_sums = read.is_empty() && count > 0;
        let own = own_rows(&read);
        let facts = PageFacts {
            rows: own,
            others: read.len() - own,
            extra,
            is_proved: is_proved || is_only_sums || count > 0,
            has_next: end.is_some_and(|end| !end.next.is_empty()).then(|| next.is_some()),
            is_whole: end.is_some() && !page.is_json() && !page.speaks_of_pages(),
            goes_on: end
                .and_then(|end| end.while_.as_ref())
                .map(|predicate| prober.holds(predicate)),
            ..told
        };
        Ok(PageRead { rows: read, facts, sums, next })
    }
}

/// How many sums of a page are neither those of its rows nor those of all rows so far.
fn idle_sums(page: &PageRead, before: &[ReadRow]) -> usize {
    let own = page.rows.iter().map(|row| &row.record);
    let all = before.iter().map(|row| &row.record).chain(own.clone());
    let is_idle = |sum: &&Amounts| !is_sum_of(sum, own.clone()) && !is_sum_of(sum, all.clone());
    page.sums.iter().filter(is_idle).count()
}
