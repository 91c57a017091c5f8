//! The housing-fund side: made-up records and the simulated portal families.

pub(crate) mod hfmis_wt;
pub(crate) mod history;
pub(crate) mod ispobs;
pub(crate) mod loans;
pub(crate) mod netface_dto;
pub(crate) mod olbh;
pub(crate) mod rsa;
pub(crate) mod summer_ydpx;
pub(crate) mod wscx_zfbzgl;
pub(crate) mod wt_web_jcr;
pub(crate) mod wt_web_personal;
