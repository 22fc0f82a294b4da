//! What is wrong with a configuration, and where.

use std::fmt;
use std::sync::Arc;

/// Where in the configuration something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it was written in.
    pub origin: Origin,
    /// The path of the key, `exporters[1].endpoint`, or the option of the command line. May be empty.
    pub key: String,
}

/// What a value was written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file, from one.
    Line(Arc<str>, usize),
    /// A file, as a whole.
    File(Arc<str>),
    /// The command line.
    CommandLine,
}

impl Place {
    pub(super) fn line(&self) -> usize {
        match self.origin {
            Origin::Line(_, line) => line,
            Origin::File(_) => 0,
            Origin::CommandLine => usize::MAX,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Line(file, line) => write!(f, "{file}:{line}")?,
            Origin::File(file) => f.write_str(file)?,
            Origin::CommandLine => f.write_str("command line")?,
        }
        if self.key.is_empty() { Ok(()) } else { write!(f, ": {}", self.key) }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Where.
    pub place: Place,
    /// What, and what to do. Never a substituted value.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Everything that is wrong, in the order it was written in. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors(pub(super) Vec<Error>);

impl Errors {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }

    pub(super) fn one(origin: Origin, message: impl Into<String>) -> Self {
        Self(vec![Error { place: Place { origin, key: String::new() }, message: message.into() }])
    }
}

impl fmt::Display for Errors {
    /// One a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}
