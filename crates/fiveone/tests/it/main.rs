//! The whole gateway, through the two documents' interfaces.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod books;
mod callbacks;
mod clients;
mod codes;
mod console;
mod deploy;
mod doctor;
mod documents;
mod erasure;
mod evidence;
mod findings;
mod gate;
mod gateway;
mod init;
mod keys;
mod link;
mod matrix;
mod nodes;
mod operators;
mod process;
mod questions;
mod reports;
mod restart;
mod restore;
mod secrets;
mod serve;
mod signature;
mod terminal;
mod timers;
mod today;
mod traces;
mod v1;
mod vendor_client;
mod wire;
