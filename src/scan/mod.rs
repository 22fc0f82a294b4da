//! From text to findings. Knows nothing of OTLP, and its answer depends on bytes and ruleset alone.

use crate::rule::{Confidence, RuleIndex, Ruleset};
use std::ops::Range;

/// A match that survived its validators. Holds ranges, never text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose it is.
    pub rule: RuleIndex,
    /// What is blacked out: bytes of the text that was scanned.
    pub range: Range<usize>,
    /// What the secret itself is, inside `range`: its token and fingerprint are made of these bytes.
    pub secret: Range<usize>,
    /// How sure, after the validators.
    pub confidence: Confidence,
}

/// The byte between the parts of a scan text. No match crosses it.
pub const SEPARATOR: u8 = 0x1e;

/// Finds what a ruleset describes. Built once, shared by all threads.
#[derive(Debug)]
pub struct Scanner {
    ruleset: Ruleset,
}

/// What one thread needs to scan: caches, kept between calls. One for each thread, never for each call.
#[derive(Debug)]
pub struct Scratch {}

/// A ruleset that cannot be scanned for.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The pattern of one rule.
    #[error("rule {rule}: {reason}")]
    Rule {
        /// Its id.
        rule: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

impl Scanner {
    /// Compiles a ruleset.
    ///
    /// # Errors
    /// [`CompileError`] with the first rule that cannot be.
    pub fn new(ruleset: Ruleset) -> Result<Self, CompileError> {
        Ok(Self { ruleset })
    }

    /// What it looks for.
    #[must_use]
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// Caches for one thread.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        Scratch {}
    }

    /// Appends every finding in `text`, by start, to `findings`. Overlapping findings are all there:
    /// uniting them is the policy's work. Linear in the length of the text.
    pub fn scan(&self, text: &[u8], scratch: &mut Scratch, findings: &mut Vec<Finding>) {
        let _ = (text, scratch, findings);
    }
}
