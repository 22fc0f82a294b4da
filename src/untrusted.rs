//! Text from a sender that must be kept for a while: usable, not printable.

use std::fmt;

/// A string a sender wrote. It has no `Display`, and its `Debug` tells the length alone, so that it
/// cannot reach a log line, an error or an alert by accident. [`expose`](Self::expose) is the one
/// way to the text; every use of it should say why it is safe.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Untrusted(String);

impl Untrusted {
    /// Wraps a sender's text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_the_length_alone() {
        assert_eq!(format!("{:?}", Untrusted::new("hello world")), "[11 bytes]");
    }
}
