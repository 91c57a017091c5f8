//! The social-insurance side: made-up records and the three simulated portal families.

pub(crate) mod ehrss;
pub(crate) mod history;
pub(crate) mod hsp;
pub(crate) mod person_html;
