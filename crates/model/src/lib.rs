//! The nouns and rules of fiveone: pure data and pure functions.
//!
//! This crate knows nobody: no runtime, no database, no HTTP. Time and randomness are arguments.
//!
//! # Glossary (one word per idea, everywhere)
//!
//! | word | meaning |
//! |---|---|
//! | app | a client program that may call the ten interfaces, with an appId and a tokenId |
//! | product | 社保 (insurance) or 公积金 (fund) |
//! | area | a city, or a province's own office, for one product |
//! | login method | one way to log in to an area's portal: a number and a list of fields |
//! | task | one person's records being fetched once, named by its tid |
//! | stage | where a task is in its life; the *state code* is what a client sees of it |
//! | challenge | a question to the person; the *question* is what one of them shows and takes |
//! | run | the driving of a task's portal by its connector |
//! | report, section | what was read, and its parts as the two documents name them |
//! | finding | what is odd about a section that was read, in names and never in values |
//! | hold, capture, release, refund | money set aside, taken, free again; given back after it was taken |
//! | lease | the right of one node to work on a task until an instant |
//! | callback | the message sent to the app when a task has ended |
//! | refusal | the caller's fault, has a code of the documents |
//! | failure | the portal's or the person's fault, ends a task with a 5xxxx code |
//! | fault | our fault; a client sees no detail of it |

pub mod api_key;
pub mod app;
pub mod area;
pub mod callback;
pub mod challenge;
pub mod clock;
pub mod csv;
pub mod failure;
pub mod finding;
pub mod idempotency;
pub mod ledger;
pub mod link;
pub mod login;
pub mod look;
pub mod networks;
pub mod operator;
pub mod product;
pub mod question;
pub mod report;
pub mod retention;
pub mod sandbox;
pub mod seq_num;
pub mod signature;
pub mod state_code;
pub mod suggest;
pub mod tariff;
pub mod task;
pub mod token_key;
pub mod words;
