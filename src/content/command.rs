//! Command lines that stand in arrays: `["sshpass", "-p", "..."]`, and a program beside its arguments,
//! `{"command": "mysql", "args": ["-u", "app", "..."]}`.
//!
//! What an option is depends on the program, and a rule that knows both needs to see both. So an array of strings
//! is shown once more as one line, if it is called like a command or holds an option, each element with the way
//! back to where it stands.
//!
//! An element is one word of the line, whatever is in it: a shell would quote its spaces, and here they are made a
//! character that is none. So nothing is found across what was one string but in two halves, and a password with
//! spaces is found whole. (It is sealed and counted as it is shown, spaces aside.) An element too long for a
//! password is left out, and so is one that is a line of its own, with spaces that end words: what a shell is to run,
//! a message, a name with its value and more behind it. It is looked at by itself.
//!
//! **Bias.** Any option makes a command. What a rule finds in the line it would find in the same words typed.

use super::map::Source;
use super::{At, Form, NodeId, Opened};
use std::ops::Range;

/// Elements of an array that are looked at.
pub(super) const MOST_WORDS: usize = 64;

/// Bytes of the longest element that is shown.
const LONGEST: usize = 256;

/// What stands in a line for an element that is not shown: no value, and no option.
const LEFT_OUT: u8 = b'-';

/// What a space in an element is shown as.
const SPACE: u8 = b'\x1f';

/// Whether a text is an option, with or without its value: `-p`, `-pSecret`, `--user=x`, `/user:x`.
pub(super) fn is_option(text: &[u8]) -> bool {
    match text {
        [b'-', b'-', first, ..] | [b'-', first, ..] => first.is_ascii_alphabetic(),
        [b'/', first, ..] => first.is_ascii_alphabetic() && text.contains(&b':'),
        _ => false,
    }
}

/// Shows a program and its arguments, which stand at these ranges of the scan text, as one line under the name of
/// a node.
pub(super) fn show(
    opened: &mut Opened,
    top: &At<'_>,
    node: NodeId,
    program: &Range<usize>,
    words: &[Range<usize>],
) {
    let (mut line, mut map) = opened.spare();
    let shown = Source::decoded(&opened.text, &opened.map);
    let program = (!program.is_empty()).then_some(program);
    let mut before: &[u8] = &[];
    for word in program.into_iter().chain(words) {
        if !line.is_empty() {
            line.push(b' ');
        }
        let text = shown.slice(word);
        let left_out = text.is_empty() || text.len() > LONGEST || is_line(before, text);
        before = text;
        if left_out {
            line.push(LEFT_OUT);
            continue;
        }
        let start = line.len();
        map.join(&mut line, &shown, word);
        let inside = line.get_mut(start..).unwrap_or_default();
        inside.iter_mut().filter(|byte| byte.is_ascii_whitespace()).for_each(|byte| *byte = SPACE);
    }
    if opened.spend(line.len()) {
        let source = Source::decoded(&line, &map);
        let at = At { source: &source, node, ..*top };
        opened.part(&at, Form::Text, |text, map| map.copy(text, &source, &(0..line.len())));
    }
    opened.spare.push((line, map));
}

/// Whether the spaces in an element behind another are the ends of words.
fn is_line(before: &[u8], text: &[u8]) -> bool {
    if !text.iter().any(u8::is_ascii_whitespace) || takes_secret(before) || is_option(text) {
        return false;
    }
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count();
    let is_setting = text.get(name) == Some(&b'=') && is_option(before);
    let names = |[sign, next]: &[u8; 2]| *sign == b'=' || *sign == b':' && !next.is_ascii_alphanumeric();
    text.contains(&b'\n') || takes_line(before) || !is_setting && text.array_windows().any(names)
}

/// Whether behind an option stands a secret, as it is, or who has one: `-p`, `-u`, `--admin-password`.
fn takes_secret(option: &[u8]) -> bool {
    const PARTS: [&[u8]; 8] = [b"pass", b"pw", b"secret", b"token", b"cred", b"key", b"auth", b"user"];
    let has = |part: &&[u8]| option.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    match option {
        [b'-', letter] => b"aDpPuUwWx".contains(letter),
        [b'-', ..] => PARTS.iter().any(has),
        _ => false,
    }
}

/// Whether behind an option stands something to run, or to tell: `-c`, `-lc`, `--message`.
fn takes_line(option: &[u8]) -> bool {
    const LONG: [&[u8]; 10] = [
        b"--body",
        b"--command",
        b"--comment",
        b"--description",
        b"--eval",
        b"--exec",
        b"--execute",
        b"--message",
        b"--query",
        b"-command",
    ];
    match option {
        [b'-', first, ..] if first.is_ascii_alphabetic() && option.len() <= 4 => {
            option.ends_with(b"c") || option.ends_with(b"m")
        }
        _ => LONG.iter().any(|long| option.eq_ignore_ascii_case(long)),
    }
}
