//! What a client of Redis prints of a map: its names and values in turns, each behind a number.
//!
//! ```text
//! 1) "user"
//! 2) "bob"
//! 3) "password"
//! 4) "..."
//! ```
//!
//! A map in a list has the numbers of that before its own (`2) 1) "user"`). A list of keys looks like a map: what has a
//! colon inside is the name of no value, nor is a value what looks like a name itself.

use super::{LONGEST_NAME, Visitor};
use std::ops::{ControlFlow, Range};

/// Digits of the number of a reply, at most.
const DIGITS: usize = 7;

/// The name that was read last, and its number.
#[derive(Default)]
pub(super) struct Replies(Option<(usize, Range<usize>)>);

impl Replies {
    /// Reads the next line of a text.
    pub(super) fn read(
        &mut self,
        text: &[u8],
        line: &Range<usize>,
        visitor: &mut impl Visitor,
    ) -> ControlFlow<()> {
        let before = self.0.take();
        let Some((number, said)) = reply(text, line) else { return ControlFlow::Continue(()) };
        match before {
            Some((name, range)) if number == name + 1 => match is_key(text, &said) {
                true => ControlFlow::Continue(()),
                false => visitor.pair(&range, &said),
            },
            _ if number % 2 == 1 && may_be_name(text, &said) => {
                self.0 = Some((number, said));
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// Whether what is said may be the name of what comes next.
fn may_be_name(text: &[u8], said: &Range<usize>) -> bool {
    let name = text.get(said.clone()).unwrap_or_default();
    name.len() <= LONGEST_NAME && memchr::memchr(b':', name.strip_suffix(b":").unwrap_or(name)).is_none()
}

/// Whether what is said looks like a key of several words, in small letters, or of numbers: `user:1001`, `reset_at`.
fn is_key(text: &[u8], said: &Range<usize>) -> bool {
    let key = text.get(said.clone()).unwrap_or_default();
    let mut words = key.split(|byte| b":_".contains(byte));
    let is_word = |word: &[u8]| {
        !word.is_empty() && (word.iter().all(u8::is_ascii_lowercase) || word.iter().all(u8::is_ascii_digit))
    };
    key.len() <= LONGEST_NAME
        && key.first().is_some_and(u8::is_ascii_lowercase)
        && key.iter().any(|byte| b":_".contains(byte))
        && words.all(is_word)
}

/// The number of a reply, the last if it has several, and what it says.
fn reply(text: &[u8], line: &Range<usize>) -> Option<(usize, Range<usize>)> {
    let mut start = line.start;
    loop {
        let rest = text.get(start..line.end)?;
        let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
        let rest = rest.get(blanks..)?;
        let digits = rest.iter().take(DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
        let number =
            std::str::from_utf8(rest.get(..digits).filter(|_| digits <= DIGITS)?).ok()?.parse().ok()?;
        let behind = rest.get(digits..)?.strip_prefix(b") ")?;
        start += blanks + digits + b") ".len();
        if let Some(said) = behind.strip_prefix(b"\"") {
            let len = said.trim_ascii_end().strip_suffix(b"\"")?.len();
            return Some((number, start + 1..start + 1 + len));
        }
    }
}
