//! The social-insurance side: made-up records and the simulated portal families.

pub(crate) mod ehrss;
pub(crate) mod history;
pub(crate) mod hsp;
pub(crate) mod ncm;
pub(crate) mod person_html;
pub(crate) mod unieap;
pub(crate) mod yinhai_dto;
pub(crate) mod ylz;
