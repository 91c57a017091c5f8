//! What the lab knows about a family of portals. Each says it in its own file, as its `FAMILY`.

use crate::city::City;
use crate::facts::Sections;
use crate::people::{Person, World};
use crate::session::Session;
use crate::visit::{Page, Visit};

/// Answers one request.
type Answer = fn(&Visit<'_>, &mut Session) -> Page;
/// What a perfect connector returns; the last argument leaves out all rows.
type Truth = fn(&World, &City, &Person, bool) -> Sections;

/// The software that several portals run.
#[derive(Debug)]
pub(crate) struct Family {
    /// Its name in `/portals`, tables and commands.
    pub(crate) word: &'static str,
    /// The name of its session cookie.
    pub(crate) cookie: &'static str,
    pub(crate) answer: Answer,
    pub(crate) truth: Truth,
}

impl Family {
    /// A family with the cookie that most have.
    pub(crate) const fn new(word: &'static str, answer: Answer, truth: Truth) -> Self {
        Self { word, cookie: "JSESSIONID", answer, truth }
    }
}
