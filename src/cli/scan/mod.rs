//! `blackbar scan`: the scanner and redactor of the proxy, over files and lines.
//!
//! Three interfaces that other programs are written against; see `README.md`. They print what was
//! redacted and nothing else: a value that was found, or that could not be scanned, never reaches standard
//! output. That one could not be scanned is told in the words of the alert about it.

mod files;
mod jsonl;
mod otlp;

use super::Status;
use super::args::ScanArgs;
use crate::app;
use crate::config::{Config, Overrides};
use crate::content::Limit;
use crate::limits::TOKEN_KEY_BYTES;
use crate::redact::{Found, Known, Redacted, Redactor, Unscanned, Witness};
use crate::token::TokenKey;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) fn run(args: &ScanArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let mut redactor = match redactor(args.config.as_deref()) {
        Ok(redactor) => redactor,
        Err(why) => return writeln!(err, "{why}").map(|()| Status::Usage),
    };
    let mut out = io::BufWriter::new(out);
    let scanned = if args.jsonl {
        jsonl::jsonl(&mut redactor, &mut io::stdin().lock(), &mut out)
            .map(|unreadable| if unreadable == 0 { Status::Ok } else { Status::Usage })
    } else if args.otlp {
        otlp::otlp(&mut redactor, &args.files, &mut out, err).map(|()| Status::Ok)
    } else {
        files::files(&mut redactor, &args.files, &mut out)
            .map(|findings| if findings == 0 { Status::Ok } else { Status::Found })
    };
    out.flush()?;
    match scanned {
        Ok(status) => Ok(status),
        Err(error) => writeln!(err, "blackbar: {error}").map(|()| Status::Usage),
    }
}

/// A redactor as the configuration has it. Without a configured key tokens are made under one that
/// lasts as long as this run: nothing is written to disk for looking at a file.
fn redactor(config: Option<&Path>) -> Result<Redactor, String> {
    let config = Config::load(config, &Overrides::default()).map_err(|errors| errors.to_string())?;
    let scanner = app::scanner(&config).map_err(|error| error.to_string())?;
    let policy = app::policy(&config, scanner.ruleset(), token_key(&config)?.into());
    Ok(Redactor::new(Arc::new(scanner), Arc::new(policy)))
}

/// The configured key, or one that lasts as long as this run.
pub(super) fn token_key(config: &Config) -> Result<TokenKey, String> {
    let key = match &config.policy.hmac_key {
        Some(key) => TokenKey::new(key.expose()),
        None => {
            let mut fresh = [0; TOKEN_KEY_BYTES];
            getrandom::fill(&mut fresh).map_err(|error| error.to_string())?;
            TokenKey::new(&fresh)
        }
    };
    key.map_err(|error| error.to_string())
}

/// Why a scan could not be carried out.
#[derive(Debug, thiserror::Error)]
enum ScanError {
    /// A file that was named.
    #[error("{}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Standard input or output.
    #[error("standard input or output: {0}")]
    Stream(#[from] std::io::Error),
    /// A recording that is not OTLP.
    #[error("{}: {cause}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        #[source]
        cause: crate::otlp::DecodeError,
    },
}

/// Keeps what was found in one text.
#[derive(Default)]
struct Findings {
    known: Vec<Known>,
    /// The bound it was over: it was replaced whole, and may hold more than was found.
    limit: Option<Limit>,
}

impl Findings {
    /// Of a text, in the order they stand in it, with what is left of it.
    fn of(redactor: &mut Redactor, text: &str) -> (Self, Redacted<String>) {
        let mut findings = Self::default();
        let clean = redactor.text(text, &mut findings);
        findings.known.sort_by_key(|found| (found.range.start, found.range.end));
        (findings, clean)
    }
}

impl Witness for Findings {
    fn found(&mut self, found: Found<'_>) {
        self.known.push(found.known.clone());
    }

    fn unscanned(&mut self, unscanned: Unscanned<'_>) {
        self.limit = Some(unscanned.limit);
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ScanError> {
    std::fs::read(path).map_err(|cause| ScanError::Read { path: path.to_owned(), cause })
}
