//! The command line: what each word of it does.
//!
//! What people read is written to the writers handed in, so that tests read it too, and nothing else
//! in the program prints.

pub mod args;
mod check;
mod rules;
mod scan;
mod seal;
mod serve;

pub use args::Cli;

use args::Command;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// How a command came out. Other programs rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing to tell.
    Ok = 0,
    /// Findings, or errors in what was looked at.
    Found = 1,
    /// The command line itself is wrong.
    Usage = 2,
}

impl From<Status> for std::process::ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Makes a file, and never over one that is there: it may be the only copy of a key.
fn write_new(path: &Path, mode: u32, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Does what the command line says. Results go to `out`, what went wrong to `err`.
///
/// # Errors
/// If they cannot be written.
pub fn run(command: Command, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    match command {
        Command::Check(args) => check::run(&args, out, err),
        Command::Rules(args) => rules::run(&args.command, out, err),
        Command::Serve(args) => serve::run(&args, out, err),
        Command::Scan(args) => scan::run(&args, out, err),
        Command::SealKey(args) => seal::make_key(&args, out, err),
        Command::Unseal(args) => seal::unseal(&args, out, err),
    }
}
