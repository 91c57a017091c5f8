//! Reading a section: its record, its rows, or its share of a list.

use std::collections::BTreeMap;

use fiveone_model::{
    failure::{Failure, FailureKind},
    finding::{Finding, FindingKind},
    report::{Content, Record, Section as Name, Table, Value},
};

use super::{
    Reading, Run, Shared, Vars,
    section_reader::{SectionReader, Wanted},
    step::Context,
};
use crate::{
    definition::{Action, Content as Reads, Request, Section, Source, Step},
    page::{Page, Prober, Standing},
    read::{ReadRow, Reader, Unread, newest_first, partition},
    run::verdict::second_look,
    unexpected::UnexpectedPage,
};

impl Run {
    /// A section, or that this portal has none of the kind.
    pub(super) async fn read_section(&mut self, name: Name) -> Result<Reading, Failure> {
        let connector = self.connector.clone();
        let section = connector.definition.sections.get(name);
        let section = section.ok_or_else(|| Failure::of(FailureKind::NotDeveloped))?;
        let pages_before = self.pages_seen;
        match self.read_offered(name, section).await {
            // Its first page says so, and there was no other: a part that lacks one of its pages is there, and
            // a page of an earlier section says nothing of this one.
            Err(failure)
                if failure.kind == FailureKind::PortalChanged
                    && self.pages_seen == pages_before + 1
                    && self.last_page_is(&section.not_offered) =>
            {
                let finding = Finding::of_key(FindingKind::NotOffered, name.label());
                Ok(Reading { content: Content::NotOffered, findings: vec![finding] })
            }
            read => read,
        }
    }

    async fn read_offered(&mut self, name: Name, section: &Section) -> Result<Reading, Failure> {
        let connector = self.connector.clone();
        let table = name.table(connector.product);
        let mut findings = Vec::new();
        let content = match &section.content {
            Some(Reads::From(list)) => return self.read_share(name, list).await,
            _ if name == Name::Loans => {
                Content::Loans(self.read_loans(section, &mut findings).await?)
            }
            Some(Reads::Rows(_)) => {
                let insurance = (table == Table::InsuranceRow).then_some(name);
                let rows = self.read_rows(section, table, insurance, &mut findings).await?;
                if let Some(name) = insurance {
                    self.refuse_twin_lists(name, &rows)?;
                }
                Content::Rows(rows.into_iter().map(|row| row.record).collect())
            }
            Some(Reads::Record(sources)) => {
                let record = self.read_record(section, sources, table, &mut findings).await?;
                // However its values came together: also those that no row has named.
                if self.whose.is_of_other(&record) {
                    return Err(self.refuse(&Unread::OtherPerson, None));
                }
                self.whose.typed_account = None;
                self.learn_whose(&record);
                Content::Record(record)
            }
            None => return Err(self.unexpected(&UnexpectedPage::definition("nothing is read"))),
        };
        Ok(Reading { content, findings: sorted(findings) })
    }

    /// Two insurances never have the same rows where these tell amounts, since their shares differ: the
    /// portal did not look at which one was asked for.
    fn refuse_twin_lists(&mut self, name: Name, rows: &[ReadRow]) -> Result<(), Failure> {
        let has_amounts = |row: &ReadRow| {
            let told = ["payCompany", "payPerson", "amount"].map(|field| row.record.get(field));
            told.into_iter()
                .flatten()
                .any(|value| !matches!(value, Value::Amount(a) if a.is_zero()))
        };
        if !rows.iter().any(has_amounts) {
            return Ok(());
        }
        // Pages of their own may tell the same; a parameter of one page may not.
        let path = self.log.last().path;
        let is_same = |(_, other, known): &&(Name, String, Vec<Record>)| {
            *other == path
                && known.len() == rows.len()
                && known.iter().zip(rows).all(|(a, b)| *a == b.record)
        };
        if let Some((other, ..)) = self.insurances.iter().find(is_same) {
            let reason = format!("the same rows as {}", other.as_str());
            return Err(self.unexpected(&UnexpectedPage::portal(reason)));
        }
        self.insurances.push((name, path, rows.iter().map(|row| row.record.clone()).collect()));
        Ok(())
    }

    /// Remembers the name and the account of the base record: rows that name others are not the
    /// person's.
    fn learn_whose(&mut self, record: &Record) {
        let text = |fields: &[&str]| {
            fields.iter().find_map(|field| match record.get(field) {
                Some(Value::Text(text)) => Some(text.clone()),
                Some(_) | None => None,
            })
        };
        if self.whose.name.is_none() {
            self.whose.name = text(&["employeeName", "name"]);
        }
        self.whose.account = self.whose.account.take().or_else(|| text(&["houseFundAccount"]));
        if self.whose.identity.is_none() {
            self.whose.identity = text(&["idCard", "idcard"]);
        }
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
            None => Err(self.unexpected(&UnexpectedPage::definition(format!("no list `{list}`")))),
        }
    }

    async fn read_list(&mut self, list: &str) -> Shared {
        let connector = self.connector.clone();
        let section = connector.definition.lists.get(list);
        let split = section.and_then(|section| section.split.as_ref());
        let (Some(section), Some(split)) = (section, split) else {
            return Err(self.unexpected(&UnexpectedPage::definition(format!("no list `{list}`"))));
        };
        let mut findings = Vec::new();
        let rows = self.read_rows(section, Table::InsuranceRow, None, &mut findings).await?;
        let shares: BTreeMap<Name, Vec<Record>> =
            partition(rows, split).map_err(|page| self.unexpected(&page))?;
        Ok((shares, sorted(findings)))
    }

    /// A record: steps once, then every source from the last answer.
    pub(super) async fn read_record(
        &mut self,
        section: &Section,
        sources: &[Source],
        table: Table,
        findings: &mut Vec<Finding>,
    ) -> Result<Record, Failure> {
        let locals = Vars::new();
        let context = Context { fields: None, locals: &locals };
        self.do_steps(&section.before, context).await?;
        let last = self.do_steps(&section.steps, context).await?;
        self.record_of(last, sources, table, context, findings)
    }

    pub(super) fn record_of(
        &mut self,
        last: Option<Page>,
        sources: &[Source],
        table: Table,
        context: Context<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Record, Failure> {
        let nothing = Standing::default();
        let cookies = Vec::new();
        let read = {
            let scope = self.scope(context.fields, context.locals);
            let page = last.unwrap_or_else(|| Page::blank(self.base_url().clone()));
            match page.cut() {
                Some(cut) => Err((Unread::Unexpected(cut), None)),
                None => {
                    let mut reader = Reader {
                        connector: &self.connector,
                        scope: &scope,
                        whose: &self.whose,
                        insurance: None,
                        findings,
                        sums: Vec::new(),
                        left_out: 0,
                    };
                    reader.record(&page, sources, table).map_err(|unread| {
                        let prober = Prober::new(&page, &scope, &cookies, &nothing);
                        (unread, second_look(&prober, &self.connector))
                    })
                }
            }
        };
        let record = read.map_err(|(unread, verdict)| self.refuse(&unread, verdict))?;
        self.remember_records();
        Ok(record)
    }

    /// Rows of all turns of the section's loops, newest first.
    pub(super) async fn read_rows(
        &mut self,
        section: &Section,
        table: Table,
        insurance: Option<Name>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<ReadRow>, Failure> {
        let locals = Vars::new();
        self.do_steps(&section.before, Context { fields: None, locals: &locals }).await?;
        let connector = self.connector.clone();
        let wanted = Wanted::of(section, table, insurance, &connector);
        let wanted = wanted.map_err(|page| self.unexpected(&page))?;
        let mut reader = SectionReader::new(self, &wanted);
        let mut rows = reader.rows(&section.each, &locals).await?;
        findings.append(&mut reader.findings);
        newest_first(&mut rows);
        Ok(rows)
    }

    /// Does steps in order; the page of the last answer is what is read.
    pub(super) async fn do_steps(
        &mut self,
        steps: &[Step],
        context: Context<'_>,
    ) -> Result<Option<Page>, Failure> {
        let mut ahead = steps.iter();
        let mut next = self.next_request(&mut ahead, context)?;
        while let Some(request) = next {
            let done = Box::pin(self.do_request(request, context)).await;
            let page = done.map_err(|end| self.failure_of(end))?;
            next = self.next_request(&mut ahead, context)?;
            if next.is_none() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// Does the steps up to the next request, which none of them waits for.
    fn next_request<'s>(
        &mut self,
        ahead: &mut std::slice::Iter<'s, Step>,
        context: Context<'_>,
    ) -> Result<Option<&'s Request>, Failure> {
        for step in ahead {
            if !self.holds(&step.when, context) {
                continue;
            }
            match &step.action {
                Action::Request(request) => return Ok(Some(request)),
                Action::Set(values) => self.set_values(values, context)?,
                // Nobody is asked while a section is read; the check says so of a file.
                Action::Ask(_) => {}
            }
        }
        Ok(None)
    }
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    findings.dedup();
    findings
}
