//! For prefixes that words begin with, too: `pat` of `pattern`, `key-`, `live_`. A whole key is told by its length
//! and shape. What is left of one that was cut off is told by a digit, or `patternProperties` at the end of a text
//! would be the beginning of a key.

use super::{Match, Verdict};

/// Judges what was cut off.
pub(super) fn beginning(matched: Match<'_>) -> Verdict {
    Verdict::keep_if(matched.secret().iter().filter(|byte| byte.is_ascii_digit()).count() > 0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn a_word_is_no_beginning_of_a_key() {
        check(beginning, "patternProperties", Verdict::Reject);
        check(beginning, "live_documentation", Verdict::Reject);
        check(beginning, "live_b1ackbar", Verdict::Keep);
    }
}
