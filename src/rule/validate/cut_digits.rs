//! For prefixes that words begin with, too: `pat` of `pattern`, `key-`, `live_`. A whole key is told by its length
//! and shape. What is left of one that was cut off is told by a digit, or `patternProperties` at the end of a text
//! would be the beginning of a key.

use super::{Match, Verdict};

/// Judges what was cut off.
pub(super) fn beginning(matched: Match<'_>) -> Verdict {
    let secret = matched.secret();
    Verdict::keep_if(secret.iter().any(u8::is_ascii_digit) && !is_spoken(secret))
}

/// `pathname2url`: a digit that is read as a word, between words.
fn is_spoken(secret: &[u8]) -> bool {
    let mut words = secret.split(|byte| matches!(*byte, b'2' | b'4'));
    let is_word = |word: &[u8]| word.len() >= 3 && word.iter().all(u8::is_ascii_lowercase);
    words.clone().count() == 2 && words.all(is_word)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn a_word_is_no_beginning_of_a_key() {
        check(beginning, "patternProperties", Verdict::Reject);
        check(beginning, "live_documentation", Verdict::Reject);
        check(beginning, "pathname2url", Verdict::Reject);
        check(beginning, "live_b1ackbar", Verdict::Keep);
        check(beginning, "patb2a7kbar", Verdict::Keep);
    }
}
