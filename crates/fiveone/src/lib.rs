//! The `fiveone` program: a gateway, its operator's tools, a client and a demonstration.
//!
//! Exit codes: 0 done; 1 something failed; 2 the command line is wrong; 3 a file with mistakes;
//! 4 a task ended without a report; 5 the gateway refused; 6 nothing answers at the address;
//! 7 a report with parts missing; 130 interrupted.

mod client;
mod commands;
mod config;
mod connections;
mod exit;
mod memory;
mod output;
mod secret_file;
mod telemetry;
mod traces;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use fiveone_engine::Time;
use zeroizing_alloc::ZeroAlloc;

pub use fiveone_engine::SystemTime;

/// Memory is overwritten when it is given back: what a person typed does not outlive its use in
/// any buffer of this process, our own or a library's.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// Runs the command that these words name, the program's own first; a gateway reads the time that it
/// is given, so that another program can set its clock and nothing in this one can.
pub fn run(words: impl IntoIterator<Item = OsString>, time: Arc<dyn Time>) -> ExitCode {
    let commands = commands::Cli::parse_from(words);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(commands.run(time)),
        Err(error) => Err(exit::Failed::new(anyhow::Error::new(error).context("no runtime"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.report(),
    }
}

/// Chooses the one TLS implementation of the process; later calls change nothing.
fn install_tls() {
    drop(rustls::crypto::ring::default_provider().install_default());
}
