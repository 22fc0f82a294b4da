//! What stands round a match: its key, and whether it is data rather than source code or a sentence.

use super::{Match, Verdict, placeholder};
use crate::rule::SEPARATOR;

/// The most words a value can have and still be a passphrase rather than a sentence.
const WORDS: usize = 6;

/// Bytes before a match that are looked at: keys are short, and a text may hold many matches.
const NEAR: usize = 256;

/// The line before a match, in its segment, or the end of it.
fn line_before<'a>(matched: &Match<'a>) -> &'a [u8] {
    let (near, _) = near(matched);
    near.rsplit(|byte| matches!(*byte, b'\n' | SEPARATOR)).next().unwrap_or_default()
}

/// What stands near before a match, and whether that is all there is.
fn near<'a>(matched: &Match<'a>) -> (&'a [u8], bool) {
    let before = matched.before();
    let (far, near) = before.split_at(before.len().saturating_sub(NEAR));
    (near, far.is_empty())
}

/// The identifier a value belongs to: what stands before the separator.
pub(super) fn key<'a>(matched: &Match<'a>) -> &'a [u8] {
    let line = line_before(matched);
    let in_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(*byte, b'_' | b'-' | b'.');
    let end = line.iter().rposition(in_key).map_or(0, |at| at + 1);
    let line = line.get(..end).unwrap_or_default();
    let start = line.iter().rposition(|byte| !in_key(byte)).map_or(0, |at| at + 1);
    line.get(start..).unwrap_or_default()
}

/// Whether a value is data for sure: a leaf of its own, a line of an environment file, or what stands
/// behind an option on a command line.
pub(super) fn is_data(matched: &Match<'_>) -> bool {
    is_leaf(matched) || is_environment(matched) || is_option(matched)
}

/// Whether `key: value` is all there is between two separators, as the scanner presents a leaf.
pub(super) fn is_leaf(matched: &Match<'_>) -> bool {
    let whole = matched.after().first().is_none_or(|byte| *byte == SEPARATOR);
    if !whole {
        return false;
    }
    let (near, all) = near(matched);
    let mut segments = near.rsplit(|byte| *byte == SEPARATOR);
    let before = segments.next().unwrap_or_default();
    let begins = all || segments.next().is_some();
    let key = before.strip_suffix(b": ").unwrap_or_default();
    begins && !key.is_empty() && !key.iter().any(|byte| byte.is_ascii_whitespace() || *byte == b'"')
}

/// Whether it is `KEY=value` in capitals, or `any.key=value` at the start of its line, without a space.
fn is_environment(matched: &Match<'_>) -> bool {
    let Some(rest) = line_before(matched).strip_suffix(b"=") else { return false };
    let name = rest.rsplit(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    let capital = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    let starts_line = name.len() == rest.len();
    let property = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    !name.is_empty() && (name.iter().all(capital) || (starts_line && name.iter().all(property)))
}

/// Whether it stands behind `--option `, or `--option=`.
fn is_option(matched: &Match<'_>) -> bool {
    let line = line_before(matched);
    let word = line.strip_suffix(b"=").unwrap_or_else(|| line.trim_ascii_end());
    word.rsplit(|byte| byte.is_ascii_whitespace()).next().is_some_and(|word| word.starts_with(b"--"))
}

/// Keeps a value of several words that is all of its leaf: `password: correct horse battery staple`.
pub(super) fn whole_value(matched: Match<'_>) -> Verdict {
    let words = matched.secret().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    let passphrase = is_leaf(&matched) && (2..=WORDS).contains(&words);
    if passphrase { placeholder::judge(matched) } else { Verdict::Reject }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    fn data(matched: Match<'_>) -> Verdict {
        Verdict::keep_if(is_data(&matched))
    }

    fn key_is_k(matched: Match<'_>) -> Verdict {
        Verdict::keep_if(key(&matched) == b"db.k_1")
    }

    #[test]
    fn leaves_environment_lines_and_options_are_data() {
        for text in [
            "a\u{1e}pw: \u{ab}x\u{bb}\u{1e}b",
            "pw: \u{ab}x\u{bb}",
            "A=1\nDB_PW=\u{ab}x\u{bb}\n",
            "export PW=\u{ab}x\u{bb} y",
        ] {
            check(data, text, Verdict::Keep);
        }
        check(data, "run --token \u{ab}x\u{bb} y", Verdict::Keep);
        check(data, "a=1\ndb.pw=\u{ab}x\u{bb}\nb=2", Verdict::Keep);
        for text in
            ["let pw = \u{ab}x\u{bb};", "pw: \u{ab}x\u{bb} y", "a pw: \u{ab}x\u{bb}", "f(pw=\u{ab}x\u{bb})"]
        {
            check(data, text, Verdict::Reject);
        }
    }

    #[test]
    fn the_key_is_the_identifier_before_the_separator() {
        for text in [
            "x db.k_1: \u{ab}v\u{bb}",
            "{\"db.k_1\" : \"\u{ab}v\u{bb}",
            "db.k_1=\u{ab}v\u{bb}",
            "[\"db.k_1\"] => '\u{ab}v\u{bb}",
        ] {
            check(key_is_k, text, Verdict::Keep);
        }
    }

    #[test]
    fn a_passphrase_is_a_whole_leaf_of_a_few_words() {
        check(whole_value, "password: \u{ab}correct horse battery staple\u{bb}", Verdict::Keep);
        check(whole_value, "password: \u{ab}one\u{bb}", Verdict::Reject);
        check(
            whole_value,
            "password: \u{ab}it is the one that you were given last week\u{bb}",
            Verdict::Reject,
        );
        check(whole_value, "the password: \u{ab}a b\u{bb}", Verdict::Reject);
    }
}
