//! Strings that hold the quote they stand in: written twice, as CSV (RFC 4180, section 2.7) and SQL do, or outside of
//! them, as in a shell.
//!
//! ```text
//! 17,"{""api_key"":""Zx9Quail""}"      'password=''Zx9Quail'''      sh -c 'login --password '\''Zx9Quail'\'''
//! ```
//!
//! Each is read once more as what it says. Two quotes in a row are mostly a string with nothing in it, so one that is
//! read has two pairs of them at least, and one that is neither its beginning nor its end.
//!
//! **Bounds.** Every byte is looked at once for each kind of quote. A string without an end goes to that of the text.

use super::Opened;
use super::{At, Limit};
use crate::limits::OPEN_DEPTH;
use std::ops::Range;

/// How a quote is written in a string that it ends: the longest first.
const SINGLE: [&[u8]; 3] = [b"'\"'\"'", b"'\\''", b"''"];
const DOUBLE: [&[u8]; 2] = [b"\"'\"'\"", b"\"\""];

/// Pairs of quotes in a string that is read.
const LEAST: usize = 2;

/// A string, and the spellings of quotes in it.
struct Doubled {
    inside: Range<usize>,
    quote: u8,
    spelled: Vec<Range<usize>>,
}

impl Doubled {
    /// Whether there is a quote in it, and not round it.
    fn holds_quotes(&self) -> bool {
        self.spelled.iter().any(|pair| pair.start > self.inside.start && pair.end < self.inside.end)
    }
}

/// Opens each such string in `range` of the text at `at`.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>, depth: usize) {
    for quote in quotes_in(at.source.slice(range)) {
        let mut from = range.start;
        while let Some(Doubled { inside, quote, spelled }) =
            next(at.source.bytes(), &(from..range.end), quote)
        {
            if depth > OPEN_DEPTH {
                opened.limit = opened.limit.or(Some(Limit::Depth));
                return;
            }
            opened.layer(at, depth + 1, |text, map| {
                let mut from = inside.start;
                for spelled in spelled {
                    map.copy(text, at.source, &(from..spelled.start));
                    map.unit(text, at.source, &spelled, &[quote]);
                    from = spelled.end;
                }
                map.copy(text, at.source, &(from..inside.end));
            });
            from = inside.end + 1;
        }
    }
}

/// Whether there is one in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    quotes_in(text).any(|quote| next(text, &(0..text.len()), quote).is_some())
}

/// The quotes that are spelled in a text: most have none.
fn quotes_in(text: &[u8]) -> impl Iterator<Item = u8> {
    let is_spelled = |spelling: &&[u8]| memchr::memmem::find(text, spelling).is_some();
    [b'"', b'\''].into_iter().filter(move |quote| spellings(*quote).iter().any(is_spelled))
}

/// The first such string in a range of a text.
fn next(text: &[u8], range: &Range<usize>, quote: u8) -> Option<Doubled> {
    let text = text.get(..range.end)?;
    let mut from = range.start;
    loop {
        let start = opening(text, from, quote)?;
        let string = string(text, start, quote);
        if string.spelled.len() >= LEAST && string.holds_quotes() {
            return Some(string);
        }
        from = string.inside.end + 1;
    }
}

/// Where the next quote stands that opens a string: none behind a letter or a digit, where it is an apostrophe or closes
/// what was not looked at.
fn opening(text: &[u8], from: usize, quote: u8) -> Option<usize> {
    let opens = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        !before.is_some_and(|before| before.is_ascii_alphanumeric() || *before == b'\\')
    };
    memchr::memchr_iter(quote, text.get(from..)?).map(|at| from + at).find(opens)
}

/// The string that is opened at a place.
fn string(text: &[u8], start: usize, quote: u8) -> Doubled {
    let mut doubled = Doubled { inside: start + 1..text.len(), quote, spelled: Vec::new() };
    let mut at = start + 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(quote, rest)) {
        at += found;
        let rest = text.get(at..).unwrap_or_default();
        // One with nothing in it.
        let is_empty = at == start + 1 && rest.get(1) != Some(&quote);
        let spelling =
            spellings(quote).iter().find(|spelling| rest.starts_with(spelling)).filter(|_| !is_empty);
        let Some(spelling) = spelling else {
            doubled.inside.end = at;
            break;
        };
        doubled.spelled.push(at..at + spelling.len());
        at += spelling.len();
    }
    doubled
}

const fn spellings(quote: u8) -> &'static [&'static [u8]] {
    if quote == b'\'' { &SINGLE } else { &DOUBLE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, quote: u8, expected: Option<&str>) {
        let found = next(text.as_bytes(), &(0..text.len()), quote).map(|found| {
            let mut said = String::new();
            let mut from = found.inside.start;
            for spelled in &found.spelled {
                said.push_str(text.get(from..spelled.start).unwrap_or_default());
                said.push(char::from(found.quote));
                from = spelled.end;
            }
            said + text.get(from..found.inside.end).unwrap_or_default()
        });
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn a_string_says_one_quote_for_two() {
        check("1,\"a: \"\"b\"\"\",c", b'"', Some("a: \"b\""));
        check("1,\"\"\"a\"\": \"\"b\"\"\",c", b'"', Some("\"a\": \"b\""));
        check("VALUES ('a=''b''')", b'\'', Some("a='b'"));
        check("sh -c 'a '\\''b c'\\'''", b'\'', Some("a 'b c'"));
        check("ssh h 'a '\"'\"'b c'\"'\"' d'", b'\'', Some("a 'b c' d"));
        // Cut off.
        check("1,\"a: \"\"b\"\", c: \"\"d", b'"', Some("a: \"b\", c: \"d"));
    }

    #[test]
    fn other_strings_are_none() {
        for text in [
            "a = \"\"; b = \"\"",
            "f(\"a\", \"\", \"b\")",
            "\"\"\"A module.\"\"\"",
            "don''t won''t",
            "''",
            "\"",
            "",
        ] {
            check(text, b'"', None);
            check(text, b'\'', None);
        }
    }
}
