//! Basic credentials (RFC 7617): base64 of `user:password`.

use super::{Match, Verdict, of_base64};

/// What is shorter may be a word, and has to be UTF-8: `Optional` is a colon and five bytes of nothing.
const LONGEST_WORD: usize = 16;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let secret = matched.secret();
    let bytes = of_base64(secret);
    let text = bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
    let text = text && (secret.len() >= LONGEST_WORD || std::str::from_utf8(&bytes).is_ok());
    Verdict::keep_if(text && bytes.contains(&b':'))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// The examples of RFC 7617.
    #[test]
    fn user_and_password_are_kept() {
        check(judge, "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Verdict::Keep);
        check(judge, "dGVzdDoxMjPCow==", Verdict::Keep);
        check(judge, "QWxhZGRpbjpvcGVuIHNlc2FtZQ", Verdict::Keep);
    }

    #[test]
    fn words_are_not() {
        for word in ["authentication", "authorization", "realm", "credentials00", "Optional"] {
            check(judge, word, Verdict::Reject);
        }
    }
}
