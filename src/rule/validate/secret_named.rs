//! Names that end in `token` or `Secret` and are not those of a secret.
//!
//! - A place in a list of pages, or the number of a request: `NextToken`, `page_token`, `ClientRequestToken`. Every
//!   interface of a cloud has them, and what they hold opens nothing by itself.
//! - A type of CloudFormation that a digest is given: `"AWS::SecretsManager::Secret": "0f1e2d3c4b5a6978"`. Whatever
//!   else stands behind such a name is looked at as ever.
//! - The rest of an ARN: `arn:aws:secretsmanager:us-east-1:123456789012:secret:name-a1b2c3`.
//!
//! For rules that go by the name alone: a format of its own is a secret whatever it is called.

use super::{Match, Verdict, context};

/// What stands before `token` where it is no secret. Compared in lower case and without what parts words.
const OTHER_TOKENS: [&str; 14] = [
    "next",
    "nextpage",
    "page",
    "nextcontinuation",
    "continuation",
    "pagination",
    "change",
    "clientrequest",
    "idempotency",
    "input",
    "output",
    "nextsync",
    "sync",
    "resume",
];

/// Bytes of a name of AWS before its last part that are looked at.
const TYPE: usize = 64;

/// Digits of an account of AWS.
const ACCOUNT: usize = 12;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let name = context::key_range(&matched);
    let before = matched.text.get(..name.start).unwrap_or_default();
    let key = matched.text.get(name).unwrap_or_default();
    Verdict::keep_if(!(is_other_token(key) || is_type(before, matched.secret()) || is_in_arn(before)))
}

/// Of `pagination.ListParts.output_token` the last part counts.
fn is_other_token(key: &[u8]) -> bool {
    let last = key.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let letters: Vec<u8> =
        last.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    let before = letters.strip_suffix(b"token").unwrap_or_default();
    OTHER_TOKENS.iter().any(|other| before == other.as_bytes())
}

fn is_type(before: &[u8], value: &[u8]) -> bool {
    let near = before.get(before.len().saturating_sub(TYPE)..).unwrap_or(before);
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b':';
    let start = near.iter().rposition(|byte| !part(byte)).map_or(0, |at| at + 1);
    let name = near.get(start..).unwrap_or_default();
    name.starts_with(b"AWS::") && name.ends_with(b"::") && value.iter().all(u8::is_ascii_hexdigit)
}

fn is_in_arn(before: &[u8]) -> bool {
    let account = before.strip_suffix(b":").unwrap_or_default();
    let digits = account.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let near = account.get(account.len().saturating_sub(TYPE)..).unwrap_or(account);
    digits == ACCOUNT && memchr::memmem::find(near, b"arn:aws").is_some()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn what_is_called_otherwise_is_rejected() {
        for text in [
            "\"NextToken\": \"\u{ab}f8a3c19d77e04b6291aa5cd0e8b3f412\u{bb}\"",
            "next_page_token=\u{ab}f8a3c19d77e04b6291aa5cd0e8b3f412\u{bb}",
            "pagination.ListParts.output_token: \u{ab}NextPartNumberMarker\u{bb}",
            "\"AWS::SecretsManager::Secret\": \"\u{ab}0f1e2d3c4b5a6978\u{bb}\"",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:\u{ab}blackbar-a1b2c3\u{bb}",
        ] {
            check(judge, text, Verdict::Reject);
        }
    }

    #[test]
    fn secrets_are_kept() {
        for text in [
            "\"access_token\": \"\u{ab}f8a3c19d77e04b6291aa5cd0e8b3f412\u{bb}\"",
            "token: \u{ab}f8a3c19d77e04b6291aa5cd0e8b3f412\u{bb}",
            "homepage_token: \u{ab}f8a3c19d77e04b6291aa5cd0e8b3f412\u{bb}",
            "\"AWS::SecretsManager::Secret\": \"\u{ab}b1ackbarEXAMPLE0b1ackbar\u{bb}\"",
            "Acme::Secret: \u{ab}0f1e2d3c4b5a6978\u{bb}",
            "123456789012:secret:\u{ab}blackbar-a1b2c3\u{bb}",
        ] {
            check(judge, text, Verdict::Keep);
        }
    }
}
