//! Loans: each with its repayers, repayments and overdue terms.

use fiveone_model::{
    failure::Failure,
    report::{Loan, Record, Table},
};
use serde_json::Value as Json;

use super::{Run, Vars, changed, step::Context};
use crate::{
    definition::{Part, Section},
    page::Prober,
    read::{Changed, Finding, ReadRow, Reader, is_proved_empty},
};

impl Run {
    pub(super) async fn read_loans(
        &mut self,
        section: &Section,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Loan>, Failure> {
        if section.rows.is_none() && !section.each.is_empty() {
            return self.read_loan_pages(section, findings).await;
        }
        let mut loans = Vec::new();
        if section.rows.is_none() {
            let detail = self.read_record(section, Table::LoanDetail, findings).await?;
            loans.push(self.with_parts(section, detail, None, &Vars::new(), findings).await?);
            return Ok(loans);
        }
        for row in self.read_rows(section, Table::LoanDetail, findings).await? {
            let ReadRow { record, raw } = row;
            let kept = section.rows.iter().flat_map(|rows| rows.keep.iter());
            let locals: Vars = kept
                .filter_map(|(name, key)| {
                    Some((name.to_owned(), Json::String(raw.get(key).first()?.clone())))
                })
                .collect();
            let loan = self.with_parts(section, record, raw.json.as_ref(), &locals, findings);
            loans.push(loan.await?);
        }
        Ok(loans)
    }

    /// A page for each loan: a turn of the loop reads one record and its parts.
    async fn read_loan_pages(
        &mut self,
        section: &Section,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Loan>, Failure> {
        let outside = Vars::new();
        let context = Context { fields: None, locals: &outside };
        let listed = self.do_steps(&section.before, context).await?;
        if let Some((step, fetched)) = &listed {
            let cookies = self.cookies(&fetched.url);
            let scope = self.scope(None, &outside);
            let says_none = self.page(step, fetched).is_some_and(|page| {
                is_proved_empty(&Prober::new(&page, &scope, &cookies), &section.empty, None)
            });
            if says_none {
                return Ok(Vec::new());
            }
        }
        let [each] = &*section.each else { return Err(changed()) };
        let mut loans = Vec::new();
        for locals in self.turns_of(each, &outside)? {
            let context = Context { fields: None, locals: &locals };
            let last = self.do_steps(&section.steps, context).await?;
            let detail =
                self.record_of(last, &section.record, Table::LoanDetail, context, findings)?;
            loans.push(self.with_parts(section, detail, None, &locals, findings).await?);
        }
        if loans.is_empty() {
            let because = "no loans, and nothing says that there are none";
            return Err(self.refuse(&Changed::because(because)));
        }
        Ok(loans)
    }

    async fn with_parts(
        &mut self,
        section: &Section,
        detail: Record,
        json: Option<&Json>,
        locals: &Vars,
        findings: &mut Vec<Finding>,
    ) -> Result<Loan, Failure> {
        let parts = &section.parts;
        let (repayers, repays, overdues) =
            (parts.repayers.as_ref(), parts.repays.as_ref(), parts.overdues.as_ref());
        Ok(Loan {
            detail,
            repayers: self.part(repayers, Table::LoanRepayer, json, locals, findings).await?,
            repays: self.part(repays, Table::LoanRepay, json, locals, findings).await?,
            overdues: self.part(overdues, Table::LoanOverdue, json, locals, findings).await?,
        })
    }

    async fn part(
        &mut self,
        part: Option<&Part>,
        table: Table,
        json: Option<&Json>,
        locals: &Vars,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Record>, Failure> {
        let Some(part) = part else { return Ok(Vec::new()) };
        if part.steps.is_empty() {
            let read = self.inner_rows(part, table, json, locals, findings);
            let rows = read.map_err(|changed| self.refuse(&changed))?;
            return Ok(rows.into_iter().map(|row| row.record).collect());
        }
        let section = Section {
            steps: part.steps.clone(),
            rows: part.rows.clone(),
            empty: part.empty.clone(),
            ..Section::default()
        };
        let turns = Box::pin(self.all_turns(&part.each, &section, table, locals, findings)).await?;
        Ok(turns.into_iter().flatten().map(|row| row.record).collect())
    }

    /// Rows inside the loan's own JSON: the list must be there, and may be empty.
    fn inner_rows(
        &self,
        part: &Part,
        table: Table,
        json: Option<&Json>,
        locals: &Vars,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<ReadRow>, Changed> {
        let rows =
            part.rows.as_ref().ok_or_else(|| Changed::because("there is nothing to read"))?;
        let json = json.ok_or_else(|| Changed::because("the loan is not JSON"))?;
        let scope = self.scope(None, locals);
        let mut reader = Reader { connector: &self.connector, scope: &scope, findings };
        reader
            .rows_of_json(json, rows, table)?
            .ok_or_else(|| Changed::because("a list inside the loan is not there"))
    }
}
