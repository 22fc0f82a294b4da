//! Letters and digits that are no name of something in code or of an algorithm: `readUInt32BE`,
//! `PBKDF2WithHmacSHA512`, `Route53RecordSetGroup`.
//!
//! A name is made of words, numbers and runs of capitals; what chance made is of the same, but each of them is short. Of
//! 4000 random ones of ten to twenty-four characters 97 % have no more than 2.5 characters a piece, and so have four of
//! forty-three names with digits.

use super::{Match, Verdict, placeholder};

/// Tenths of a character that the pieces of what is no name have, on the average, at most.
const TENTHS: usize = 25;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let value = placeholder::trim(matched.secret());
    Verdict::keep_if(value.len() * 10 <= pieces(value) * TENTHS)
}

/// Words with their capital, runs of capitals and numbers.
fn pieces(value: &[u8]) -> usize {
    let kind = |byte: &u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let mut pieces = 0;
    let mut runs = value.chunk_by(|one, next| kind(one) == kind(next)).peekable();
    while let Some(run) = runs.next() {
        let is_capital = run.first().is_some_and(u8::is_ascii_uppercase);
        let has_word = is_capital && runs.next_if(|next| next.iter().all(u8::is_ascii_lowercase)).is_some();
        // Of several capitals before small letters the last is that of the word.
        pieces += 1 + usize::from(has_word && run.len() > 1);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn what_chance_made_is_kept() {
        for value in ["yVlNCKfQ70oqFpAFG6x", "29TCbkZedOTEKiLj", "hbp3b8JxzWMtv0VlY8yb", "Zx7Kq9wE2p"] {
            check(judge, value, Verdict::Keep);
        }
    }

    #[test]
    fn names_are_rejected() {
        for value in [
            "writeUInt32Array",
            "PBKDF2WithHmacSHA512",
            "Route53RecordSetGroup",
            "ChaCha20Poly1305",
            "X509TrustManagerV2",
            "macOS14Sonoma1",
            "SQLServer2022CU12",
            "0123456789abcdefABCDEF",
        ] {
            check(judge, value, Verdict::Reject);
        }
    }

    #[test]
    fn pieces_are_words_numbers_and_capitals() {
        for (value, count) in
            [("readUInt32BE", 5), ("aB", 2), ("ABc", 2), ("A1b", 3), ("", 0), ("HmacSHA512", 3)]
        {
            assert_eq!(pieces(value.as_bytes()), count, "{value}");
        }
    }
}
