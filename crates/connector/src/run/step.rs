//! One step: sent, judged, captured.

use fiveone_model::{failure::Failure, login::Credentials};
use serde_json::Value as Json;

use super::{
    Run, Vars, changed,
    fetch::Fetched,
    judge::{Verdict, Where, judge},
    note::StepNote,
    request::unrendered,
};
use crate::{
    definition::{Capture, Condition, Ordered, Step},
    page::{Page, Prober},
    template::{Scope, Template},
};

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) enum StepEnd {
    /// The portal said so.
    Verdict(Verdict),
    /// There was no answer to judge.
    Failure(Failure),
}

impl From<Failure> for StepEnd {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Where a step runs: login fields and loop values.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) fields: Option<&'a Credentials>,
    pub(super) locals: &'a Vars,
}

impl Context<'_> {
    pub(super) const fn place(&self) -> Where {
        if self.fields.is_some() { Where::Login } else { Where::Section }
    }
}

impl Run {
    /// Whether all conditions of a step hold.
    pub(super) fn holds(&self, when: &[Condition], context: Context<'_>) -> Result<bool, Failure> {
        let scope = self.scope(context.fields, context.locals);
        for condition in when {
            let filled = |name: &str| {
                scope
                    .get(name)
                    .is_some_and(|value| !value.is_none() && !value.to_string().trim().is_empty())
            };
            let has = condition.has.as_deref().is_none_or(filled);
            let lacks = condition.lacks.as_deref().is_none_or(|name| !filled(name));
            if !has || !lacks || !compare(condition, &scope)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends a step's request, trying its other addresses on 404.
    pub(super) async fn fetch_step(
        &mut self,
        step: &Step,
        context: Context<'_>,
    ) -> Result<Fetched, Failure> {
        let addresses = if step.post.is_empty() { &step.get } else { &step.post };
        loop {
            let mut last = None;
            for address in addresses.iter() {
                let fetched = self.fetch_address(step, address, context).await?;
                if fetched.answer.status != 404 || step.accept.contains(&404) {
                    self.is_base_known = true;
                    return Ok(fetched);
                }
                last = Some(fetched);
            }
            // The operator may have given the portal's root for an address with a path.
            if self.is_base_known || self.base + 1 >= self.connector.bases.len() {
                return last.ok_or_else(changed);
            }
            self.base += 1;
        }
    }

    async fn fetch_address(
        &mut self,
        step: &Step,
        address: &Template,
        context: Context<'_>,
    ) -> Result<Fetched, Failure> {
        let built = {
            let scope = self.scope(context.fields, context.locals);
            let in_login = context.place() == Where::Login;
            self.build(step, address, &scope, in_login).map_err(|error| {
                self.note_problem(step, &error.0);
                unrendered(&error)
            })?
        };
        let method = built.request.method;
        let fetched = self.fetch(built, step.follow.unwrap_or(true)).await;
        let (path, status, ms, outcome) = match &fetched {
            Ok(fetched) => {
                (fetched.url.path().to_owned(), Some(fetched.answer.status), fetched.ms, "")
            }
            Err(failure) => (address.source().to_owned(), None, 0, failure.kind.as_str()),
        };
        self.log.push(StepNote {
            step: name_of(step),
            method,
            path,
            status,
            ms,
            captured: Vec::new(),
            outcome: outcome.to_owned(),
        });
        fetched
    }

    /// Sends a request, judges its answer and keeps what it captures.
    pub(super) async fn do_request(
        &mut self,
        step: &Step,
        context: Context<'_>,
    ) -> Result<Fetched, StepEnd> {
        let fetched = self.fetch_step(step, context).await?;
        self.take_in(step, &fetched, context)?;
        Ok(fetched)
    }

    /// Judges an answer and keeps what it captures.
    pub(super) fn take_in(
        &mut self,
        step: &Step,
        fetched: &Fetched,
        context: Context<'_>,
    ) -> Result<(), StepEnd> {
        let cookies = self.cookies(&fetched.url);
        let found = {
            let scope = self.scope(context.fields, context.locals);
            let page = self.page(step, fetched);
            match page {
                None => Err(Verdict::changed("the answer is not wrapped as it should be")),
                Some(page) => {
                    let prober = Prober::new(&page, &scope, &cookies);
                    match judge(&prober, step, &self.connector, context.place()) {
                        Some(verdict) => Err(verdict),
                        None => captured(&prober, &step.capture),
                    }
                }
            }
        };
        match found {
            Ok(values) => {
                if let Some(note) = self.log.last_mut() {
                    note.captured = values.iter().map(|(name, _)| name.clone()).collect();
                }
                for (name, value) in values {
                    match value {
                        Some(value) => self.vars.insert(name, value),
                        None => self.vars.remove(&name),
                    };
                }
                Ok(())
            }
            Err(verdict) => {
                if let Some(note) = self.log.last_mut() {
                    note.outcome = format!("{}: {}", verdict.outcome.as_str(), verdict.detail);
                }
                Err(StepEnd::Verdict(verdict))
            }
        }
    }

    /// The page of an answer, unwrapped; `None` when there was nothing to unwrap.
    pub(super) fn page(&self, step: &Step, fetched: &Fetched) -> Option<Page> {
        let answer = &fetched.answer;
        let page = Page::new(
            answer.status,
            fetched.url.clone(),
            answer.headers.clone(),
            &answer.body,
            step.answer_charset,
            self.connector.definition.charset,
        );
        page.unwrap(&step.unwrap)
    }

    /// Sets the values of a `set` step.
    pub(super) fn set_values(&mut self, step: &Step, context: Context<'_>) -> Result<(), Failure> {
        for (name, template) in step.set.iter() {
            let value = template.json(&self.scope(context.fields, context.locals));
            match value {
                Ok(value) => self.vars.insert(name.to_owned(), value),
                Err(error) => {
                    self.note_problem(step, &error.0);
                    return Err(unrendered(&error));
                }
            };
        }
        Ok(())
    }

    /// Notes what could not be done, for the operator.
    pub(super) fn note_problem(&mut self, step: &Step, problem: &str) {
        self.log.push(StepNote {
            step: name_of(step),
            method: "",
            path: String::new(),
            status: None,
            ms: 0,
            captured: Vec::new(),
            outcome: format!("changed: {problem}"),
        });
    }
}

/// What a step is called in logs.
pub(super) fn name_of(step: &Step) -> String {
    let address = step.get.first().or_else(|| step.post.first()).map(Template::source);
    let ask = step.ask.map(|ask| format!("ask {}", ask.as_str()));
    step.id
        .clone()
        .or(ask)
        .or_else(|| address.map(str::to_owned))
        .unwrap_or_else(|| "set".to_owned())
}

fn compare(condition: &Condition, scope: &dyn Scope) -> Result<bool, Failure> {
    let Some(template) = &condition.value else { return Ok(true) };
    let text = template.render(scope).map_err(|error| unrendered(&error))?;
    let same = |other: &Template| {
        other.render(scope).map(|other| other == text).map_err(|error| unrendered(&error))
    };
    let equals = condition.equals.as_ref().map_or(Ok(true), same)?;
    let differs =
        condition.differs.as_ref().map_or(Ok(true), |other| same(other).map(|same| !same))?;
    Ok(equals
        && differs
        && condition.contains.as_ref().is_none_or(|part| text.contains(part.as_str()))
        && condition.matches.as_ref().is_none_or(|pattern| pattern.0.is_match(&text))
        && (condition.one_of.is_empty() || condition.one_of.contains(&text)))
}

/// The values of a step's captures; a missing one means that the portal has changed.
fn captured(
    prober: &Prober<'_>,
    captures: &Ordered<Capture>,
) -> Result<Vec<(String, Option<Json>)>, Verdict> {
    captures
        .iter()
        .map(|(name, capture)| {
            let found = prober.capture(capture).map_err(|error| Verdict::changed(error.0))?;
            let value = found
                .map(|value| absolute(prober, capture, value))
                .or_else(|| capture.default.clone().map(Json::String));
            if value.is_none() && !capture.optional {
                return Err(Verdict::changed(format!("`{name}` is not there to capture")));
            }
            Ok((name.to_owned(), value))
        })
        .collect()
}

/// Addresses of a page's elements are made whole, so that they can be used from anywhere.
fn absolute(prober: &Prober<'_>, capture: &Capture, value: Json) -> Json {
    let is_address = matches!(capture.attr.as_deref(), Some("href" | "src" | "action"));
    match &value {
        Json::String(text) if is_address && !text.starts_with("data:") => prober
            .page
            .url
            .join(text)
            .map_or_else(|_| value.clone(), |url| Json::String(url.to_string())),
        _ => value,
    }
}
