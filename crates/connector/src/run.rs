//! One login of one person at one portal, and the reading that follows.
//!
//! A run holds cookies and a few captured values, nothing else, so that thousands can wait for a
//! code. It never keeps the password: login fields are borrowed for the login alone, and whatever
//! was made of the password is forgotten when the login ends.

mod ask;
mod checkpoint;
mod code_words;
mod evidence;
mod fetch;
mod loans;
mod login;
mod loops;
mod merge;
mod note;
mod overlap;
mod pager;
mod paging;
mod poll;
mod question;
mod reason;
mod redirect;
mod request;
mod section;
mod section_reader;
mod step;
mod template_vars;
mod verdict;
mod whole_list;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use cookie_store::CookieStore;
use fiveone_model::{
    clock::Millis,
    failure::{Failure, FailureKind},
    finding::Finding,
    login::Credentials,
    question::Question,
    report::{Content, Record, Section},
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value as Json;
use zeroize::Zeroizing;

pub(crate) use login::OWN_NAMES;

use crate::{connector::Connector, page::Standing, portal::Portal, read::Whose};

pub use evidence::Evidence;
pub use note::{RunLog, StepNote};
pub(crate) use template_vars::BUILT_IN;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// Nobody answered in time.
    TimedOut,
    /// The task was given up.
    Abandoned,
}

/// Whoever answers questions. `attempt` counts from 1 how often a kind was asked in a login.
#[async_trait]
pub trait Person: Send {
    /// Asks and waits for the answer, as [`Question::read`] makes it.
    async fn ask(
        &mut self,
        question: Question,
        attempt: u32,
    ) -> Result<Zeroizing<String>, Unanswered>;

    /// Shows a question that the portal ends: see [`Person::wait`] and [`Person::close`]. Whoever
    /// leaves these three as they are does at once what is asked.
    async fn show(&mut self, _question: Question, _attempt: u32) -> Result<(), Unanswered> {
        Ok(())
    }

    /// Lets the person see what is shown for so long; [`Unanswered::TimedOut`] when its time is over.
    async fn wait(&mut self, _ms: Millis) -> Result<(), Unanswered> {
        Ok(())
    }

    /// Takes away what is shown.
    async fn close(&mut self) -> Result<(), Unanswered> {
        Ok(())
    }
}

/// A section that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its records.
    pub content: Content,
    /// What is odd about its data.
    pub findings: Vec<Finding>,
}

/// Captured and set values.
pub(crate) type Vars = BTreeMap<String, Json>;

/// The rows of a shared list by section, or why there are none.
type Shared = Result<(BTreeMap<Section, Vec<Record>>, Vec<Finding>), Failure>;

/// One person's login and reading.
pub struct Run {
    connector: Arc<Connector>,
    portal: Arc<dyn Portal>,
    now_ms: i64,
    jar: CookieStore,
    vars: Vars,
    base: usize,
    is_base_known: bool,
    /// Which of the file's roots has had an address last.
    root: usize,
    shared: BTreeMap<String, Shared>,
    /// What was read of each insurance at which address, to notice one list that answers for several.
    insurances: Vec<(Section, String, Vec<Record>)>,
    log: RunLog,
    is_lost: bool,
    /// What is known of the person, to tell whose the records are.
    whose: Whose,
    /// What stood on the login's pages before anything was sent.
    standing: Standing,
    /// What the portal said last as it showed the page to log in at again, where no rule knows the words.
    refusal: Option<verdict::Verdict>,
    /// Whether the login has sent anything.
    has_sent: bool,
    /// Whether a page to log in at was seen, and has a field or a word for a code.
    entry_has_code: Option<bool>,
    /// Names of values that were made of what the person typed.
    typed: BTreeSet<String>,
    /// Names of the person's answers to questions.
    answered: BTreeSet<String>,
    /// The page that was looked into last, and the last with records; none while the person is asked.
    seen: Option<Arc<evidence::SeenPage>>,
    seen_records: Option<Arc<evidence::SeenPage>>,
    /// How many were looked into.
    pages_seen: u64,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("area", &self.connector.area).finish_non_exhaustive()
    }
}

impl Run {
    /// A run that has not begun. `now_ms` decides what today is, in Asia/Shanghai.
    #[must_use]
    pub fn new(connector: Arc<Connector>, portal: Arc<dyn Portal>, now_ms: i64) -> Self {
        Self {
            connector,
            portal,
            now_ms,
            jar: CookieStore::default(),
            vars: Vars::new(),
            base: 0,
            is_base_known: false,
            root: 0,
            shared: BTreeMap::new(),
            insurances: Vec::new(),
            log: RunLog::default(),
            is_lost: false,
            whose: Whose::default(),
            standing: Standing::default(),
            refusal: None,
            has_sent: false,
            entry_has_code: None,
            typed: BTreeSet::new(),
            answered: BTreeSet::new(),
            seen: None,
            seen_records: None,
            pages_seen: 0,
        }
    }

    /// Logs in with a method's number; asks the person what the portal asks.
    ///
    /// # Errors
    /// Why the person could not be logged in.
    pub async fn login(
        &mut self,
        method: u32,
        credentials: &Credentials,
        person: &mut dyn Person,
    ) -> Result<(), Failure> {
        Box::pin(self.log_in(method, credentials, person)).await
    }

    /// Reads a section. After one that failed because the portal let go of the session, the others
    /// fail the same way without another request.
    ///
    /// # Errors
    /// Why the section could not be read.
    pub async fn read(&mut self, section: Section) -> Result<Reading, Failure> {
        if self.is_lost {
            return Err(Failure::of(FailureKind::SessionLost));
        }
        match Box::pin(self.read_section(section)).await {
            Ok(mut reading) => {
                // Findings have names of the portal: what names the person is no such word.
                let names_person = |word: &Option<String>| {
                    word.as_ref().is_some_and(|word| self.whose.is_named_in(word))
                };
                reading
                    .findings
                    .retain(|one| !names_person(&one.key) && !names_person(&one.detail));
                Ok(reading)
            }
            Err(failure) => {
                self.is_lost = failure.kind == FailureKind::SessionLost;
                Err(failure)
            }
        }
    }

    /// What it is run by.
    #[must_use]
    pub fn connector(&self) -> &Connector {
        &self.connector
    }

    /// What it has done so far.
    #[must_use]
    pub fn log(&self) -> RunLog {
        self.log.clone()
    }

    /// Today in Asia/Shanghai.
    fn today(&self) -> jiff::civil::Date {
        let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::fixed(jiff::tz::offset(8)));
        Timestamp::from_millisecond(self.now_ms).unwrap_or_default().to_zoned(zone).date()
    }
}

#[cfg(test)]
pub(crate) mod tests;
