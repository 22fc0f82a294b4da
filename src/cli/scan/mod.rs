//! `blackbar scan`: the scanner and redactor of the proxy, over files and lines.
//!
//! Three interfaces that other programs are written against; see `README.md`. They print what was
//! redacted and nothing else: a value that was found never reaches standard output.

mod files;
mod jsonl;
mod otlp;

pub use files::files;
pub use jsonl::jsonl;
pub use otlp::otlp;

use crate::redact::{Found, Witness};
use std::path::PathBuf;

/// Why a scan could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
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

/// Keeps what was found.
#[derive(Default)]
struct Findings(Vec<Found>);

impl Witness for Findings {
    fn found(&mut self, found: Found) {
        self.0.push(found);
    }
}

/// Wants to know nothing.
struct Silent;

impl Witness for Silent {
    fn found(&mut self, _: Found) {}
}

fn read(path: &std::path::Path) -> Result<Vec<u8>, ScanError> {
    std::fs::read(path).map_err(|cause| ScanError::Read { path: path.to_owned(), cause })
}
