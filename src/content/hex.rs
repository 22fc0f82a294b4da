//! Text in hex: what `xxd -p` prints, a literal of SQL (`0x...`, `\x...`), a bare run of digits. On one line or
//! wrapped.
//!
//! No rule asks for it: a run is opened that says text from end to end, or holds a longer stretch of text. The
//! bytes of a digest or an id are printable by chance one time in two thousand for the shortest run, and then say
//! nothing. A run of decimal digits is a number, unless it is longer than any.
//!
//! Bytes apart from one another, beside the text itself, are those of a dump: see `dump`. Considered and not done: such
//! without that (`67 68`, `67:68`); UTF-16.

use super::base64::wrapped_end;
use super::map::{Map, Source};
use std::ops::Range;

/// Digits of the shortest run that is opened.
const SHORTEST: usize = 16;

/// Bytes of the shortest text in a run that holds something else besides.
const STRETCH: usize = 12;

/// Decimal digits of which no number is made.
const NO_NUMBER: usize = 32;

/// The first text in hex in a run of letters and digits.
pub(super) fn next(text: &[u8], run: &Range<usize>) -> Option<Range<usize>> {
    let mut from = run.start;
    while let Some(digits) = digits(text, &(from..run.end)) {
        if let Some(found) = first(text, &digits) {
            let is_last = digits.end - found.end < 2;
            let end = if is_last { wrapped_end(text, &digits, is_digit) } else { found.end };
            return Some(found.start..found.end.max(end));
        }
        from = digits.end;
    }
    None
}

/// The next unbroken run of digits that is long enough: a byte that is none rules out the fifteen before it.
fn digits(text: &[u8], range: &Range<usize>) -> Option<Range<usize>> {
    let text = text.get(..range.end)?;
    let mut start = range.start;
    while let Some(near) = text.get(start..start + SHORTEST) {
        match near.iter().rposition(|byte| !is_digit(*byte)) {
            Some(none) => start += none + 1,
            None => {
                let more = text.get(start + SHORTEST..)?.iter().take_while(|byte| is_digit(**byte)).count();
                return Some(start..start + SHORTEST + more);
            }
        }
    }
    None
}

/// The first stretch of text in a run of digits, however it is aligned. What reads as text for a while because a
/// text of the other alignment does, which goes on, is none; where it began long before that, it ends there.
fn first(text: &[u8], digits: &Range<usize>) -> Option<Range<usize>> {
    let (even, odd) = (stretch(text, digits), stretch(text, &(digits.start + 1..digits.end)));
    let (Some(even), Some(odd)) = (&even, &odd) else { return even.or(odd) };
    let (first, second) = if even.start < odd.start { (even, odd) } else { (odd, even) };
    if second.start >= first.end || second.end < first.end + 2 * STRETCH {
        return Some(first.clone());
    }
    let before = second.start - first.start;
    Some(if before < 2 * STRETCH { second.clone() } else { first.start..first.start + before - before % 2 })
}

/// The first stretch of text in a run of digits that are paired from the first on: all of it, or enough.
fn stretch(text: &[u8], digits: &Range<usize>) -> Option<Range<usize>> {
    let whole = digits.start..digits.end - digits.len() % 2;
    let mut start = whole.start;
    while start + 2 * STRETCH <= whole.end || start == whole.start && whole.len() >= SHORTEST {
        let (pairs, _) = text.get(start..whole.end)?.as_chunks::<2>();
        let bytes = text_len(pairs);
        let found = start..start + 2 * bytes;
        let is_enough = bytes >= STRETCH || found == whole && found.len() >= SHORTEST;
        let is_number = || text.get(found.clone()).is_some_and(|run| run.iter().all(u8::is_ascii_digit));
        if is_enough && (found.len() >= NO_NUMBER || !is_number()) {
            return Some(found);
        }
        start = found.end + 2;
    }
    None
}

/// Bytes of text that bytes begin with, in pairs of digits.
fn text_len(pairs: &[[u8; 2]]) -> usize {
    let mut len = 0;
    while let Some(rest) = pairs.get(len..)
        && let Some(character) = character_len(rest)
    {
        len += character;
    }
    len
}

/// Bytes of the character at the start, if it is one of a text, colours of terminals included.
fn character_len(pairs: &[[u8; 2]]) -> Option<usize> {
    let len = match byte(*pairs.first()?) {
        b'\t' | b'\n' | b'\r' | 0x1b | 0x20..=0x7e => return Some(1),
        // Between words: the arguments of a process, as an audit prints them.
        0 => return pairs.get(1).map(|next| byte(*next)).filter(u8::is_ascii_graphic).map(|_| 1),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [0; 4];
    bytes.iter_mut().zip(pairs).for_each(|(to, pair)| *to = byte(*pair));
    std::str::from_utf8(bytes.get(..len)?).is_ok().then_some(len).filter(|len| *len <= pairs.len())
}

/// Appends what a run says, two digits a byte, with a blank for a zero.
pub(super) fn decode(text: &mut Vec<u8>, map: &mut Map, source: &Source<'_>, range: &Range<usize>) {
    let mut first: Option<(usize, u8)> = None;
    for (at, digit) in range.clone().zip(source.slice(range)).filter(|(_, digit)| is_digit(**digit)) {
        match first.take() {
            None => first = Some((at, *digit)),
            Some((start, high)) => {
                let byte = match byte([high, *digit]) {
                    0 => b' ',
                    byte => byte,
                };
                map.unit(text, source, &(start..at + 1), &[byte]);
            }
        }
    }
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// What two digits say.
pub(super) const fn byte([high, low]: [u8; 2]) -> u8 {
    nibble(high) << 4 | nibble(low)
}

const fn nibble(digit: u8) -> u8 {
    // The low half of a letter counts from one.
    (digit & 0xf) + if digit.is_ascii_alphabetic() { 9 } else { 0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    fn opened(text: &str) -> Option<String> {
        let range = next(text.as_bytes(), &(0..text.len()))?;
        let (mut bytes, mut map) = (Vec::new(), Map::default());
        decode(&mut bytes, &mut map, &Source::content(text.as_bytes()), &range);
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn the_arguments_of_a_process_are_words() {
        assert_eq!(opened(&hex("mysql\0-uroot\0-phunter2")).as_deref(), Some("mysql -uroot -phunter2"));
        assert_eq!(opened(&"00".repeat(40)), None);
    }

    #[test]
    fn a_run_that_says_text_is_opened() {
        let text = "password=hunter2x9";
        for run in [
            hex(text),
            hex(text).to_ascii_uppercase(),
            format!("0x{}", hex(text)),
            format!("x{}y", hex(text)),
        ] {
            assert_eq!(opened(&run).as_deref(), Some(text), "{run}");
        }
        assert_eq!(
            opened(&hex("p\u{e4}ss \u{20ac} \u{1f98a}")).as_deref(),
            Some("p\u{e4}ss \u{20ac} \u{1f98a}")
        );
        assert_eq!(opened(&hex("hunter2x")).as_deref(), Some("hunter2x"));
        // A letter of the word before it is a digit, too.
        assert_eq!(opened(&format!("data{}", hex(text))).as_deref(), Some(text));
        // Two texts in a run that are aligned otherwise.
        let other = "00f".to_owned() + &hex("nothing to see here");
        assert_eq!(opened(&(hex(text) + &other)).as_deref(), Some(text));
        assert_eq!(opened(&format!("a{}{other}", hex(text))).as_deref(), Some(text));
        // What reads as text for a while, one digit before.
        let twice = "rstuvwrstuvwrstuvw and then some other text that goes on";
        assert_eq!(opened(&format!("x3{}", hex(twice))).as_deref(), Some(twice));
        // And for longer: first that, then the text.
        let run = format!("{}{}", "06".repeat(18), hex(text));
        assert_eq!(next(run.as_bytes(), &(0..run.len())), Some(1..35));
        assert_eq!(next(run.as_bytes(), &(35..run.len())), Some(36..run.len()));
        // Something else around it.
        assert_eq!(opened(&format!("00ff07{}00ff", hex(text))).as_deref(), Some(text));
        let long = "DB_PASSWORD=hunter2\n".repeat(8);
        let lines: Vec<_> =
            hex(&long).as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        assert_eq!(opened(&lines.join("\n")), Some(long));
    }

    #[test]
    fn a_wrapped_run_ends_before_a_line_that_is_none() {
        let text = "host=localhost port=5432 user=app";
        for (behind, more) in
            [("6120", "a "), ("cGFzc3dvcmQ9", ""), ("6120-", ""), ("6120.", "a "), ("zz", "")]
        {
            assert_eq!(
                opened(&format!("{}\n{behind}", hex(text))),
                Some(format!("{text}{more}")),
                "{behind}"
            );
        }
    }

    #[test]
    fn what_says_no_text_is_passed_over() {
        for text in [
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "1764432000000000000",
            "4111111111111111",
            "313233343536373831323334353637",
            "68756e74657232",
            "68756e746572320",
            "",
        ] {
            assert_eq!(opened(text), None, "{text}");
        }
    }
}
