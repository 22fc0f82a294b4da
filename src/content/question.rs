//! What answers a question: `agent: What is your tax number?` and, on the next line, `customer: 119640512`. Or in the
//! next message: see `join`.
//!
//! The answer is shown once more under the question, as a value under its key. Who speaks may stand before either,
//! and is passed over.
//!
//! **Bias.** Any short line right behind a question is its answer, unless it is a setting (`input_tokens=15`); and
//! what is given to a name is no question: a password may end with its sign.

use super::{At, Opened};
use std::ops::Range;

/// Bytes of a question, from its end, that are shown.
pub(super) const QUESTION: usize = 96;

/// Bytes of the longest answer.
pub(super) const ANSWER: usize = 64;

/// Bytes of the longest word that says who speaks.
const SPEAKER: usize = 24;

/// Shows every answer in `range` of the text at `at`.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>) {
    let inside = at.source.slice(range);
    for (question, answer) in answers(inside) {
        let [question, answer] =
            [question, answer].map(|part| range.start + part.start..range.start + part.end);
        opened.called(at, &question, &answer);
    }
}

/// Whether there is an answer in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    answers(text).next().is_some()
}

/// The questions of a text with their answers.
fn answers(text: &[u8]) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    memchr::memchr_iter(b'?', text).filter_map(|mark| {
        let answer = answer(text.get(mark + 1..)?)?;
        let (asked, from) = (text.get(..mark).filter(|asked| is_asked(asked))?, mark + 1);
        Some((question(asked)..mark, from + answer.start..from + answer.end))
    })
}

/// Whether a text ends with a question, and not with a value that is given to a name: `password: quail21?`.
fn is_asked(text: &[u8]) -> bool {
    let near = text.trim_ascii_end();
    let near = near.get(near.len().saturating_sub(QUESTION)..).unwrap_or(near);
    let mut words = near.rsplit(u8::is_ascii_whitespace);
    let last = words.next().unwrap_or_default();
    let is_value = last.contains(&b'=') || words.next().is_some_and(|before| before.ends_with(b":"));
    !(is_value && last.iter().any(u8::is_ascii_digit))
}

/// Where the question begins that a text ends with.
fn question(text: &[u8]) -> usize {
    let near = text.len().saturating_sub(QUESTION);
    let line = memchr::memrchr(b'\n', text.get(near..).unwrap_or_default()).map_or(near, |at| near + at + 1);
    let whole = line + speaker(text.get(line..).unwrap_or_default());
    // A character is not cut.
    let cut = text.get(whole..).unwrap_or_default().iter().take_while(|byte| **byte & 0xc0 == 0x80);
    whole + cut.count()
}

/// Where the answer stands on the line behind the mark of a question, if nothing else follows that.
fn answer(rest: &[u8]) -> Option<Range<usize>> {
    let blank = rest.iter().take(3).take_while(|byte| matches!(byte, b' ' | b'\r')).count();
    if rest.get(blank) != Some(&b'\n') {
        return None;
    }
    let start = blank + 1;
    let near = rest.get(start..)?;
    let near = near.get(..SPEAKER + ANSWER + 2).unwrap_or(near);
    let line = near.split(|byte| *byte == b'\n').next()?;
    let said = speaker(line);
    let answer = line.get(said..)?.trim_ascii_end();
    let name = answer.iter().position(|byte| *byte == b'=').unwrap_or(0);
    let is_name = |name: &[u8]| {
        name.contains(&b'_') && name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
    };
    let is_setting = answer.get(..name).is_some_and(is_name) && answer.len() > name + 1;
    (!answer.is_empty() && answer.len() <= ANSWER && !is_setting)
        .then(|| start + said..start + said + answer.len())
}

/// Bytes of the word before a line that says who speaks, with what follows it.
fn speaker(line: &[u8]) -> usize {
    let word =
        line.iter().take(SPEAKER).take_while(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()).count();
    match line.get(word..) {
        Some([b':' | b'>', b' ', ..]) if word > 0 => word + 2,
        _ => 0,
    }
}
