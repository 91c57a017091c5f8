//! stub
use crate::city::City;
use crate::people::{Person, World};
use crate::session::Session;
use crate::truth::{Facts, Sections, sections};
use crate::visit::{Page, Visit};
pub(crate) fn answer(_: &Visit<'_>, _: &mut Session) -> Page {
    Page::missing()
}
pub(crate) fn notes(_: &str) -> Option<&'static str> {
    None
}
pub(crate) fn truth(_: &World, _: &City, _: &Person, _: bool) -> Sections {
    sections(Facts::default(), vec![])
}
