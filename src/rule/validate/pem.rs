//! PEM private keys: something that can be a key has to stand behind the BEGIN line. `BEGIN PRIVATE KEY`
//! in a sentence, or round `...`, is not a finding.

use super::{Match, Verdict};
use crate::rule::SEPARATOR;

/// The shortest run of base64 that is taken for the body. The first 24 characters of any key say no
/// more than its kind, so a block that was cut before them holds nothing.
const BODY: usize = 24;

/// The same where the text ends with it: it was cut, and what is there is the body.
const CUT_BODY: usize = 12;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let secret = matched.secret();
    let is_cut = matches!(matched.after(), [] | [SEPARATOR, ..]);
    let shortest = if is_cut { CUT_BODY } else { BODY };
    let body = secret
        .split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')))
        .any(|run| {
            run.len() >= shortest
                && run.iter().any(u8::is_ascii_uppercase)
                && run.iter().any(u8::is_ascii_lowercase)
        });
    let ends = memchr::memmem::find(secret, b"END ").is_some();
    match (body, ends) {
        (true, true) => Verdict::Certain,
        (body, _) => Verdict::keep_if(body),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn a_body_makes_a_key() {
        let body = "MC4CAQAwBQYDK2VwBCIEIBlackbarBlackbarBlackbarBlackbarBlackb0";
        check(
            judge,
            &format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"),
            Verdict::Certain,
        );
        check(judge, &format!("-----BEGIN PRIVATE KEY-----\\n{body}"), Verdict::Keep);
        check(judge, &format!("-----BEGIN PRIVATE KEY-----\n  2\t{body}"), Verdict::Keep);
        check(judge, "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw", Verdict::Keep);
        check(judge, "\u{ab}-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\u{bb} and more", Verdict::Reject);
    }

    #[test]
    fn a_mention_does_not() {
        for mention in [
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY----- is what it starts with",
        ] {
            check(judge, mention, Verdict::Reject);
        }
    }
}
