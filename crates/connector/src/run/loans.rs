//! Loans: each with its repayers, repayments and overdue terms.

use fiveone_model::{
    failure::Failure,
    finding::Finding,
    report::{Loan, Record, Table},
};
use serde_json::Value as Json;

use super::{
    Run, Vars,
    section_reader::{SectionReader, Wanted},
    step::Context,
    verdict::second_look,
};
use crate::{
    definition::{Content, Part, Section},
    page::{Page, Prober, Standing},
    read::{ReadRow, Reader, Unread, newest_first},
    unexpected::UnexpectedPage,
};

/// A loan on the way: what its parts may be read from.
struct Opened<'l> {
    detail: Record,
    /// Its row, when it is JSON.
    json: Option<&'l Json>,
    /// The values that the steps of its parts may use.
    locals: &'l Vars,
}

impl Run {
    pub(super) async fn read_loans(
        &mut self,
        section: &Section,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Loan>, Failure> {
        match &section.content {
            Some(Content::Record(_)) if section.each.is_empty() => {
                self.read_single_loan(section, findings).await
            }
            Some(Content::Record(_)) => self.read_loan_pages(section, findings).await,
            Some(Content::Rows(rows)) => {
                let mut loans = Vec::new();
                for row in self.read_rows(section, Table::LoanDetail, None, findings).await? {
                    let ReadRow { record, raw, .. } = row;
                    let kept = rows.keep.iter().filter(|(_, key)| !raw.get(key).is_empty());
                    let locals: Vars = kept
                        .map(|(name, key)| {
                            (name.to_owned(), Json::String(raw.first(key).to_owned()))
                        })
                        .collect();
                    let json = raw.json.as_ref();
                    let opened = Opened { detail: record, json, locals: &locals };
                    loans.push(self.with_parts(section, opened, findings).await?);
                }
                self.own_parts(loans)
            }
            Some(Content::From(_)) | None => {
                Err(self.unexpected(&UnexpectedPage::definition("no loan is read")))
            }
        }
    }

    /// The one loan that a portal shows, or its word that there is none.
    async fn read_single_loan(
        &mut self,
        section: &Section,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Loan>, Failure> {
        let locals = Vars::new();
        let context = Context { fields: None, locals: &locals };
        self.do_steps(&section.before, context).await?;
        // Its page is gone before anything else is asked for.
        let detail = {
            let last = self.do_steps(&section.steps, context).await?;
            if self.says_no_loans(section, last.as_ref(), context) {
                return Ok(Vec::new());
            }
            let sources = section.record();
            self.record_of(last, sources, Table::LoanDetail, context, findings)?
        };
        let opened = Opened { detail, json: None, locals: &locals };
        Ok(vec![self.with_parts(section, opened, findings).await?])
    }

    /// A page for each loan: a turn of the loop reads one record and its parts.
    async fn read_loan_pages(
        &mut self,
        section: &Section,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Loan>, Failure> {
        let outside = Vars::new();
        let context = Context { fields: None, locals: &outside };
        let has_none = {
            let listed = self.do_steps(&section.before, context).await?;
            self.says_no_loans(section, listed.as_ref(), context)
        };
        if has_none {
            return Ok(Vec::new());
        }
        let mut loans = Vec::new();
        let turns = self.turns(&section.each, &outside).map_err(|page| self.unexpected(&page))?;
        for turn in turns {
            let context = Context { fields: None, locals: &turn.locals };
            let last = self.do_steps(&section.steps, context).await?;
            let sources = section.record();
            let detail = self.record_of(last, sources, Table::LoanDetail, context, findings)?;
            let opened = Opened { detail, json: None, locals: &turn.locals };
            loans.push(self.with_parts(section, opened, findings).await?);
        }
        self.own_parts(loans)
    }

    /// The loans, unless two of them have the same repayments: a portal that does not look at which loan it
    /// is asked for answers each with those of all.
    fn own_parts(&mut self, loans: Vec<Loan>) -> Result<Vec<Loan>, Failure> {
        let are_one = |a: &Loan, b: &Loan| {
            let (same, number) = (a.detail == b.detail, a.detail.get("loanNum"));
            same || (number.is_some() && number == b.detail.get("loanNum"))
        };
        let share = |a: &Loan, b: &Loan| {
            (!a.repays.is_empty() && a.repays == b.repays)
                || (!a.overdues.is_empty() && a.overdues == b.overdues)
        };
        let shared = loans.iter().enumerate().any(|(at, loan)| {
            loans[at + 1..].iter().any(|other| share(loan, other) && !are_one(loan, other))
        });
        if shared {
            let reason = "two loans have the same repayments: the portal does not tell them apart";
            return Err(self.unexpected(&UnexpectedPage::portal(reason)));
        }
        Ok(loans)
    }

    /// Whether one of the file's witnesses says that there are no loans.
    fn says_no_loans(&self, section: &Section, last: Option<&Page>, context: Context<'_>) -> bool {
        let Some(page) = last else { return false };
        let (cookies, nothing) = (self.cookies(&page.url), Standing::default());
        let scope = self.scope(context.fields, context.locals);
        let prober = Prober::new(page, &scope, &cookies, &nothing);
        let is_refused = second_look(&prober, &self.connector).is_some();
        !is_refused && section.empty.iter().any(|predicate| prober.holds(predicate))
    }

    async fn with_parts(
        &mut self,
        section: &Section,
        opened: Opened<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Loan, Failure> {
        let parts = &section.parts;
        let (repayers, repays, overdues) =
            (parts.repayers.as_ref(), parts.repays.as_ref(), parts.overdues.as_ref());
        Ok(Loan {
            repayers: self.part(repayers, Table::LoanRepayer, &opened, findings).await?,
            repays: self.part(repays, Table::LoanRepay, &opened, findings).await?,
            overdues: self.part(overdues, Table::LoanOverdue, &opened, findings).await?,
            detail: opened.detail,
        })
    }

    async fn part(
        &mut self,
        part: Option<&Part>,
        table: Table,
        loan: &Opened<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Record>, Failure> {
        let Some(part) = part else { return Ok(Vec::new()) };
        let mut rows = if part.steps.is_empty() {
            let read = self.inner_rows(part, table, loan, findings);
            read.map_err(|unread| self.refuse(&unread, None))?
        } else {
            let section = Section {
                steps: part.steps.clone(),
                content: Some(Content::Rows(Box::new(part.rows.clone()))),
                empty: part.empty.clone(),
                ..Section::default()
            };
            let connector = self.connector.clone();
            let wanted = Wanted::of(&section, table, None, &connector);
            let wanted = wanted.map_err(|page| self.unexpected(&page))?;
            let mut reader = SectionReader::new(self, &wanted);
            let rows = Box::pin(reader.rows(&part.each, loan.locals)).await?;
            findings.append(&mut reader.findings);
            rows
        };
        newest_first(&mut rows);
        Ok(rows.into_iter().map(|row| row.record).collect())
    }

    /// Rows inside the loan's own JSON: the list must be there, and may be empty.
    fn inner_rows(
        &self,
        part: &Part,
        table: Table,
        loan: &Opened<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<ReadRow>, Unread> {
        let json = loan.json.ok_or_else(|| UnexpectedPage::definition("the loan is not JSON"))?;
        let scope = self.scope(None, loan.locals);
        let mut reader = Reader {
            connector: &self.connector,
            scope: &scope,
            whose: &self.whose,
            insurance: None,
            findings,
            sums: Vec::new(),
            left_out: 0,
        };
        let rows = reader.rows_of_json(json, &part.rows, table)?;
        Ok(rows.ok_or_else(|| UnexpectedPage::portal("a list inside the loan is not there"))?)
    }
}
