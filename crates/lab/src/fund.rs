//! The housing-fund side: made-up records and the three simulated portal families.

pub(crate) mod history;
pub(crate) mod loans;
pub(crate) mod netface_dto;
pub(crate) mod rsa;
pub(crate) mod wscx_zfbzgl;
pub(crate) mod wt_web_jcr;
