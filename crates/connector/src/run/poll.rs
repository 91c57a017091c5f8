//! Questions that the portal ends: it is asked again and again whether the person has done it.

use fiveone_model::{challenge::ASKS_MAX, clock::Millis, failure::FailureKind, question::Question};

use super::{
    Person, Run, Unanswered,
    ask::failure_of,
    step::{Context, StepEnd},
    verdict::{Verdict, judge},
};
use crate::{
    definition::{AnswerRules, Poll, Request},
    outcome::Outcome,
    page::Prober,
};

impl Run {
    /// Shows a question until the portal says that it is done. What it shows is put anew when its time
    /// is over and its kind is, as after a wrong code.
    pub(super) async fn poll_portal(
        &mut self,
        poll: &Poll,
        (question, attempt): (Question, u32),
        context: Context<'_>,
        person: &mut dyn Person,
    ) -> Result<(), StepEnd> {
        let is_renewed = question.kind.is_renewed() && attempt < ASKS_MAX;
        person.show(question, attempt).await.map_err(failure_of)?;
        let ended = match Box::pin(self.watch(poll, context, person)).await {
            Err(StepEnd::Failure(failure))
                if failure.kind == FailureKind::NoAnswer && is_renewed =>
            {
                Err(StepEnd::Verdict(Verdict::of(Outcome::ExpiredCaptcha, "its time is over")))
            }
            ended => ended,
        };
        // A task that has failed is closed with all that it shows.
        if !matches!(ended, Err(StepEnd::Failure(_))) {
            person.close().await.map_err(failure_of)?;
        }
        ended
    }

    async fn watch(
        &mut self,
        poll: &Poll,
        context: Context<'_>,
        person: &mut dyn Person,
    ) -> Result<(), StepEnd> {
        let request = &poll.request;
        // Whatever the answer is, the next look tells more than what this page is made of.
        let AnswerRules { charset, accept, layers, fail, has_texts, .. } = request.answer.clone();
        let waiting =
            AnswerRules { charset, accept, layers, fail, has_texts, ..AnswerRules::default() };
        for _ in 0..poll.for_ / poll.every.max(1) {
            person.wait(Millis::from(poll.every) * 1_000).await.map_err(failure_of)?;
            if self.is_done(poll, request, &waiting, context).await? {
                return Ok(());
            }
        }
        Err(failure_of(Unanswered::TimedOut))
    }

    /// One look.
    async fn is_done(
        &mut self,
        poll: &Poll,
        request: &Request,
        waiting: &AnswerRules,
        context: Context<'_>,
    ) -> Result<bool, StepEnd> {
        let fetched = self.fetch_step(request, context).await?;
        self.has_sent = true;
        let (is_done, refusal) = {
            let page = self.page(request, &fetched).map_err(|page| StepEnd::unexpected(&page))?;
            let cookies = self.cookies(&fetched.url);
            let scope = self.scope(context.fields, context.locals);
            let prober = Prober::new(&page, &scope, &cookies, &self.standing);
            let is_done = poll.until.iter().any(|one| prober.holds(one));
            let place = self.place(context);
            let refusal = match is_done {
                true => None,
                false => judge(&prober, waiting, None, &self.connector, place),
            };
            (is_done, refusal)
        };
        if let Some(verdict) = refusal {
            self.log.end(format!("{}: {}", verdict.outcome.as_str(), verdict.detail));
            return Err(StepEnd::Verdict(verdict));
        }
        if is_done {
            self.take_in(request, &fetched, context)?;
        }
        Ok(is_done)
    }
}
