//! Shapes: one action a step, one source a capture, one place for rows, fields of the right table.

use fiveone_model::{
    product::Product,
    report::{Section as Name, Table},
};

use super::{Path, Subject};
use crate::{
    complaint::{Complaints, did_you_mean},
    definition::{Capture, Each, Section, Step, Test},
};

pub(super) fn check(subject: &Subject<'_>, complaints: &mut Complaints) {
    Shapes { subject, complaints }.all();
}

/// The walk over a definition.
pub(super) struct Shapes<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) complaints: &'a mut Complaints,
}

impl Shapes<'_> {
    pub(super) fn complain(&mut self, path: &Path, message: impl Into<String>) {
        self.subject.complain(self.complaints, path, message);
    }

    fn all(&mut self) {
        let definition = self.subject.definition;
        if definition.login.is_empty() {
            self.complain(&Path::default(), "there is no way to log in");
        }
        for (at, login) in definition.login.iter().enumerate() {
            let path = Path::of(&["login"]).then(at);
            if definition.login[..at].iter().any(|other| other.number == login.number) {
                self.complain(&path.then("type"), format!("type {} stands twice", login.number));
            }
            if login.fields.is_empty() {
                self.complain(&path, "a login needs `fields`");
            }
            if login.steps.is_empty() {
                self.complain(&path, "a login needs `steps`");
            }
            self.steps(&login.steps, &path.then("steps"), true);
        }
        for (name, list) in &definition.lists {
            let path = Path::of(&["lists", name]);
            if list.split.is_none() {
                self.complain(&path, "a list needs `split`");
            }
            self.section(list, Table::InsuranceRow, &path);
        }
        let own = Name::of(self.subject.product);
        let all = Product::ALL.iter().flat_map(|product| Name::of(*product));
        let mut offered = 0;
        for name in all {
            let Some(section) = definition.sections.get(*name) else { continue };
            let path = Path::of(&["sections", name.as_str()]);
            if !own.contains(name) {
                self.complain(&path, format!("not a section of `{}`", self.subject.product));
                continue;
            }
            offered += 1;
            self.section(section, name.table(self.subject.product), &path);
        }
        if offered == 0 {
            self.complain(&Path::of(&["sections"]), "no section is read");
        }
    }

    fn steps(&mut self, steps: &[Step], path: &Path, in_login: bool) {
        for (at, step) in steps.iter().enumerate() {
            let path = path.then(at);
            let actions = [!step.get.is_empty(), !step.post.is_empty(), !step.set.is_empty()];
            let count = actions.iter().filter(|action| **action).count();
            match (count, step.ask) {
                (1, None) | (0 | 1, Some(_)) => {}
                (0, None) => self.complain(&path, "a step needs `get`, `post`, `ask` or `set`"),
                _ => self.complain(&path, "a step does one thing: `get`, `post` or `set`"),
            }
            if step.ask.is_some() && !in_login {
                self.complain(&path.then("ask"), "the person is asked only while logging in");
            }
            if step.ask.is_some()
                && !step.is_request()
                && step.picture.is_empty()
                && step.ask == Some(crate::definition::Ask::Captcha)
            {
                self.complain(&path.then("ask"), "a captcha needs a request or a `picture`");
            }
            let bodies = [
                !step.form.is_empty() || step.form_from.is_some(),
                step.json.is_some(),
                step.body.is_some(),
            ];
            if bodies.iter().filter(|body| **body).count() > 1 {
                self.complain(&path, "a request has one body: `form`, `json` or `body`");
            }
            if step.post.is_empty() && bodies.contains(&true) {
                self.complain(&path, "only a `post` has a body");
            }
            if let Some(again) = &step.again {
                let ids = || steps[..=at].iter().filter_map(|step| step.id.as_deref());
                if !ids().any(|id| id == again) {
                    let near = did_you_mean(again, ids());
                    self.complain(
                        &path.then("again"),
                        format!("no earlier step has the id `{again}`{near}"),
                    );
                }
            }
            for (name, capture) in step.capture.iter() {
                self.capture(capture, &path.then("capture").then(name));
            }
            for (at, capture) in step.picture.iter().enumerate() {
                self.capture(capture, &path.then("picture").then(at));
            }
            for (at, rule) in step.fail.iter().enumerate() {
                if rule.text.is_empty() && rule.tests.is_empty() {
                    self.complain(&path.then("fail").then(at), "a rule needs `text` or `if`");
                }
                self.tests(&rule.tests, &path.then("fail").then(at).then("if"));
            }
            self.tests(&step.expect, &path.then("expect"));
        }
    }

    fn capture(&mut self, capture: &Capture, path: &Path) {
        let sources = [
            capture.json.is_some(),
            capture.css.is_some(),
            capture.input.is_some(),
            capture.inputs.is_some(),
            capture.selected.is_some(),
            capture.options.is_some(),
            capture.cookie.is_some(),
            capture.header.is_some(),
            capture.url,
            capture.script.is_some(),
            capture.between.is_some(),
            capture.regex.is_some(),
            capture.body,
            capture.says.is_some(),
            capture.shows.is_some(),
            capture.value.is_some(),
        ];
        if sources.iter().filter(|source| **source).count() != 1 {
            self.complain(path, "a capture has exactly one source");
        }
        if capture.attr.is_some() && capture.css.is_none() {
            self.complain(path, "`attr` goes with `css`");
        }
    }

    fn tests(&mut self, tests: &[Test], path: &Path) {
        for (at, test) in tests.iter().enumerate() {
            let sources = [
                !test.text.is_empty(),
                test.json.is_some(),
                test.css.is_some(),
                test.input.is_some(),
                test.cookie.is_some(),
                test.url.is_some(),
                test.status.is_some(),
                test.value.is_some(),
                test.script.is_some(),
                test.header_only,
            ];
            if sources.iter().filter(|source| **source).count() != 1 {
                self.complain(
                    &path.then(at),
                    "a test looks at exactly one thing; use `and` for more",
                );
            }
            self.tests(&test.and, &path.then(at).then("and"));
        }
    }

    fn section(&mut self, section: &Section, table: Table, path: &Path) {
        self.steps(&section.before, &path.then("before"), false);
        self.steps(&section.steps, &path.then("steps"), false);
        self.loops(&section.each, &path.then("each"));
        self.tests(&section.empty, &path.then("empty"));
        if let Some(list) = &section.from {
            match self.subject.definition.lists.get(list) {
                None => {
                    let known = self.subject.definition.lists.keys();
                    let near = did_you_mean(list, known.map(String::as_str));
                    self.complain(&path.then("from"), format!("no list `{list}`{near}"));
                }
                Some(from) => {
                    let name = path.0.last().cloned().unwrap_or_default();
                    if from.split.as_ref().is_some_and(|split| split.into.get(&name).is_none()) {
                        self.complain(
                            &path.then("from"),
                            format!("`{list}` gives nothing to `{name}`"),
                        );
                    }
                }
            }
            return;
        }
        let is_record = matches!(table, Table::FundBase | Table::InsuranceBase);
        match (&section.rows, section.record.is_empty()) {
            (Some(_), false) => self.complain(path, "either `rows` or `record`"),
            (None, true) => {
                self.complain(path, "nothing is read: `record`, `rows` or `from` is missing")
            }
            (Some(_), true) if is_record => {
                self.complain(&path.then("rows"), "this section is one record")
            }
            (None, false) if !is_record && table != Table::LoanDetail => {
                self.complain(&path.then("record"), "this section is a list of rows");
            }
            _ => {}
        }
        if !section.record.is_empty() && !section.each.is_empty() {
            let is_plain = section.each.len() == 1 && section.each[0].page.is_none();
            if table != Table::LoanDetail || !is_plain {
                let message = "a record is read once; only loans may have a page each, in one loop";
                self.complain(&path.then("each"), message);
            } else if section.empty.is_empty() {
                self.complain(path, "this loop needs `empty`: what proves that there are no loans");
            }
        }
        for (at, source) in section.record.iter().enumerate() {
            self.source(source, table, &path.then("record").then(at));
        }
        if let Some(rows) = &section.rows {
            if section.empty.is_empty() {
                self.complain(path, "`rows` needs `empty`: what proves that there are none");
            }
            if !section.steps.iter().any(Step::is_request) {
                self.complain(path, "`rows` needs a request");
            }
            self.rows(rows, table, &path.then("rows"));
        }
        if let Some(split) = &section.split {
            for (name, _) in split.into.iter() {
                let own = Name::of(self.subject.product);
                if !own.iter().skip(1).any(|own| own.as_str() == name) {
                    let near = did_you_mean(name, own.iter().map(|own| own.as_str()));
                    self.complain(
                        &path.then("split").then("into").then(name),
                        format!("no section `{name}`{near}"),
                    );
                }
            }
        }
        self.parts(section, path);
    }

    fn parts(&mut self, section: &Section, path: &Path) {
        let parts = [
            ("loanRepayerInfos", &section.parts.repayers, Table::LoanRepayer),
            ("loanRepayInfos", &section.parts.repays, Table::LoanRepay),
            ("loanOverdueInfos", &section.parts.overdues, Table::LoanOverdue),
        ];
        for (name, part, table) in parts {
            let Some(part) = part else { continue };
            let path = path.then("parts").then(name);
            self.loops(&part.each, &path.then("each"));
            self.steps(&part.steps, &path.then("steps"), false);
            match &part.rows {
                Some(rows) => self.rows(rows, table, &path.then("rows")),
                None => self.complain(&path, "a part needs `rows`"),
            }
            if !part.steps.is_empty() && part.empty.is_empty() {
                self.complain(&path, "`rows` needs `empty`: what proves that there are none");
            }
        }
    }

    fn loops(&mut self, each: &[Each], path: &Path) {
        if each.len() > 2 {
            self.complain(path, "at most two loops stand inside each other");
        }
        for (at, one) in each.iter().enumerate() {
            let path = path.then(at);
            let kinds = [
                one.year.is_some(),
                one.fiscal_year.is_some(),
                one.month.is_some(),
                one.window.is_some(),
                one.page.is_some(),
                one.item.is_some(),
            ];
            if kinds.iter().filter(|kind| **kind).count() != 1 {
                self.complain(&path, "a loop has exactly one kind");
            }
            if one.page.is_some() && at + 1 != each.len() {
                self.complain(&path, "pages are the inner loop");
            }
            if let Some(items) = &one.item
                && items.of.is_some() == items.list.is_some()
            {
                self.complain(&path, "either `of` (captured) or `in` (written here)");
            }
            if let Some(pages) = &one.page {
                let ends = [
                    pages.total.is_some(),
                    pages.pages.is_some(),
                    pages.until.is_some(),
                    pages.while_.is_some(),
                    pages.next.is_some(),
                ];
                if !ends.contains(&true) {
                    self.complain(&path, "pages need `total`, `pages`, `until`, `while` or `next`");
                }
                for capture in [&pages.total, &pages.pages, &pages.next].into_iter().flatten() {
                    self.capture(capture, &path);
                }
            }
        }
    }
}
