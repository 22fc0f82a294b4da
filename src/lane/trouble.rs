//! What can be wrong with a file of a lane, and so what to do about it.

use std::io::ErrorKind;

/// Why a file was not read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// What is in it is not what was written: it stays so.
    #[error("it is damaged")]
    Damaged,
    /// It was written by a later release: this one would misread it.
    #[error("it was written by a newer blackbar: start that one, or name another data_dir")]
    Newer,
    /// The system did not let us: it may later.
    #[error("{0}")]
    Unavailable(ErrorKind),
}

impl Trouble {
    /// For `map_err`, from any of the store's errors.
    pub(super) fn of(error: impl Into<redb::Error>) -> Self {
        match error.into() {
            redb::Error::Corrupted(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::TableIsMultimap(_) => Self::Damaged,
            redb::Error::UpgradeRequired(_) => Self::Newer,
            redb::Error::Io(error) => Self::from(error),
            _ => Self::Unavailable(ErrorKind::Other),
        }
    }
}

/// Runs what reads a file, or writes to what is in it. Bytes that make the store panic are bytes it cannot
/// read.
pub(super) fn reading<T>(read: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or(Err(Trouble::Damaged))
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Self::Damaged,
            kind => Self::Unavailable(kind),
        }
    }
}
