//! Questions in a terminal, or through a pipe: each is asked until its answer is one.

use std::io::{BufRead as _, Write as _};

use super::usage;
use crate::exit::Failed;
use crate::output::complain;

/// Who asks, and whether anybody is asked at all.
pub(super) struct Asker {
    is_silent: bool,
    number: usize,
}

/// What is asked.
pub(super) struct Question<'a> {
    /// The question.
    pub(super) text: &'a str,
    /// The option that answers it before it is asked.
    pub(super) option: &'a str,
    /// What that option says.
    pub(super) given: Option<&'a str>,
    /// The answer that is proposed.
    pub(super) proposed: &'a str,
}

impl Asker {
    pub(super) const fn new(is_silent: bool) -> Self {
        Self { is_silent, number: 0 }
    }

    /// An answer that `check` takes: the option's, or the proposed one when nobody is asked.
    ///
    /// # Errors
    /// The option's or the proposed answer is refused, or there is no more input.
    pub(super) async fn ask<T>(
        &mut self,
        question: Question<'_>,
        check: impl AsyncFn(&str) -> Result<T, String>,
    ) -> Result<T, Failed> {
        self.number += 1;
        let Question { text, option, given, proposed } = question;
        if let Some(answer) = given.or(self.is_silent.then_some(proposed)) {
            return check(answer).await.map_err(|why| usage(format!("{option}: {why}")));
        }
        loop {
            let shown = if proposed.is_empty() { "none" } else { proposed };
            let mut screen = std::io::stderr().lock();
            write!(screen, "{}/5 {text}\n    [{shown}] ", self.number)?;
            screen.flush()?;
            drop(screen);
            let mut line = String::new();
            if std::io::stdin().lock().read_line(&mut line)? == 0 {
                return Err(usage(format!("no answer; give {option}, or --yes")));
            }
            let answer = Some(line.trim()).filter(|answer| !answer.is_empty()).unwrap_or(proposed);
            match check(answer).await {
                Ok(taken) => return Ok(taken),
                Err(why) => complain(&format!("    {why}")),
            }
        }
    }
}
