//! Chores of the repository. `cargo run -p xtask -- tidy` checks the rules that no compiler knows;
//! `picture` draws the terminal of README.

mod picture;
mod tidy;

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy::run(),
        Some("picture") => picture::run(),
        _ => anyhow::bail!("usage: cargo run -p xtask -- tidy|picture"),
    }
}
