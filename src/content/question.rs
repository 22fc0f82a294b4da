//! What answers a question: `agent: What is your tax number?` and, on the next line, `customer: 119640512`.
//!
//! The answer is shown once more under the question, as a value under its key. Who speaks may stand before either,
//! and is passed over.
//!
//! **Bias.** Any short line behind a question is its answer.

use super::{At, Form, Opened, Step};
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// Bytes of a question, from its end, that are shown.
const QUESTION: usize = 96;

/// Bytes of the longest answer.
const ANSWER: usize = 64;

/// Bytes of the longest word that says who speaks.
const SPEAKER: usize = 24;

static END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("?\n"));

/// Shows every answer in `range` of the text at `at`.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>) {
    let inside = at.source.slice(range);
    for end in END.find_iter(inside) {
        let (before, after) = inside.split_at_checked(end).unwrap_or_default();
        let question = range.start + question(before)..range.start + end;
        let Some(answer) = answer(after).map(|answer| question.end + answer.start..question.end + answer.end)
        else {
            continue;
        };
        let step = Step::Label { inside: question, shown: None };
        let at = At { node: opened.node(at.node, step, 0), ..*at };
        opened.part(&at, Form::Text, |text, map| map.copy(text, at.source, &answer));
    }
}

/// Whether there is a question in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    END.find(text).is_some()
}

/// Where the question begins that a text ends with.
fn question(text: &[u8]) -> usize {
    let near = text.len().saturating_sub(QUESTION);
    let line = memchr::memrchr(b'\n', text.get(near..).unwrap_or_default()).map_or(near, |at| near + at + 1);
    let inside = text.get(line..).unwrap_or_default();
    let whole = line + speaker(inside);
    // A character is not cut.
    let cut = text.get(whole..).unwrap_or_default().iter().take_while(|byte| **byte & 0xc0 == 0x80);
    whole + cut.count()
}

/// Where the answer stands that follows the mark of a question.
fn answer(text: &[u8]) -> Option<Range<usize>> {
    let rest = text.get(1..)?;
    let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let near = rest.get(blank..)?;
    let line = near.get(..near.len().min(SPEAKER + ANSWER + 2))?;
    let line = line.split(|byte| *byte == b'\n').next()?;
    let start = speaker(line);
    let answer = line.get(start..)?.trim_ascii_end();
    let from = 1 + blank + start;
    (!answer.is_empty() && answer.len() <= ANSWER).then(|| from..from + answer.len())
}

/// Bytes of the word before a line that says who speaks, with what follows it.
fn speaker(line: &[u8]) -> usize {
    let near = line.get(..line.len().min(SPEAKER)).unwrap_or_default();
    match memchr::memchr2(b':', b'>', near) {
        Some(sign) if line.get(sign + 1) == Some(&b' ') => sign + 2,
        _ => 0,
    }
}
