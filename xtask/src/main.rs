//! Chores of the repository. `cargo run -p xtask -- tidy` checks the rules that no compiler knows.

mod tidy;

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy::run(),
        _ => anyhow::bail!("usage: cargo run -p xtask -- tidy"),
    }
}
