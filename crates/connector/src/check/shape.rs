//! Shapes: what the schema cannot see about steps, predicates, sections and loops.

use fiveone_model::{
    challenge::ChallengeKind,
    product::Product,
    report::{Section as Name, Table},
};

use super::{Path, Subject};
use crate::{
    complaint::{Complaints, did_you_mean_one_of},
    definition::{
        Capture, Comparison, Content, Elsewhere, Loop, Pager, PagesEnd, Part, Predicate, Request,
        Rule, Section, Source, Split, Step,
    },
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
                self.complain(&path.then("type"), format!("duplicate type {}", login.number));
            }
            let scans =
                |step: &Step| step.ask().is_some_and(|ask| ask.kind() == ChallengeKind::Scan);
            if login.fields.is_empty() && !login.steps.iter().any(scans) {
                self.complain(&path, "a login needs `fields`, unless it asks for a scan");
            }
            if login.steps.is_empty() {
                self.complain(&path, "a login needs `steps`");
            }
            self.steps(&login.steps, &path.then("steps"), true);
        }
        self.rules(&definition.outcomes, &Path::of(&["outcomes"]));
        for (name, list) in &definition.lists {
            let path = Path::of(&["lists", name]);
            match &list.split {
                Some(split) => self.split(split, &path.then("split")),
                None => self.complain(&path, "a list needs `split`"),
            }
            self.section(list, Table::InsuranceRow, &path);
        }
        self.sections();
    }

    fn sections(&mut self) {
        let definition = self.subject.definition;
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
            for (at, predicate) in step.when.iter().enumerate() {
                let path = path.then("when").then(at);
                if !predicate.subject.needs_no_answer() {
                    self.complain(&path, "`when` asks captured values: `has`, `lacks` or `value`");
                }
                self.predicate(predicate, &path);
            }
            if let Some(ask) = step.ask() {
                if !in_login {
                    self.complain(&path.then("ask"), "the person is asked only while logging in");
                }
                if let Some(again) = &ask.again {
                    let ids = || steps[..=at].iter().filter_map(|step| step.id.as_deref());
                    if !ids().any(|id| id == again) {
                        let near = did_you_mean_one_of(again, ids());
                        let message = format!("no earlier step has the id `{again}`{near}");
                        self.complain(&path.then("again"), message);
                    }
                }
            }
            for (key, name, capture) in step.ask().iter().flat_map(|ask| ask.captures()) {
                let path = path.then(key).then(name.as_str());
                self.nameless(capture, "a picture must be there", &path);
            }
            if let Some(Elsewhere { poll, .. }) = step.ask().and_then(|ask| ask.of.elsewhere()) {
                let path = path.then("poll");
                self.predicates(&poll.until, &path.then("until"));
                self.request(&poll.request, &path.then("request"));
            }
            if let Some(request) = step.request() {
                self.request(request, &path);
            }
        }
    }

    fn request(&mut self, request: &Request, path: &Path) {
        for (name, capture) in request.answer.capture.iter() {
            self.capture(capture, &path.then("capture").then(name));
        }
        self.rules(&request.answer.fail, &path.then("fail"));
        self.predicates(&request.answer.expect, &path.then("expect"));
    }

    /// What a capture says of being missing must be able to happen.
    fn capture(&mut self, capture: &Capture, path: &Path) {
        if capture.optional && capture.default.is_some() {
            let message = "`optional` says nothing beside `default`; leave it out";
            self.complain(&path.then("optional"), message);
        }
        if capture.from.is_always_there() {
            for (key, is_said) in
                [("optional", capture.optional), ("default", capture.default.is_some())]
            {
                if is_said {
                    let message = format!("this is never missing; leave `{key}` out");
                    self.complain(&path.then(key), message);
                }
            }
        }
    }

    /// A capture that gets no name: its place says what happens when nothing is found.
    fn nameless(&mut self, capture: &Capture, what_is_missing: &str, path: &Path) {
        for (key, is_said) in [
            ("optional", capture.optional),
            ("default", capture.default.is_some()),
            ("all", capture.all),
        ] {
            if is_said {
                let reason = if key == "all" { "one value is due" } else { what_is_missing };
                self.complain(&path.then(key), format!("{reason}; leave `{key}` out"));
            }
        }
    }

    fn rules(&mut self, rules: &[Rule], path: &Path) {
        for (at, rule) in rules.iter().enumerate() {
            self.predicate(&rule.predicate, &path.then(at));
        }
    }

    fn predicates(&mut self, predicates: &[Predicate], path: &Path) {
        for (at, predicate) in predicates.iter().enumerate() {
            self.predicate(predicate, &path.then(at));
        }
    }

    fn predicate(&mut self, predicate: &Predicate, path: &Path) {
        if predicate.at.is_some() && !predicate.subject.is_text() {
            self.complain(&path.then("at"), "`at` goes with `text` or `exact`");
        }
        if predicate.comparison.is_some() && !predicate.subject.has_value() {
            self.complain(path, "what is looked at has no value to compare");
        }
        self.predicates(&predicate.and, &path.then("and"));
    }

    /// A witness must be something that is there.
    fn witnesses(&mut self, predicates: &[Predicate], path: &Path) {
        for (at, predicate) in predicates.iter().enumerate() {
            let path = path.then(at);
            let is_absence =
                |one: &Predicate| one.not || matches!(one.comparison, Some(Comparison::Missing(_)));
            if is_absence(predicate) && predicate.and.iter().all(is_absence) {
                let message = "what is not there proves nothing; say what is there instead of rows";
                self.complain(&path, message);
            }
            self.predicate(predicate, &path);
        }
    }

    fn section(&mut self, section: &Section, table: Table, path: &Path) {
        self.steps(&section.before, &path.then("before"), false);
        self.steps(&section.steps, &path.then("steps"), false);
        self.unread(section, path);
        self.loops(&section.each, &path.then("each"));
        self.witnesses(&section.empty, &path.then("empty"));
        self.predicates(&section.not_offered, &path.then("not_offered"));
        if !section.not_offered.is_empty()
            && matches!(table, Table::FundBase | Table::InsuranceBase)
        {
            self.complain(&path.then("not_offered"), "every portal has a base record");
        }
        match &section.content {
            None => {
                self.complain(path, "nothing is read: `record`, `rows` or `from` is missing");
            }
            Some(Content::From(list)) => self.share(list, path),
            Some(Content::Record(sources)) => self.record(section, sources, table, path),
            Some(Content::Rows(rows)) => {
                if matches!(table, Table::FundBase | Table::InsuranceBase) {
                    self.complain(&path.then("rows"), "this section is one record");
                }
                if !section.steps.iter().any(|step| step.request().is_some()) {
                    self.complain(path, "`rows` needs a request");
                }
                self.rows(rows, table, &path.then("rows"));
            }
        }
        self.parts(section, path);
    }

    /// Before a list, an answer that nothing is read from must tell that it went well: what the list is
    /// made of may have failed, and a list that nothing filled is empty all the same. Of a record
    /// whatever is missing is named.
    fn unread(&mut self, section: &Section, path: &Path) {
        if section.rows().is_none() {
            return;
        }
        // One that is left out by its `when` leaves the answer before it to be read.
        let is_sure = |step: &Step| step.request().is_some() && step.when.is_empty();
        let last = section.steps.iter().rposition(is_sure);
        let before = section.before.iter().enumerate().map(|(at, step)| ("before", at, step));
        let steps = section.steps.iter().enumerate().take(last.unwrap_or(0));
        for (list, at, step) in before.chain(steps.map(|(at, step)| ("steps", at, step))) {
            let Some(request) = step.request() else { continue };
            let answer = &request.answer;
            let has_witness = !answer.expect.is_empty()
                || !answer.layers.is_empty()
                || answer.capture.iter().any(|(_, capture)| capture.is_witness());
            if !has_witness {
                let message = "nothing tells that this answer is a success: it needs `expect`, \
                               or a capture that must be there";
                self.complain(&path.then(list).then(at), message);
            }
        }
    }

    fn share(&mut self, list: &str, path: &Path) {
        let lists = &self.subject.definition.lists;
        let Some(from) = lists.get(list) else {
            let near = did_you_mean_one_of(list, lists.keys().map(String::as_str));
            self.complain(&path.then("from"), format!("no list `{list}`{near}"));
            return;
        };
        let name = path.0.last().cloned().unwrap_or_default();
        if from.split.as_ref().is_some_and(|split| split.into.get(&name).is_none()) {
            self.complain(&path.then("from"), format!("`{list}` gives nothing to `{name}`"));
        }
    }

    fn record(&mut self, section: &Section, sources: &[Source], table: Table, path: &Path) {
        let is_loan = table == Table::LoanDetail;
        if !is_loan && !matches!(table, Table::FundBase | Table::InsuranceBase) {
            self.complain(&path.then("record"), "this section is a list of rows");
        }
        match (&*section.each, is_loan) {
            ([], true) | ([Loop::Item(_)], true) if section.empty.is_empty() => {
                self.complain(path, "loans need `empty`: what proves that there are none");
            }
            ([], _) | ([Loop::Item(_)], true) => {}
            _ => {
                let message =
                    "a record is read once; only loans may have a page each, by one `item` loop";
                self.complain(&path.then("each"), message);
            }
        }
        for (at, source) in sources.iter().enumerate() {
            self.source(source, table, &path.then("record").then(at));
        }
        self.record_essentials(sources, table, &path.then("record"));
    }

    fn split(&mut self, split: &Split, path: &Path) {
        for (name, _) in split.into.iter() {
            let own = Name::of(self.subject.product);
            if !own.iter().skip(1).any(|own| own.as_str() == name) {
                let near = did_you_mean_one_of(name, own.iter().skip(1).map(|own| own.as_str()));
                self.complain(&path.then("into").then(name), format!("no section `{name}`{near}"));
            }
        }
    }

    fn parts(&mut self, section: &Section, path: &Path) {
        let parts: [(&str, &Option<Part>, Table); 3] = [
            ("loanRepayerInfos", &section.parts.repayers, Table::LoanRepayer),
            ("loanRepayInfos", &section.parts.repays, Table::LoanRepay),
            ("loanOverdueInfos", &section.parts.overdues, Table::LoanOverdue),
        ];
        for (name, part, table) in parts {
            let Some(part) = part else { continue };
            let path = path.then("parts").then(name);
            self.loops(&part.each, &path.then("each"));
            self.steps(&part.steps, &path.then("steps"), false);
            self.rows(&part.rows, table, &path.then("rows"));
            self.witnesses(&part.empty, &path.then("empty"));
        }
    }

    fn loops(&mut self, each: &[Loop], path: &Path) {
        if each.len() > 2 {
            self.complain(path, "at most two loops stand inside each other");
        }
        for (at, one) in each.iter().enumerate() {
            if let Loop::Page(pager) = one {
                let path = path.then(at).then("page");
                if at + 1 != each.len() {
                    self.complain(&path, "pages are the inner loop");
                }
                self.pager(pager, &path);
            }
        }
    }

    fn pager(&mut self, pager: &Pager, path: &Path) {
        if !pager.ends() {
            let message = "pages end by `total`, `pages`, `next`, `while`, `until` or `single`";
            self.complain(path, message);
        }
        let none = PagesEnd::default();
        let end = pager.end().unwrap_or(&none);
        for (key, captures) in [("total", &pager.total), ("pages", &end.pages), ("next", &end.next)]
        {
            for (at, capture) in captures.iter().enumerate() {
                let missing = "what a page does not tell is not told";
                self.nameless(capture, missing, &path.then(key).then(at));
            }
        }
        if let Some(predicate) = &end.while_ {
            self.predicate(predicate, &path.then("while"));
        }
    }
}
