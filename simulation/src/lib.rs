//! A deterministic simulation: several nodes over one store in one process and one thread, with a
//! clock that stands still until nobody has anything left to do, a scheduler that draws who goes on,
//! a database that fails, a portal that is written down, and people. The laws of the crash harness
//! are checked, thousands of times a minute, and a seed that breaks one breaks it again.
//!
//! What a seed fixes: every event, fault, delay and death, which node runs when and for how many
//! turns, what people type and when they look. Calls of the database answer before anything else
//! goes on. What it does not fix: the bytes of keys, ids and nonces, which the system's generator
//! gives; nothing in the engine may depend on them, and a test compares the traces of the same seed.
//! What is not simulated: transactions of PostgreSQL that overlap, and HTTP; the crash harness has
//! both.

mod chance;
mod clock;
mod deployment;
mod judge;
mod link;
mod node;
mod people;
mod plan;
mod portal;
mod post;
mod run;

pub use deployment::Deployment;
pub use run::{Outcome, simulate};
