//! Runs a connector (a definition written as data) against a portal.
//!
//! [`Library`] loads and checks the files; a [`Connector`] is one area's definition; a [`Run`] is one
//! person's login and reading through a [`Portal`]. `docs/CONNECTORS-REFERENCE.md` is the language.
//!
//! It keeps no password after the login, solves no captcha, reaches no host its files do not name,
//! and never reports a value it is not sure of.

mod check;
mod clean;
mod complaint;
mod connector;
mod definition;
mod files;
mod library;
mod outcome;
mod page;
mod picture;
mod portal;
mod read;
mod run;
mod schema;
mod template;
mod unexpected;
mod yaml;

pub use complaint::{Complaint, Complaints};
pub use connector::Connector;
pub use files::SourceFile;
pub use library::{AreaEntry, Library};
pub use portal::{
    Answer, Exchange, ExtraCertificates, Limits, Portal, Recording, Replay, Request,
    TransportError, live,
};

pub use run::{Evidence, Person, Reading, Run, RunLog, StepNote, Unanswered};
