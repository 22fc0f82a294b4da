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
    match cli::run(command, &mut out, &mut err) {
        // Whoever reads us has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => result.map(ExitCode::from),
    }
}
