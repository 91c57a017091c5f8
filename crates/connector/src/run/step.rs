//! One step: sent, judged, captured.

use fiveone_model::{
    failure::{Failure, FailureKind},
    login::{Credentials, FieldName},
};
use serde_json::Value as Json;
use tracing::Instrument as _;

use super::{
    Run, Vars,
    code_words::speaks_of_code,
    fetch::Fetched,
    note::StepNote,
    reason,
    verdict::{Verdict, Where, judge, refused_again},
};
use crate::{
    definition::{Capture, Method, Ordered, Predicate, Request},
    outcome::Outcome,
    page::{Page, Prober, Standing},
    read::Unread,
    template::Template,
    unexpected::UnexpectedPage,
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

impl StepEnd {
    pub(super) fn unexpected(page: &UnexpectedPage) -> Self {
        Self::Verdict(Verdict::unexpected(page))
    }
}

/// Where a step runs: login fields and loop values.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) fields: Option<&'a Credentials>,
    pub(super) locals: &'a Vars,
}

impl Run {
    /// Whether all conditions of a step hold.
    pub(super) fn holds(&self, when: &[Predicate], context: Context<'_>) -> bool {
        if when.is_empty() {
            return true;
        }
        let scope = self.scope(context.fields, context.locals);
        let (page, nothing) = (Page::blank(self.base_url().clone()), Standing::default());
        let prober = Prober::new(&page, &scope, &[], &nothing);
        when.iter().all(|predicate| prober.holds(predicate))
    }

    /// The roots of the file but one.
    fn other_roots(&self, known: usize) -> impl Iterator<Item = usize> + use<> {
        (0..self.connector.definition.roots.len()).filter(move |root| *root != known)
    }

    /// Sends a step's request, trying its other addresses and the other roots on 404. The root that
    /// has it is tried first from then on.
    pub(super) async fn fetch_step(
        &mut self,
        request: &Request,
        context: Context<'_>,
    ) -> Result<Fetched, Failure> {
        loop {
            let mut last = None;
            let known_root = self.root;
            for root in std::iter::once(known_root).chain(self.other_roots(known_root)) {
                self.root = root;
                for address in request.addresses.iter() {
                    let fetched = self.fetch_address(request, address, context).await?;
                    if fetched.answer.status != 404 || request.answer.accept.contains(&404) {
                        self.is_base_known = true;
                        return Ok(fetched);
                    }
                    last = Some(fetched);
                }
            }
            self.root = known_root;
            // The operator may have given the portal's root for an address with a path.
            if self.is_base_known || self.base + 1 >= self.connector.bases.len() {
                let nothing = UnexpectedPage::definition("the request has no address");
                return last.ok_or_else(|| self.unexpected(&nothing));
            }
            self.base += 1;
        }
    }

    async fn fetch_address(
        &mut self,
        request: &Request,
        address: &Template,
        context: Context<'_>,
    ) -> Result<Fetched, Failure> {
        let built = {
            let scope = self.scope(context.fields, context.locals);
            let in_login = context.fields.is_some();
            self.build(request, address, &scope, in_login)
        };
        let built = built.map_err(|error| {
            self.note(StepNote::of(request.name()));
            self.unexpected(&UnexpectedPage::definition(error.0))
        })?;
        let method = built.request.method;
        // Noted before there is an answer: a run that is broken off has said what it waited for.
        self.note(StepNote {
            method,
            path: address.source().to_owned(),
            outcome: "no answer yet".to_owned(),
            ..StepNote::of(request.name())
        });
        let span = tracing::info_span!("step", step = request.name());
        let fetched = self.fetch(built, request.follow).instrument(span).await;
        self.log.amend(|note| match &fetched {
            Ok(fetched) => {
                note.path = reason::path(fetched.url.path());
                note.status = Some(fetched.answer.status);
                note.ms = fetched.ms;
                note.outcome.clear();
            }
            Err(failure) => failure.kind.as_str().clone_into(&mut note.outcome),
        });
        fetched
    }

    /// Sends a request, judges its answer and keeps what it captures.
    pub(super) async fn do_request(
        &mut self,
        request: &Request,
        context: Context<'_>,
    ) -> Result<Page, StepEnd> {
        let fetched = self.fetch_step(request, context).await?;
        // What a page says before anything was sent to it is no answer to the person's input.
        self.has_sent |= self.sends_input(request);
        let page = self.take_in(request, &fetched, context)?;
        self.remember_entry(request, &fetched, context);
        Ok(page)
    }

    /// Remembers what a page of the login says before anything was sent: it is no answer later, where the
    /// page comes again.
    pub(super) fn remember_entry(
        &mut self,
        request: &Request,
        fetched: &Fetched,
        context: Context<'_>,
    ) {
        if context.fields.is_none() || self.has_sent {
            return;
        }
        let Ok(page) = self.page(request, fetched) else { return };
        self.standing.remember(&page);
        if page.has_password_field() {
            let has_code = speaks_of_code(&page);
            self.entry_has_code = Some(self.entry_has_code.unwrap_or(false) || has_code);
        }
    }

    /// Whether something goes to the portal that the person typed.
    fn sends_input(&self, request: &Request) -> bool {
        let mut sent = request.names_sent();
        matches!(request.method, Method::Post(_)) || sent.any(|name| self.is_typed(name))
    }

    fn is_typed(&self, name: &str) -> bool {
        FieldName::parse(name).is_some() || self.typed.contains(name)
    }

    /// Where an answer is judged.
    pub(super) fn place(&self, context: Context<'_>) -> Where {
        match context.fields {
            Some(_) if self.has_sent => Where::Login,
            Some(_) => Where::Entry,
            None => Where::Section,
        }
    }

    /// Judges an answer and keeps what it captures; its page, for whoever reads it.
    pub(super) fn take_in(
        &mut self,
        request: &Request,
        fetched: &Fetched,
        context: Context<'_>,
    ) -> Result<Page, StepEnd> {
        let cookies = self.cookies(&fetched.url);
        let taken = match self.page(request, fetched) {
            Err(page) => Err(Verdict::unexpected(&page)),
            Ok(page) => {
                let rules = &request.answer;
                self.remember(request, &page);
                let scope = self.scope(context.fields, context.locals);
                let prober = Prober::new(&page, &scope, &cookies, &self.standing);
                let values = captured(&prober, &rules.capture);
                let missing = values.as_ref().err();
                match judge(&prober, rules, missing, &self.connector, self.place(context)) {
                    Some(verdict) => Err(verdict),
                    None => values
                        .map_err(|page| Verdict::unexpected(&page))
                        .map(|values| (page, values)),
                }
            }
        };
        match taken {
            Ok((page, values)) => {
                if self.place(context) == Where::Login {
                    let scope = self.scope(context.fields, context.locals);
                    let prober = Prober::new(&page, &scope, &cookies, &self.standing);
                    self.refusal = refused_again(&prober);
                }
                let names = values.iter().map(|(name, _)| name.clone()).collect();
                self.log.amend(|note| note.captured = names);
                for (name, value) in values {
                    match value {
                        Some(value) => self.vars.insert(name, value),
                        None => self.vars.remove(&name),
                    };
                }
                Ok(page)
            }
            Err(mut verdict) => {
                if verdict.outcome == Outcome::Changed && self.has_lost_session() {
                    verdict.outcome = Outcome::SessionLost;
                }
                // Why there is nothing behind the login, the answer to the login has said.
                if verdict.outcome == Outcome::Changed
                    && let Some(refusal) = self.refusal.take()
                {
                    verdict = refusal;
                }
                self.log.end(format!("{}: {}", verdict.outcome.as_str(), verdict.detail));
                Err(StepEnd::Verdict(verdict))
            }
        }
    }

    /// The page of an answer without its layers.
    pub(super) fn page(
        &self,
        request: &Request,
        fetched: &Fetched,
    ) -> Result<Page, UnexpectedPage> {
        let rules = &request.answer;
        let answer = &fetched.answer;
        let page = Page::new(
            answer.status,
            fetched.url.clone(),
            answer.headers.clone(),
            &answer.body,
            rules.charset,
            self.connector.definition.charset,
        );
        page.peel(&rules.layers).ok_or_else(|| {
            UnexpectedPage::portal("the answer does not have the layers that the file peels off")
        })
    }

    /// Sets the values of a `set` step.
    pub(super) fn set_values(
        &mut self,
        values: &Ordered<Template>,
        context: Context<'_>,
    ) -> Result<(), Failure> {
        for (name, template) in values.iter() {
            let value = template.json(&self.scope(context.fields, context.locals));
            let mut names = template.names().iter().chain(template.soft_names());
            if names.any(|one| self.is_typed(one)) {
                self.typed.insert(name.to_owned());
            }
            match value {
                Ok(value) => self.vars.insert(name.to_owned(), value),
                Err(error) => {
                    self.note(StepNote::of(format!("set {name}")));
                    return Err(self.unexpected(&UnexpectedPage::definition(error.0)));
                }
            };
        }
        Ok(())
    }

    /// Notes what was done, for the operator.
    pub(super) fn note(&mut self, note: StepNote) {
        self.log.push(note);
    }

    /// The failure of a step's end.
    pub(super) fn failure_of(&self, end: StepEnd) -> Failure {
        match end {
            StepEnd::Failure(failure) => failure,
            StepEnd::Verdict(verdict) => verdict.failure(&self.private(None)),
        }
    }

    /// Notes why a page was refused and makes the failure.
    pub(super) fn unexpected(&mut self, page: &UnexpectedPage) -> Failure {
        let verdict = Verdict::unexpected(page);
        self.log.end(format!("{}: {}", verdict.outcome.as_str(), verdict.detail));
        verdict.failure(&[])
    }

    /// The same for a page of records; what the page says about it tells better.
    pub(super) fn refuse(&mut self, unread: &Unread, verdict: Option<Verdict>) -> Failure {
        match (unread, verdict) {
            (Unread::OtherPerson, _) => {
                self.log.end("other_person: records of somebody else".to_owned());
                Failure::of(FailureKind::OtherPerson)
            }
            // Records came before, so the portal is as it was.
            (Unread::Unexpected(page), None) if self.has_lost_session() => {
                let outcome = Outcome::SessionLost;
                self.log.end(format!("{}: {page}", outcome.as_str()));
                Failure::of(outcome.failure())
            }
            (Unread::Unexpected(page), None) => self.unexpected(page),
            (Unread::Unexpected(page), Some(verdict)) => {
                self.log.end(format!("{}: {page}", verdict.outcome.as_str()));
                verdict.failure(&self.private(None))
            }
        }
    }
}

/// The values of a step's captures; which one is missing when one is.
fn captured(
    prober: &Prober<'_>,
    captures: &Ordered<Capture>,
) -> Result<Vec<(String, Option<Json>)>, UnexpectedPage> {
    captures
        .iter()
        .map(|(name, capture)| {
            if let Some(reason) = prober.gap_in(capture) {
                return Err(UnexpectedPage::portal(reason));
            }
            let found = prober.capture(capture);
            let found = found.map_err(|error| UnexpectedPage::definition(error.0))?;
            let value = found
                .map(|value| absolute(prober, capture, value))
                .or_else(|| capture.default.clone().map(Json::String));
            if value.is_none() && !capture.optional {
                return Err(UnexpectedPage::portal(format!("`{name}` is not there to capture")));
            }
            Ok((name.to_owned(), value))
        })
        .collect()
}

/// Addresses of a page's elements are made whole, so that they can be used from anywhere.
fn absolute(prober: &Prober<'_>, capture: &Capture, value: Json) -> Json {
    match &value {
        Json::String(text) if capture.from.is_address() && !text.starts_with("data:") => prober
            .page
            .url
            .join(text)
            .map_or_else(|_| value.clone(), |url| Json::String(url.to_string())),
        _ => value,
    }
}
