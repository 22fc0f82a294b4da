//! What a client of Redis prints of a map: its names and values in turns, each behind a number.
//!
//! ```text
//! 1) "user"
//! 2) "bob"
//! 3) "password"
//! 4) "..."
//! ```

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
            Some((name, range)) if number == name + 1 => visitor.pair(&range, &said),
            _ if number % 2 == 1 && said.len() <= LONGEST_NAME => {
                self.0 = Some((number, said));
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// The number of a reply, and what it says.
fn reply(text: &[u8], line: &Range<usize>) -> Option<(usize, Range<usize>)> {
    let inside = text.get(line.clone())?;
    let blanks = inside.iter().take_while(|byte| **byte == b' ').count();
    let rest = inside.get(blanks..)?;
    let digits = rest.iter().take(DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let said = rest.get(digits..)?.strip_prefix(b") \"")?.trim_ascii_end().strip_suffix(b"\"")?;
    let number = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    let start = line.start + blanks + digits + b") \"".len();
    (digits <= DIGITS).then_some((number, start..start + said.len()))
}
