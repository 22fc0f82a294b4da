//! Text that was broken at the edge of a screen or of a mail, in the middle of whatever stood there: a token goes on on
//! the next line.
//!
//! Where a line was broken its last word and the first of the next line are shown once more as one, with what stands
//! before them on the line, and with the lines between that are nothing but more of the word.
//!
//! A break is told by the width of its line: that of a screen, or the same as the line before or behind it; in
//! quoted-printable by the `=` that it ends in (RFC 2045, section 6.7). Text that is filled word by word has such lines
//! by chance, so the word has to look like no word: by a digit, a sign or a capital inside.
//!
//! Lines that are too short for a screen are jumped over, a screen at a time. What was whole at the end of its line ends
//! there if a name, a date or a closing sign begins the next: see `border`.

use super::base64;
use super::border::{Pieces, is_named};
use super::{At, Form, Opened};
use std::ops::Range;

/// Characters of the narrowest line that is broken, and of the widest.
const WIDTHS: (usize, usize) = (72, 240);

/// Widths that screens and programs have.
const USUAL: [usize; 5] = [76, 80, 100, 120, 132];

/// The widest line of quoted-printable.
const QUOTED: usize = 76;

/// Bytes before a word that may say what it is.
const BEFORE: usize = 48;

/// Characters of the shortest word that is put together.
const SHORTEST: usize = 12;

/// Lines that one word goes over, at most: a token of Entra ID may have 3000 characters.
const LINES: usize = 64;

/// Hexadecimal digits that are no chance: of sixteen million words of letters and digits one ends in so many.
const HEX: usize = 16;

/// Characters of the shortest base64 that is told by its padding.
const PADDED: usize = 20;

/// Bytes of the last piece of a word, at most.
const LAST: usize = 512;

/// Shows every word in `range` of the text at `at` that a break cut.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>) {
    let mut from = range.start;
    while let Some(Broken { pieces, next }) = next(at.source.bytes(), &(from..range.end), range.start) {
        if !opened.spend(pieces.iter().map(Range::len).sum()) {
            return;
        }
        let first = opened.parts.len();
        opened.part(at, Form::Text, |text, map| {
            pieces.iter().for_each(|piece| map.copy(text, at.source, piece))
        });
        opened.are_of(Pieces::Lines, first);
        from = next;
    }
}

/// Whether a break cuts a word in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    next(text, &(0..text.len()), 0).is_some()
}

/// A word over several lines.
struct Broken {
    pieces: Vec<Range<usize>>,
    /// Where the line begins that it ends on.
    next: usize,
}

/// The first word that a break cuts in `range`, which begins with a line; `text` begins at `first`.
fn next(text: &[u8], range: &Range<usize>, first: usize) -> Option<Broken> {
    let text = text.get(..range.end)?;
    let mut start = range.start;
    loop {
        let near = text.get(start..start + WIDTHS.0)?;
        if let Some(end) = memchr::memrchr(b'\n', near) {
            start += end + 1;
            continue;
        }
        let end = start + memchr::memchr(b'\n', text.get(start..)?)?;
        let line = Line::new(text, start, end);
        if line.width <= WIDTHS.1
            && let Some(broken) = line.broken(text, first)
        {
            return Some(broken);
        }
        start = end + 1;
    }
}

/// A line, without its end.
struct Line {
    start: usize,
    end: usize,
    /// Its characters: a screen has room for so many, however many bytes they are.
    width: usize,
    /// Where the next one begins.
    next: usize,
}

impl Line {
    fn new(text: &[u8], start: usize, end: usize) -> Self {
        let inside = text.get(start..end).unwrap_or_default();
        let inside = inside.strip_suffix(b"\r").unwrap_or(inside);
        let width = inside.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        Self { start, end: start + inside.len(), width, next: end + 1 }
    }

    /// The line that begins here, if it is not wider than any that is broken.
    fn at(text: &[u8], start: usize) -> Option<Self> {
        let rest = text.get(start..)?;
        let near = rest.get(..WIDTHS.1 + 2).unwrap_or(rest);
        match memchr::memchr(b'\n', near) {
            Some(end) => Some(Self::new(text, start, start + end)),
            None => (near.len() == rest.len())
                .then(|| Self { next: text.len(), ..Self::new(text, start, text.len()) }),
        }
    }

    /// The word that the end of this line cuts, if it does.
    fn broken(&self, text: &[u8], first: usize) -> Option<Broken> {
        let inside = text.get(self.start..self.end)?;
        let soft = self.width <= QUOTED && inside.ends_with(b"=");
        let end = self.end - usize::from(soft);
        let tail = end - word(text.get(self.start..end)?.iter().rev());
        if tail == end
            || base64::padded(inside, b"+/-_") >= PADDED
            || tail == self.start && !self.is_of_token(text, first)
        {
            return None;
        }
        if !self.goes_on(text, soft, first) {
            return None;
        }
        let broken = self.pieces(text, tail..end, soft);
        let next = broken.pieces.get(1).and_then(|piece| text.get(piece.clone())).unwrap_or_default();
        if ends_with_hex(text.get(tail..end)?, next) {
            return None;
        }
        let parts = broken.pieces.iter().skip(1).filter_map(|piece| text.get(piece.clone()));
        let whole: Vec<u8> = text.get(tail..end).into_iter().chain(parts).flatten().copied().collect();
        (whole.len() >= SHORTEST && is_no_word(&whole)).then_some(broken)
    }

    /// Whether a line that is nothing but a word is of a token: most are of base64, which is read for itself.
    fn is_of_token(&self, text: &[u8], first: usize) -> bool {
        let inside = text.get(self.start..self.end).unwrap_or_default();
        let is_named = inside.windows(2).any(|two| two.starts_with(b"=") && two != b"==");
        let announced = || self.before(text, first).is_some_and(|line| line.ends_with(text, b":="));
        is_named || inside.iter().any(|byte| b"_-.:@".contains(byte)) || announced()
    }

    /// Whether the next line goes on where this one ends.
    fn goes_on(&self, text: &[u8], soft: bool, first: usize) -> bool {
        let begin = text.get(self.next..).unwrap_or_default();
        let is_as_wide = |line: Self| line.width == self.width;
        let is_told = soft
            || Self::at(text, self.next).is_some_and(is_as_wide)
            || self.before(text, first).is_some_and(is_as_wide);
        let is_of_word = match begin {
            [b'+' | b'/' | b'-', next, ..] => is_told && next.is_ascii_alphanumeric(),
            [next, ..] => next.is_ascii_alphanumeric() || *next == b'_',
            [] => false,
        };
        is_of_word && (is_told || USUAL.contains(&self.width)) && (soft || !is_named(begin))
    }

    /// The pieces of a word that this line ends in: what stands before it, the lines that are more of it, and the last.
    fn pieces(&self, text: &[u8], tail: Range<usize>, soft: bool) -> Broken {
        let mut start = tail.start.saturating_sub(BEFORE).max(self.start);
        // A character is not cut.
        while text.get(start).is_some_and(|byte| byte & 0xc0 == 0x80) {
            start += 1;
        }
        let mut pieces: Vec<Range<usize>> = std::iter::once(start..tail.end).collect();
        let mut next = self.next;
        while let Some(line) = Self::at(text, next).filter(|_| pieces.len() < LINES) {
            let end = line.end - usize::from(soft && line.ends_with(text, b"="));
            let inside = text.get(line.start..end).unwrap_or_default();
            if line.width != self.width || !inside.iter().all(is_of_word) {
                break;
            }
            pieces.push(line.start..end);
            next = line.next;
        }
        let rest = text.get(next..).unwrap_or_default();
        pieces.push(next..next + word(rest.iter().take(LAST)));
        Broken { pieces, next }
    }

    /// Whether it ends in one of these.
    fn ends_with(&self, text: &[u8], ends: &[u8]) -> bool {
        let inside = text.get(self.start..self.end).unwrap_or_default();
        inside.last().is_some_and(|last| ends.contains(last))
    }

    /// The line before this.
    fn before(&self, text: &[u8], first: usize) -> Option<Self> {
        let end = self.start.checked_sub(1).filter(|end| *end >= first)?;
        let near = end.saturating_sub(WIDTHS.1 + 2).max(first);
        let start = memchr::memrchr(b'\n', text.get(near..end)?).map_or(near, |at| near + at + 1);
        Some(Self::new(text, start, end))
    }
}

/// Whether a word ends in a number of hexadecimal digits that what follows is none of.
fn ends_with_hex(word: &[u8], next: &[u8]) -> bool {
    let is_of_number = |byte: &&u8| byte.is_ascii_alphanumeric();
    let mut end = word.iter().rev().take_while(is_of_number);
    let mut begin = next.iter().take_while(is_of_number);
    end.clone().count() >= HEX && end.all(u8::is_ascii_hexdigit) && !begin.all(u8::is_ascii_hexdigit)
}

/// Bytes of the word that these begin with.
fn word<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    bytes.take_while(|byte| is_of_word(byte)).count()
}

/// Characters that keys and tokens are of.
const fn is_of_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'_' | b'-' | b'+' | b'/' | b'=' | b'.' | b'~' | b'!' | b'#' | b'*' | b'$' | b'%' | b'@' | b':'
        )
}

/// Whether there is anything in a word that words do not have.
fn is_no_word(word: &[u8]) -> bool {
    word.iter().any(u8::is_ascii_digit)
        || word.iter().skip(1).any(u8::is_ascii_uppercase) && word.iter().any(u8::is_ascii_lowercase)
        || word
            .iter()
            .any(|byte| matches!(byte, b'_' | b'+' | b'=' | b'!' | b'#' | b'*' | b'$' | b'%' | b'@'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let (mut all, mut from) = (Vec::new(), 0);
        while let Some(broken) = next(text.as_bytes(), &(from..text.len()), 0) {
            all.push(broken.pieces.iter().filter_map(|piece| text.get(piece.clone())).collect());
            from = broken.next;
        }
        all
    }

    #[test]
    fn a_word_is_put_together_where_a_screen_broke_it() {
        let line = format!("{} key is", "x".repeat(63));
        let text = format!("{line} abcdefGH1\nIJKL2mn now");
        assert_eq!(words(&text), [format!("{} key is abcdefGH1IJKL2mn", "x".repeat(40))]);
        assert_eq!(words(&text.replace('\n', "\r\n")).len(), 1);
        // Nobody's screen is so wide, unless the line beside it is as wide.
        let odd = format!(". {line} abcdefGH1\nIJKL2mn");
        assert!(words(&odd).is_empty());
        assert_eq!(words(&format!("{}\n{odd}", "y".repeat(82))).len(), 1);
    }

    #[test]
    fn a_word_may_go_over_several_lines() {
        let long = format!("t: {}\n{}\n{} x", "a1".repeat(38) + "b", "C".repeat(80), "d".repeat(9));
        assert_eq!(words(&long), [format!("t: {}b{}{}", "a1".repeat(38), "C".repeat(80), "d".repeat(9))]);
    }

    #[test]
    fn a_word_that_fills_its_line_goes_on_if_it_is_a_token() {
        let token = format!("tok_{}", "a1B".repeat(30));
        let text = format!("$ echo $T\n{}\n{}\n$", &token[..80], &token[80..]);
        assert_eq!(words(&text), std::slice::from_ref(&token));
        assert!(words(&text.replace('_', "0")).is_empty());
    }

    #[test]
    fn the_last_line_may_have_no_end_and_a_token_many() {
        let token = format!("tok_{}", "a1B".repeat(1000));
        let lines: Vec<&str> =
            token.as_bytes().chunks(80).map(|line| std::str::from_utf8(line).unwrap()).collect();
        assert_eq!(words(&lines.join("\n")), std::slice::from_ref(&token));
        assert_eq!(words(&(lines[..2].join("\n") + "\n")), [&token[..160]]);
        assert_eq!(words(&lines[..2].join("\n")), [&token[..160]]);
    }

    #[test]
    fn base64_goes_on_where_it_has_a_name() {
        let (first, rest) = ("a1B".repeat(27), "c2D".repeat(9));
        assert_eq!(words(&format!("Key={}\n{rest}", &first[..76])), [format!("Key={}{rest}", &first[..76])]);
        assert_eq!(
            words(&format!("Session token:\n{}\n{rest}", &first[..80])),
            [format!("{}{rest}", &first[..80])]
        );
    }

    #[test]
    fn what_is_whole_does_not_go_on() {
        let key = format!("SESSION_ENCRYPTION_SIGNING_KEY={}=", "a1B".repeat(15).get(..43).unwrap());
        assert!(words(&format!("{key}\nDATABASE_NAME=billing\n")).is_empty());
        assert!(words(&format!("{key}\ncargo build\n")).is_empty());
        let hex = format!("SECRET_KEY_BASE={}", "a1b2".repeat(16));
        for next in ["DEBUG=true", "name: production", "https://x.example"] {
            assert!(words(&format!("{hex}\n{next}\n")).is_empty(), "{next}");
        }
        for next in ["CMD [1]", "ok", "Can you"] {
            assert!(words(&format!("{hex}\n{next}\n")).is_empty(), "{next}");
        }
        assert_eq!(words(&format!("{hex}\nc3d4= now\n")).len(), 1);
    }

    #[test]
    fn a_line_is_as_wide_as_it_has_characters() {
        let line = format!("{} \u{fc}ber \u{e4}hnlich key is", "x".repeat(50));
        let text = format!("{line} abcdefGH1\nIJKL2mn now");
        assert_eq!(text.lines().next().unwrap().chars().count(), 80);
        assert_eq!(words(&text).len(), 1);
    }

    #[test]
    fn a_soft_break_of_a_mail_is_one() {
        let text = format!("{} tok_abcdefGH1=\nIJKL2mn now", "x".repeat(60));
        assert_eq!(words(&text), [format!("{} tok_abcdefGH1IJKL2mn", "x".repeat(47))]);
    }

    #[test]
    fn text_that_was_filled_is_left_alone() {
        let line = format!("{} configuration", "x".repeat(66));
        assert!(words(&format!("{line}\ndefaults are")).is_empty());
        assert!(words(&format!("{line}.\n  indented1")).is_empty());
        assert!(words(&format!("{line}1\n./next/line2")).is_empty());
        assert!(words("short1\nlines2\n").is_empty());
    }
}
