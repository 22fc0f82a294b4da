//! What a command printed, under the command: `$ gh auth token` and, on the next line, the token.
//!
//! What stands alone in `stdout` may be anything, and that it is a secret says the command alone. On a terminal the two
//! stand one below the other, and rules know that; agents send them in two strings. So an output is shown once more as
//! a terminal shows it. Which belong together says `call`.
//!
//! Of a command its last line is shown, without the shell that it was handed to (`bash -lc '...'`). Of an output what
//! stands behind the words that an agent puts before it (`Exit code: 0`, `Output:`), up to the end of a line.
//!
//! **Bias.** Whatever begins with a line of a few words may be a value that was printed. A longer one is a sentence, and
//! what is found in that needs no command. Words that merely tell how it went are nothing that a command printed.
//!
//! **Limits.** A command of at most [`COMMAND`] bytes; the first [`OUTPUT`] bytes of an output, or [`LINES`]; in all no more than the
//! content is long, and [`FREE`].

use super::call::{self, Noted};
use super::map::{Map, Source};
use super::{Form, Opened};
use std::ops::Range;

/// Bytes of the longest command.
const COMMAND: usize = 512;

/// Bytes and lines of an output, from its beginning.
const OUTPUT: usize = 2 << 10;
const LINES: usize = 16;

/// Bytes that may be shown for any content.
const FREE: usize = 16 << 10;

/// Words on the first line of an output.
const WORDS: usize = 4;

/// Bytes and lines that an agent puts before an output.
const BEFORE: usize = 512;
const LINES_BEFORE: usize = 8;

/// What a command may be handed to.
const SHELLS: [&[u8]; 12] = [
    b"bash",
    b"sh",
    b"zsh",
    b"dash",
    b"ash",
    b"ksh",
    b"fish",
    b"cmd",
    b"cmd.exe",
    b"pwsh",
    b"powershell",
    b"powershell.exe",
];

/// What tells how it went, and nothing else.
const TOLD: [&[u8]; 18] = [
    b"success",
    b"succeeded",
    b"successful",
    b"completed",
    b"complete",
    b"failed",
    b"failure",
    b"error",
    b"done",
    b"true",
    b"false",
    b"null",
    b"none",
    b"passed",
    b"cancelled",
    b"rejected",
    b"accepted",
    b"pending",
];

/// Shows the outputs of what is open.
pub(super) fn open(opened: &mut Opened) {
    let first = opened.text.len();
    opened.printed = first..first;
    if opened.calls.len() < 2 || opened.limit.is_some() {
        return;
    }
    let mut calls = std::mem::take(&mut opened.calls);
    let mut left = opened.length.saturating_add(FREE);
    for (command, output) in call::pairs(&mut calls, &opened.text) {
        let (Some(command), Some(output)) = (calls.get(command), calls.get(output)) else { continue };
        match show(opened, command, output, left) {
            Some(shown) => left = left.saturating_sub(shown),
            None => break,
        }
    }
    opened.printed = first..opened.text.len();
    opened.calls = calls;
}

/// Shows an output under its command. How many bytes that took; nothing if there is no more room.
fn show(opened: &mut Opened, command: &Noted, output: &Noted, left: usize) -> Option<usize> {
    let within = |noted: &Noted, find: fn(&[u8]) -> Option<Range<usize>>| {
        let value = noted.value.range();
        let found = find(opened.text.get(value.clone())?)?;
        Some(value.start + found.start..value.start + found.end)
    };
    let (Some(line), Some(lines)) = (within(command, line), within(output, lines)) else { return Some(0) };
    let bytes = line.len() + lines.len();
    if bytes > left || !opened.spend(bytes) {
        return None;
    }
    let (mut text, mut map) = opened.spare();
    let shown = Source::decoded(&opened.text, &opened.map);
    text.extend_from_slice(b"$ ");
    map.join(&mut text, &shown, &line);
    text.push(b'\n');
    map.join(&mut text, &shown, &lines);
    let source = Source::decoded(&text, &map);
    let start = opened.text.len();
    let show = |to: &mut Vec<u8>, way: &mut Map| way.copy(to, &source, &(0..source.bytes().len()));
    opened.value_of(start, output.node, Form::Text, show);
    opened.spare.push((text, map));
    Some(bytes)
}

/// Whether a text is the name of a shell, with the way to it or without.
pub(super) fn is_shell(program: &[u8]) -> bool {
    let name = program.rsplit(|byte| b"/\\".contains(byte)).next().unwrap_or_default();
    SHELLS.iter().any(|shell| name.eq_ignore_ascii_case(shell))
}

/// Whether a text is the option of a shell behind which a command stands: `-c`, `-lc`, `/c`, `-Command`.
pub(super) fn is_option(text: &[u8]) -> bool {
    let name = match text {
        [b'-' | b'/', name @ ..] => name,
        _ => return false,
    };
    name.eq_ignore_ascii_case(b"command") || name.len() <= 4 && matches!(name, [.., b'c' | b'C'])
}

/// The line of a command that is shown.
fn line(command: &[u8]) -> Option<Range<usize>> {
    let inside = handed(command);
    let text = command.get(inside.clone())?;
    let mut end = text.len();
    for line in text.rsplit(|byte| *byte == b'\n') {
        let start = end - line.len();
        if !line.trim_ascii().is_empty() {
            let blank = line.len() - line.trim_ascii_start().len();
            let line = line.trim_ascii();
            let from = inside.start + start + blank;
            return (line.len() <= COMMAND).then_some(from..from + line.len());
        }
        end = start.saturating_sub(1);
    }
    None
}

/// What a shell is handed in a command; all of it, if that is no shell's.
fn handed(command: &[u8]) -> Range<usize> {
    let all = 0..command.len();
    let mut at = 0;
    let mut is_handed = false;
    for (number, word) in command.split(|byte| *byte == b' ').enumerate().take(LINES_BEFORE) {
        let is_known = if number == 0 { is_shell(word) } else { word.starts_with(b"-") || is_option(word) };
        if !is_known {
            break;
        }
        at += word.len() + 1;
        is_handed = number > 0 && is_option(word);
        if is_handed {
            break;
        }
    }
    let Some(rest) = command.get(at..).filter(|_| is_handed) else { return all };
    let start = at + rest.len() - rest.trim_ascii_start().len();
    match rest.trim_ascii() {
        [open @ (b'"' | b'\''), inside @ .., close] if open == close => start + 1..start + 1 + inside.len(),
        rest => start..start + rest.len(),
    }
}

/// The lines of an output that are shown.
fn lines(output: &[u8]) -> Option<Range<usize>> {
    let start = beginning(output, behind_words(output));
    let text = output.get(start..)?;
    let near = text.get(..OUTPUT).unwrap_or(text);
    // A line that is cut is none: what is left of it may look like something else.
    let end = match memchr::memchr_iter(b'\n', near).nth(LINES - 1) {
        Some(last) => last + 1,
        None if near.len() < text.len() => memchr::memrchr(b'\n', near)? + 1,
        None => near.len(),
    };
    let first = text.get(..end)?.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    let words = first.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    let is_aside = matches!(first, [b'(', .., b')'] | [b'<', .., b'>']);
    let is_told = TOLD.iter().any(|told| first.eq_ignore_ascii_case(told));
    (words > 0 && words <= WORDS && !is_aside && !is_told).then_some(start..start + end)
}

/// Where the output begins behind what an agent says of it.
fn behind_words(output: &[u8]) -> usize {
    let near = output.get(..BEFORE).unwrap_or(output);
    let mut at = 0;
    for (number, line) in near.split(|byte| *byte == b'\n').enumerate().take(LINES_BEFORE) {
        let label = memchr::memchr(b':', line).and_then(|sign| line.get(..sign));
        match label {
            Some(label)
                if [&b"output"[..], b"stdout"].iter().any(|known| label.eq_ignore_ascii_case(known)) =>
            {
                return at + label.len() + 1;
            }
            // What begins without one is the output itself.
            None if number == 0 => return 0,
            _ => at += line.len() + 1,
        }
    }
    0
}

/// Passes blanks and colours over.
fn beginning(text: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let blank = rest.len() - rest.trim_ascii_start().len();
        let rest = rest.get(blank..).unwrap_or_default();
        at += blank;
        let colour = match rest {
            [0x1b, b'[', sequence @ ..] => sequence.iter().take(COLOUR).position(|byte| *byte == b'm'),
            _ => None,
        };
        match colour {
            Some(end) => at += end + 3,
            None => return at,
        }
    }
}

/// Bytes of the longest sequence that sets a colour.
const COLOUR: usize = 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn the_last_line_of_a_command_is_shown_without_its_shell() {
        let long = "a".repeat(COMMAND + 1);
        for (command, expected) in [
            ("show it", Some("show it")),
            ("cd /srv\nshow it\n", Some("show it")),
            (" show it \r\n", Some("show it")),
            ("bash -lc 'show it'", Some("show it")),
            ("/bin/bash -l -c \"cd /srv\nshow it\"", Some("show it")),
            ("powershell.exe -NoProfile -Command show it", Some("show it")),
            ("cmd /c show it", Some("show it")),
            ("bash -c 'show' it", Some("'show' it")),
            ("bash show.sh -c", Some("bash show.sh -c")),
            ("python3 -c 'show it'", Some("python3 -c 'show it'")),
            ("bash", Some("bash")),
            ("bash -c", Some("bash -c")),
            (&long[1..], Some(&long[1..])),
            (&long, None),
            (" \n", None),
            ("", None),
        ] {
            let shown = line(command.as_bytes()).map(|line| &command[line]);
            assert_eq!(shown, expected, "{command}");
        }
    }

    #[test]
    fn an_output_is_shown_from_its_first_words_to_the_end_of_a_line() {
        let long = format!("{}\n", "a".repeat(OUTPUT - 1));
        let over = format!("{long}b");
        let cut = "a".repeat(OUTPUT + 1);
        let (list, longer) = ("a\n".repeat(LINES), "a\n".repeat(LINES + 1));
        for (output, expected) in [
            ("secret", Some("secret")),
            ("\n secret\nmore\n", Some("secret\nmore\n")),
            ("\u{1b}[32m\u{1b}[1msecret\u{1b}[0m", Some("secret\u{1b}[0m")),
            ("Exit code: 0\nWall time: 0.1 seconds\nOutput:\nsecret\n", Some("secret\n")),
            ("Chunk ID: 7\nProcess exited with code 0\nOutput:\nsecret", Some("secret")),
            (
                "Command: show\nDirectory: (root)\nOutput: secret\nError: (none)",
                Some("secret\nError: (none)"),
            ),
            ("Output: secret", Some("secret")),
            ("secret\nOutput: more", Some("secret\nOutput: more")),
            ("one two three four\n", Some("one two three four\n")),
            ("one two three four five\n", None),
            ("(no output)", None),
            ("<exited>\n", None),
            ("Success", None),
            ("success7", Some("success7")),
            (&long, Some(&long)),
            (&over, Some(&long)),
            (&cut, None),
            (&list, Some(&list)),
            (&longer, Some(&list)),
            ("\n", None),
            ("", None),
        ] {
            let shown = lines(output.as_bytes()).map(|lines| &output[lines]);
            assert_eq!(shown, expected, "{output}");
        }
    }

    #[test]
    fn what_is_shown_lies_where_it_stands() {
        let content = r#"{"input":{"command":"bash -c 'show it'"},"output":"sec\u0072et\nmore"}"#;
        let mut opened = Opened::default();
        opened.open(None, content.as_bytes());
        let at = |needle: &str| {
            let from = opened.printed.start;
            let at = from + memchr::memmem::find(&opened.text[from..], needle.as_bytes()).unwrap();
            let mut places = Vec::new();
            opened.places(&(at..at + needle.len()), &mut places);
            places.into_iter().map(|place| &content[place.range]).collect::<Vec<_>>()
        };
        assert_eq!(at("secret"), [r"sec\u0072et"]);
        assert_eq!(at("show it"), ["show it"]);
        assert_eq!(at("$ "), [""; 0]);
        assert_eq!(at("it\nsec"), ["it", "sec"]);
    }

    #[test]
    fn so_much_is_shown_in_all() {
        let output = "b".repeat(1000);
        let pair = format!(r#"{{"command":"{}","stdout":"c"}}"#, "a".repeat(COMMAND));
        let outputs = [r#"{"stdout":"d"}"#; 3].join(",");
        let content = format!("[{}]", vec![format!("{pair},{outputs}"); 500].join(",")) + &output;
        let mut opened = Opened::default();
        opened.open(None, content.as_bytes());
        assert!(opened.limit().is_none());
        assert!(opened.printed.len() > content.len() / 2);
        assert!(opened.printed.len() < 2 * content.len() + FREE);
    }
}
