//! Reading a section: its record, its rows, or its share of a list.

use std::collections::BTreeMap;

use fiveone_model::{
    failure::{Failure, FailureKind},
    report::{Content, Record, Section as Name, Table},
};

use super::{
    Reading, Run, Shared, Vars, changed,
    fetch::Fetched,
    judge::second_look,
    step::{Context, StepEnd},
};
use crate::{
    definition::{Overlap, Section, Source, Step},
    page::{Page, Prober},
    read::{Changed, Finding, ReadRow, Reader, share_out},
};

/// The most rows of one section.
const ROWS_MAX: usize = 20_000;

impl Run {
    pub(super) async fn read_section(&mut self, name: Name) -> Result<Reading, Failure> {
        let connector = self.connector.clone();
        let section = connector.definition.sections.get(name);
        let section = section.ok_or_else(|| Failure::of(FailureKind::NotDeveloped))?;
        if let Some(list) = &section.from {
            return self.read_share(name, list).await;
        }
        let table = name.table(connector.product);
        let mut findings = Vec::new();
        let content = if name == Name::Loans {
            Content::Loans(self.read_loans(section, &mut findings).await?)
        } else if section.rows.is_some() {
            let rows = self.read_rows(section, table, &mut findings).await?;
            Content::Rows(rows.into_iter().map(|row| row.record).collect())
        } else {
            Content::Record(self.read_record(section, table, &mut findings).await?)
        };
        findings.sort();
        findings.dedup();
        Ok(Reading { content, findings })
    }

    /// A section's share of a list, which is read when it is first asked for.
    async fn read_share(&mut self, name: Name, list: &str) -> Result<Reading, Failure> {
        if !self.shared.contains_key(list) {
            let shared = self.read_list(list).await;
            self.shared.insert(list.to_owned(), shared);
        }
        match self.shared.get_mut(list) {
            Some(Ok((shares, findings))) => Ok(Reading {
                content: Content::Rows(shares.remove(&name).unwrap_or_default()),
                findings: findings.clone(),
            }),
            Some(Err(failure)) => Err(failure.clone()),
            None => Err(changed()),
        }
    }

    async fn read_list(&mut self, list: &str) -> Shared {
        let connector = self.connector.clone();
        let section = connector.definition.lists.get(list).ok_or_else(changed)?;
        let mut findings = Vec::new();
        let rows = self.read_rows(section, Table::InsuranceRow, &mut findings).await?;
        let split = section.split.as_ref().ok_or_else(changed)?;
        let shares: BTreeMap<Name, Vec<Record>> =
            share_out(rows, split).map_err(|changed| self.refuse(&changed))?;
        findings.sort();
        findings.dedup();
        Ok((shares, findings))
    }

    /// A record: steps once, then every source from the last answer.
    pub(super) async fn read_record(
        &mut self,
        section: &Section,
        table: Table,
        findings: &mut Vec<Finding>,
    ) -> Result<Record, Failure> {
        let locals = Vars::new();
        let context = Context { fields: None, locals: &locals };
        self.do_steps(&section.before, context).await?;
        let last = self.do_steps(&section.steps, context).await?;
        self.record_of(last, &section.record, table, context, findings)
    }

    pub(super) fn record_of(
        &mut self,
        last: Option<(&Step, Fetched)>,
        sources: &[Source],
        table: Table,
        context: Context<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Record, Failure> {
        let read = {
            let scope = self.scope(context.fields, context.locals);
            let page = match &last {
                Some((step, fetched)) => self.page(step, fetched),
                None => Some(Page::new(200, self.base_url().clone(), Vec::new(), b"", None, None)),
            };
            match page {
                None => Err((Changed::because("the answer is not wrapped as it should be"), None)),
                Some(page) => {
                    let mut reader = Reader { connector: &self.connector, scope: &scope, findings };
                    reader.record(&page, sources, table).map_err(|changed| {
                        let cookies = Vec::new();
                        let prober = Prober::new(&page, &scope, &cookies);
                        (changed, second_look(&prober, &self.connector))
                    })
                }
            }
        };
        read.map_err(|(changed, verdict)| match verdict {
            Some(verdict) => verdict.failure(&[]),
            None => self.refuse(&changed),
        })
    }

    /// Rows of all turns of the section's loops.
    pub(super) async fn read_rows(
        &mut self,
        section: &Section,
        table: Table,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<ReadRow>, Failure> {
        let locals = Vars::new();
        self.do_steps(&section.before, Context { fields: None, locals: &locals }).await?;
        let turns = self.all_turns(&section.each, section, table, &locals, findings).await?;
        let rows = match section.overlap {
            Some(Overlap::Drop) => without_overlap(turns),
            Some(Overlap::Keep) | None => turns.into_iter().flatten().collect(),
        };
        let most = self.connector.definition.limits.rows.map_or(ROWS_MAX, |told| told as usize);
        if rows.len() > most {
            return Err(self.refuse(&Changed::because("more rows than a section may have")));
        }
        Ok(rows)
    }

    /// Does steps in order; the last answer is what is read.
    pub(super) async fn do_steps<'s>(
        &mut self,
        steps: &'s [Step],
        context: Context<'_>,
    ) -> Result<Option<(&'s Step, Fetched)>, Failure> {
        let mut last = None;
        for step in steps {
            if !self.holds(&step.when, context)? {
                continue;
            }
            if step.is_request() {
                let fetched =
                    Box::pin(self.do_request(step, context)).await.map_err(|end| match end {
                        StepEnd::Failure(failure) => failure,
                        StepEnd::Verdict(verdict) => verdict.failure(&[]),
                    })?;
                last = Some((step, fetched));
            } else {
                self.set_values(step, context)?;
            }
        }
        Ok(last)
    }

    /// Notes why a page was refused and makes the failure.
    pub(super) fn refuse(&mut self, changed_because: &Changed) -> Failure {
        if let Some(note) = self.log.last_mut() {
            note.outcome = format!("changed: {}", changed_because.0);
        }
        changed()
    }
}

/// Leaves out rows that an earlier turn has brought already. Two equal rows of one turn are two.
fn without_overlap(turns: Vec<Vec<ReadRow>>) -> Vec<ReadRow> {
    let mut kept: Vec<ReadRow> = Vec::new();
    for turn in turns {
        let mut known: Vec<bool> = vec![true; kept.len()];
        for row in turn {
            let twin = kept.iter().zip(&mut known).find(|(old, free)| **free && old.is_same(&row));
            match twin {
                Some((_, free)) => *free = false,
                None => kept.push(row),
            }
        }
    }
    kept
}
