//! Names: every one that is used is defined before, every capture is used, and nothing made of the
//! password leaves the login.

use std::collections::{BTreeMap, BTreeSet};

use fiveone_model::{login::FieldName, report::Section as Name};

use super::{Path, Subject};
use crate::{
    complaint::{Complaints, did_you_mean},
    definition::{
        Action, Ask, AskOf, Body, Capture, CaptureFrom, Comparison, Elsewhere, ItemList,
        JsonTemplate, Loop, Method, Ordered, Piece, Predicate, Request, Section, Step,
        Subject as Looked,
    },
    run::BUILT_IN,
    template::Template,
};

/// What is known and used while a definition is walked in the order it runs.
struct Walk<'a> {
    subject: &'a Subject<'a>,
    complaints: &'a mut Complaints,
    known: BTreeSet<String>,
    used: BTreeSet<String>,
    /// Captured names and where.
    captured: BTreeMap<String, Path>,
    in_section: bool,
}

pub(super) fn check(subject: &Subject<'_>, complaints: &mut Complaints) -> BTreeSet<String> {
    let definition = subject.definition;
    let mut known: BTreeSet<String> = subject.params.keys().cloned().collect();
    known.extend(BUILT_IN.map(str::to_owned));
    let mut walk = Walk {
        subject,
        complaints,
        known: known.clone(),
        used: BTreeSet::new(),
        captured: BTreeMap::new(),
        in_section: false,
    };
    walk.templates_in(&definition.headers, &Path::of(&["headers"]));
    let mut after_login = known.clone();
    for (at, login) in definition.login.iter().enumerate() {
        walk.known.clone_from(&known);
        walk.known.extend(login.fields.iter().map(|field| field.field.as_str().to_owned()));
        walk.steps(&login.steps, &Path::of(&["login"]).then(at).then("steps"));
        after_login.extend(walk.known.iter().cloned());
    }
    after_login.remove(FieldName::Password.as_str());
    let secret = made_of_password(subject);
    walk.known = after_login.difference(&secret).cloned().collect();
    let in_login = std::mem::take(&mut walk.used);
    walk.in_section = true;
    for (name, list) in &definition.lists {
        walk.section(list, &Path::of(&["lists", name]));
    }
    let names = Name::of(subject.product).iter();
    for (name, section) in names.filter_map(|name| Some((*name, definition.sections.get(*name)?))) {
        walk.section(section, &Path::of(&["sections", name.as_str()]));
    }
    walk.in_rules();
    let in_sections = std::mem::take(&mut walk.used);
    for (name, path) in &walk.captured {
        let is_whose = crate::run::OWN_NAMES.contains(&name.as_str());
        if !in_login.contains(name) && !in_sections.contains(name) && !is_whose {
            subject.warn(walk.complaints, path, format!("nothing uses `{name}`"));
        }
    }
    in_sections
}

/// Values set in a login that are made of the password, directly or not.
fn made_of_password(subject: &Subject<'_>) -> BTreeSet<String> {
    let mut secret = BTreeSet::from([FieldName::Password.as_str().to_owned()]);
    for step in subject.definition.login.iter().flat_map(|login| &login.steps) {
        for (name, template) in step.set() {
            let both = [template.names(), template.soft_names()];
            if both.iter().any(|names| !names.is_disjoint(&secret)) {
                secret.insert(name.to_owned());
            }
        }
    }
    secret
}

impl Walk<'_> {
    fn name(&mut self, name: &str, path: &Path) {
        self.used.insert(name.to_owned());
        if self.known.contains(name) {
            return;
        }
        let message = if name == FieldName::Password.as_str() && self.in_section {
            "`password` exists only in the login".to_owned()
        } else {
            let near = did_you_mean(name, self.known.iter().map(String::as_str));
            format!("nothing defines `{name}`{near}")
        };
        self.subject.complain(self.complaints, path, message);
    }

    fn template(&mut self, template: &Template, path: &Path) {
        for name in template.names() {
            self.name(name, path);
        }
        self.used.extend(template.soft_names().iter().cloned());
    }

    fn templates_in(&mut self, templates: &Ordered<Template>, path: &Path) {
        for (name, template) in templates.iter() {
            self.template(template, &path.then(name));
        }
    }

    fn pieces(&mut self, pieces: &Ordered<Piece>, path: &Path) {
        for (name, piece) in pieces.iter() {
            for template in piece.templates() {
                self.template(template, &path.then(name));
            }
        }
    }

    fn json(&mut self, json: &JsonTemplate, path: &Path) {
        for template in json.templates() {
            self.template(template, path);
        }
    }

    fn steps(&mut self, steps: &[Step], path: &Path) {
        for (at, step) in steps.iter().enumerate() {
            self.step(step, &path.then(at));
        }
    }

    fn step(&mut self, step: &Step, path: &Path) {
        self.predicates(&step.when, &path.then("when"));
        match &step.action {
            Action::Request(request) => self.request(request, path),
            Action::Ask(ask) => {
                if let Some(request) = &ask.request {
                    self.request(request, path);
                }
                self.ask(ask, path);
            }
            Action::Set(values) => {
                for (name, template) in values.iter() {
                    self.template(template, &path.then("set").then(name));
                    self.define(name, &path.then("set").then(name));
                }
            }
        }
    }

    fn ask(&mut self, ask: &Ask, path: &Path) {
        for (key, _, capture) in ask.captures() {
            self.capture(capture, &path.then(key));
        }
        for (key, template) in ask.of.texts() {
            self.template(template, &path.then(key));
        }
        if let AskOf::Click { words: Some(words), .. } = &ask.of {
            self.name(words, &path.then("words"));
        }
        if let AskOf::Choose(choices) = &ask.of {
            let path = path.then("choices");
            self.name(&choices.of, &path.then("of"));
            let added = self.known.insert("it".to_owned());
            self.template(&choices.value, &path.then("value"));
            self.template(&choices.label, &path.then("label"));
            if added {
                self.known.remove("it");
            }
        }
        if let Some(Elsewhere { poll, .. }) = ask.of.elsewhere() {
            let path = path.then("poll");
            self.request(&poll.request, &path.then("request"));
            self.predicates(&poll.until, &path.then("until"));
        }
        if ask.kind().is_typed() {
            self.known.insert(ask.to.clone());
        }
    }

    fn request(&mut self, request: &Request, path: &Path) {
        let key = if matches!(request.method, Method::Get) { "get" } else { "post" };
        for (at, address) in request.addresses.iter().enumerate() {
            self.template(address, &path.then(key).then(at));
        }
        self.pieces(&request.query, &path.then("query"));
        match &request.method {
            Method::Get => {}
            Method::Post(Body::Form { from, fields, .. }) => {
                self.pieces(fields, &path.then("form"));
                for name in from.iter() {
                    self.name(name, &path.then("form_from"));
                }
            }
            Method::Post(Body::Json(json)) => self.json(json, &path.then("json")),
            Method::Post(Body::Raw { piece, .. }) => {
                for template in piece.templates() {
                    self.template(template, &path.then("body"));
                }
            }
        }
        self.templates_in(&request.headers, &path.then("headers"));
        if let Some(referer) = &request.referer {
            self.template(referer, &path.then("referer"));
        }
        let answer = &request.answer;
        for rule in &answer.fail {
            self.predicate(&rule.predicate, &path.then("fail"));
        }
        self.predicates(&answer.expect, &path.then("expect"));
        for (name, capture) in answer.capture.iter() {
            self.capture(capture, &path.then("capture").then(name));
            self.define(name, &path.then("capture").then(name));
        }
    }

    fn define(&mut self, name: &str, path: &Path) {
        if FieldName::parse(name).is_some() || BUILT_IN.contains(&name) {
            self.subject.complain(self.complaints, path, format!("`{name}` has a meaning already"));
        }
        self.known.insert(name.to_owned());
        self.captured.entry(name.to_owned()).or_insert_with(|| path.clone());
    }

    fn capture(&mut self, capture: &Capture, path: &Path) {
        if let CaptureFrom::Value(template) = &capture.from {
            self.template(template, path);
        }
    }

    fn predicates(&mut self, predicates: &[Predicate], path: &Path) {
        for (at, predicate) in predicates.iter().enumerate() {
            self.predicate(predicate, &path.then(at));
        }
    }

    fn predicate(&mut self, predicate: &Predicate, path: &Path) {
        match &predicate.subject {
            Looked::Has(name) | Looked::Lacks(name) => self.name(name, path),
            Looked::Value(template) => self.template(template, path),
            Looked::Any(inner) => self.predicates(inner, &path.then("any")),
            Looked::Text(_)
            | Looked::Exact(_)
            | Looked::Css(_)
            | Looked::Json(_)
            | Looked::Input(_)
            | Looked::Cookie(_)
            | Looked::Url(_)
            | Looked::Status(_)
            | Looked::Script(_) => {}
        }
        if let Some(Comparison::Equals(template) | Comparison::Differs(template)) =
            &predicate.comparison
        {
            self.template(template, path);
        }
        self.predicates(&predicate.and, &path.then("and"));
    }

    fn section(&mut self, section: &Section, path: &Path) {
        self.steps(&section.before, &path.then("before"));
        let outside = self.known.clone();
        self.loops(&section.each, &path.then("each"));
        self.steps(&section.steps, &path.then("steps"));
        self.pages(&section.each, &path.then("each"));
        for (at, source) in section.record().iter().enumerate() {
            let path = path.then("record").then(at);
            self.row_values(&source.values, &path.then("values"));
            self.map(&source.map, &path.then("map"));
        }
        if let Some(rows) = section.rows() {
            self.row_values(&rows.values, &path.then("rows").then("values"));
            self.map(&rows.map, &path.then("rows").then("map"));
        }
        self.predicates(&section.empty, &path.then("empty"));
        self.parts(section, &path.then("parts"));
        // Loop values end with the loop; captures stay.
        let captured = self.captured.keys().cloned();
        self.known = outside.into_iter().chain(captured).collect();
        let secret = made_of_password(self.subject);
        self.known.retain(|name| !secret.contains(name));
    }

    fn parts(&mut self, section: &Section, path: &Path) {
        let kept = section.rows().into_iter().flat_map(|rows| rows.keep.iter());
        self.known.extend(kept.map(|(name, _)| name.to_owned()));
        let parts = [
            ("loanRepayerInfos", &section.parts.repayers),
            ("loanRepayInfos", &section.parts.repays),
            ("loanOverdueInfos", &section.parts.overdues),
        ];
        for (name, part) in
            parts.into_iter().filter_map(|(name, part)| Some((name, part.as_ref()?)))
        {
            let path = path.then(name);
            self.loops(&part.each, &path.then("each"));
            self.steps(&part.steps, &path.then("steps"));
            self.pages(&part.each, &path.then("each"));
            self.row_values(&part.rows.values, &path.then("rows").then("values"));
            self.map(&part.rows.map, &path.then("rows").then("map"));
            self.predicates(&part.empty, &path.then("empty"));
        }
    }

    fn row_values(&mut self, values: &Ordered<Template>, path: &Path) {
        let added = self.known.insert("row".to_owned());
        self.templates_in(values, path);
        if added {
            self.known.remove("row");
        }
    }

    fn map(&mut self, map: &crate::definition::Map, path: &Path) {
        self.known.extend(["row".to_owned(), "it".to_owned()]);
        for (key, targets) in map.iter() {
            for template in targets.0.iter().filter_map(|target| target.detail.value.as_ref()) {
                self.template(template, &path.then(key));
            }
        }
        self.known.remove("row");
        self.known.remove("it");
    }

    fn loops(&mut self, each: &[Loop], path: &Path) {
        for (at, one) in each.iter().enumerate() {
            let path = path.then(at);
            let names: Vec<&str> = match one {
                Loop::Year(years) => {
                    self.template(&years.last, &path);
                    vec!["year"]
                }
                Loop::FiscalYear(years) => {
                    self.template(&years.last, &path);
                    vec!["fiscal_year", "start", "end"]
                }
                Loop::Month(months) => {
                    self.template(&months.last, &path);
                    vec!["month"]
                }
                Loop::Window(windows) => {
                    self.template(&windows.months, &path);
                    self.template(&windows.last, &path);
                    vec!["start", "end"]
                }
                Loop::Item(items) => {
                    match &items.list {
                        ItemList::Of(name) => self.name(name, &path),
                        ItemList::In(list) => self.json(list, &path),
                    }
                    vec![&items.name]
                }
                Loop::Page(_) => vec!["page", "size", "offset"],
            };
            self.known.extend(names.into_iter().map(str::to_owned));
        }
    }

    /// What is looked for on each page, after the steps.
    fn pages(&mut self, each: &[Loop], path: &Path) {
        for one in each {
            let Loop::Page(pager) = one else { continue };
            let end = pager.end();
            let of_end = end.into_iter().flat_map(|end| end.pages.iter().chain(end.next.iter()));
            for capture in pager.total.iter().chain(of_end) {
                self.capture(capture, path);
            }
            self.predicates(end.map_or(&[], |end| end.while_.as_slice()), path);
        }
    }

    /// Predicates in the file's own outcomes.
    fn in_rules(&mut self) {
        for rule in &self.subject.definition.outcomes {
            self.predicate(&rule.predicate, &Path::of(&["outcomes"]));
        }
    }
}
