//! What a security team does to a pack before it is used: proves it, measures it.
//!
//! Nothing here is part of the line, and nothing here decides anything a second time: rules are loaded by
//! [`crate::rule`] and run by [`crate::scan`], and what stands here asks them questions. It reads a clock, and no
//! files: `cli` does.

mod cases;
mod cost;
mod diff;
mod import;
mod lint;
mod schema;
mod template;

pub use cases::Cases;
pub use cost::{Cost, costs, idle};
pub use diff::{Difference, Finder, Spot};
pub use import::{Format, Imported, import};
pub use lint::lint;
pub use schema::schema;
pub use template::template;

use crate::rule::{Origin, Rule};
use std::fmt;

/// One thing that is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it stands.
    pub at: Origin,
    /// What it is, and what to do. Never the text of an example.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.at.file, self.at.line, self.message)
    }
}

impl Problem {
    /// A problem of a rule, on a line of its file.
    fn of(rule: &Rule, line: usize, message: &str) -> Self {
        let at = Origin { file: rule.origin.file.clone(), line };
        Self { at, message: format!("{}: {message}", rule.id) }
    }
}
