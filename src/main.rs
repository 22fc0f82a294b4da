//! The blackbar program.

use blackbar::cli::{self, Cli};
use blackbar::harden;
use clap::Parser as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let hardened = harden::process();
    let command = Cli::parse().into_command();
    let (mut out, mut err) = (io::stdout(), io::stderr());
    if let Err(error) = hardened {
        writeln!(err, "blackbar: the process could not be hardened: {}", error.kind())?;
    }
    cli::run(command, &mut out, &mut err).map(ExitCode::from)
}
