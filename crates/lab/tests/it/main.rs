//! Speaks HTTP to the lab the way the fact sheets say, family by family, and compares what a careful
//! reader gets with the truth.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod browser;
mod fund;
mod insurance;
mod model_city;
mod surroundings;
