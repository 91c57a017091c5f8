//! The `fiveone` program; all of it is in the library beside it.

use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    fiveone::run(std::env::args_os(), Arc::new(fiveone::SystemTime))
}
