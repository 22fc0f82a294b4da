//! Lines of a private key whose block is not whole: its BEGIN is missing, or all there is of it is a few lines
//! behind the name of the file they are from.
//!
//! A line is a run of base64 with what tools put round it: numbers, tabs, the marks of diffs, quotes and
//! comments, the name of the file. Line breaks may be real or escaped. **Bias.** At an END the lines before it
//! are taken as they come; where only a name tells them, the first has to look like nothing but a key: paths,
//! digests and certificates are spared.

use super::SEPARATOR;
use crate::limits::{PEM_BYTES, PEM_LINE_BYTES, PEM_NEAR_BYTES};
use memchr::memmem;
use std::ops::Range;

/// Characters of the shortest line of a key that is not its last.
const FULL: usize = 32;
/// Characters of a line that stands for itself: what is written is 64, 70 or 76 long.
const ALONE: Range<usize> = 40..81;
/// Characters of a last line that are worth something.
const REST: usize = 12;
/// Lines that are looked at behind a name before the first of the key.
const LINES: usize = 8;
/// Characters of the longest word in lower case that chance makes of base64.
const WORD: usize = 10;
/// Bytes before the lines of a block in which its BEGIN and its headers stand.
const HEADERS: usize = 400;
/// Bytes of a label, such as `RSA PRIVATE KEY`.
const LABEL: usize = 60;

/// The lines before the END of a private key that has no BEGIN. `end` is the END line's own match; it comes back
/// as it is where there are no such lines.
pub(super) fn before_end(text: &[u8], end: Range<usize>) -> Range<usize> {
    let (mut start, mut next) = (None, line_start(text, end.start));
    let (mut last, mut empty) = (1, 0);
    while let Some(line_end) = next.filter(|at| *at > 0 && end.start - at < PEM_BYTES) {
        let Some(from) = line_start(text, without_break(text, line_end)) else { break };
        let line = from..without_break(text, line_end);
        match Line::of(text, &line) {
            Line::Empty if empty < 3 => empty += 1,
            Line::Key(run) if run.len() >= FULL => (start, empty, last) = (Some(run.start), 0, 0),
            // The last line of a block, and the checksum behind it, may be of any length.
            Line::Key(_) if last > 0 || is_checksum(text, &line) => {
                last = usize::from(is_checksum(text, &line))
            }
            _ => break,
        }
        next = Some(from);
    }
    match start {
        Some(start) if !has_begin(text, start) => start..end.end,
        _ => end,
    }
}

/// The lines of a key behind what tells of one. `cue` comes back as it is where there are none.
pub(super) fn behind_cue(text: &[u8], cue: Range<usize>) -> Range<usize> {
    let rest = text.get(cue.end..).unwrap_or_default();
    if rest.starts_with(b"-----") || rest.starts_with(b".pub") || is_public(text, cue.start) {
        return cue;
    }
    let reach = text.len().min(cue.end + PEM_NEAR_BYTES);
    let mut from = line_end(text, cue.end, reach).1;
    for _ in 0..LINES {
        if from >= reach {
            break;
        }
        let (end, next) = line_end(text, from, reach);
        match Line::of(text, &(from..end)) {
            Line::Key(run) if is_alone(text, &run) => return lines_from(text, run.start).unwrap_or(cue),
            Line::Armour => break,
            _ => from = next,
        }
    }
    cue
}

/// The lines of a key from here on; `None` if they turn out to be the last of a whole block, or of something
/// that is not private.
fn lines_from(text: &[u8], start: usize) -> Option<Range<usize>> {
    let reach = text.len().min(start + PEM_BYTES);
    let (mut from, mut end, mut is_last) = (start, start, false);
    while from < reach {
        let (line, next) = line_end(text, from, reach);
        match Line::of(text, &(from..line)) {
            Line::Key(run) if !is_last && (run.len() >= FULL || is_rest(text, &run)) => {
                (end, is_last) = (run.end, run.len() < FULL);
            }
            Line::Empty => {}
            Line::Armour => return None,
            _ => break,
        }
        from = next;
    }
    Some(start..end)
}

/// What stands in a line.
enum Line {
    /// Base64, here, and nothing else that says anything.
    Key(Range<usize>),
    /// Nothing, or marks only.
    Empty,
    /// `-----BEGIN ...`, `-----END ...`.
    Armour,
    Other,
}

impl Line {
    fn of(text: &[u8], range: &Range<usize>) -> Self {
        let line = text.get(range.clone()).unwrap_or_default();
        if line.len() > PEM_LINE_BYTES || line.contains(&SEPARATOR) {
            return Self::Other;
        }
        if memmem::find(line, b"----").is_some() {
            return Self::Armour;
        }
        if !line.iter().any(u8::is_ascii_alphanumeric) {
            return Self::Empty;
        }
        let run = longest_run(line);
        let (before, after) = (line.get(..run.start), line.get(run.end..));
        let bare = is_decoration(before.unwrap_or_default())
            && !after.unwrap_or_default().iter().any(u8::is_ascii_alphanumeric);
        if bare { Self::Key(range.start + run.start..range.start + run.end) } else { Self::Other }
    }
}

/// Numbers and marks, or the name of a file and the number of a line.
fn is_decoration(before: &[u8]) -> bool {
    let numbered = before.trim_ascii_end().strip_suffix(b":").or_else(|| before.strip_suffix(b"-"));
    let number = numbered.is_some_and(|name| {
        let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let mark = name.len().checked_sub(digits + 1).and_then(|at| name.get(at));
        digits > 0 && matches!(mark, Some(b':' | b'-'))
    });
    number || !before.iter().any(u8::is_ascii_alphabetic)
}

fn longest_run(line: &[u8]) -> Range<usize> {
    let (mut longest, mut at) = (0..0, 0);
    for run in line.split(|byte| !is_base64(*byte)) {
        if run.len() > longest.len() {
            longest = at..at + run.len();
        }
        at += run.len() + 1;
    }
    let padding = line.iter().skip(longest.end).take(2).take_while(|byte| **byte == b'=').count();
    longest.start..longest.end + padding
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Whether a line is of a key whatever stands round it: long enough, and of all kinds of characters without a
/// word in it. Not a path, not a digest.
fn is_alone(text: &[u8], run: &Range<usize>) -> bool {
    let run = text.get(run.clone()).unwrap_or_default();
    let count = |is: fn(&u8) -> bool| run.iter().filter(|byte| is(byte)).count();
    let least = run.len() / 8;
    let word = run.split(|byte| !byte.is_ascii_lowercase()).map(<[u8]>::len).max().unwrap_or(0);
    ALONE.contains(&run.len())
        && count(u8::is_ascii_uppercase) >= least
        && count(u8::is_ascii_lowercase) >= least
        && count(u8::is_ascii_digit) > 0
        && count(|byte| *byte == b'/') <= least
        && word < WORD
}

/// Whether a short line is the last of a key, and not a word: it is filled up, or of several kinds.
fn is_rest(text: &[u8], run: &Range<usize>) -> bool {
    let run = text.get(run.clone()).unwrap_or_default();
    let has = |is: fn(&u8) -> bool| run.iter().any(is);
    run.ends_with(b"=") || (run.len() >= REST && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase))
}

/// `=abcd`, as the blocks of PGP end.
fn is_checksum(text: &[u8], line: &Range<usize>) -> bool {
    let line = text.get(line.clone()).unwrap_or_default();
    line.iter().rev().take(5).filter(|byte| is_base64(**byte)).count() == 4
        && line.len().checked_sub(5).and_then(|at| line.get(at)) == Some(&b'=')
}

/// Whether the lines that start here have their BEGIN: then they are found with it.
fn has_begin(text: &[u8], start: usize) -> bool {
    let near = text.get(start.saturating_sub(HEADERS)..start).unwrap_or_default();
    memmem::rfind(near, b"BEGIN ").is_some_and(|at| {
        let label = near.get(at..).unwrap_or_default();
        memmem::find(label.get(..LABEL).unwrap_or(label), b"PRIVATE KEY").is_some()
    })
}

/// Whether the name that ends here is that of something public: `fullchain`, `ca-cert`.
fn is_public(text: &[u8], end: usize) -> bool {
    let name = text.get(end.saturating_sub(24)..end).unwrap_or_default().to_ascii_lowercase();
    let name = name.rsplit(|byte| byte.is_ascii_whitespace() || b"/\"'".contains(byte)).next();
    let name = name.unwrap_or_default();
    let says = |word: &[u8]| memmem::find(name, word).is_some();
    says(b"cert") || says(b"crt") || says(b"chain") || says(b"pub")
}

/// Where the line begins that goes on before here; `None` if it is too long to be of a key.
fn line_start(text: &[u8], at: usize) -> Option<usize> {
    let from = at.saturating_sub(PEM_LINE_BYTES);
    let near = text.get(from..at)?;
    let found = near.iter().enumerate().rev().find(|(i, byte)| match byte {
        b'\n' | b'\r' => true,
        b'n' | b'r' => i.checked_sub(1).and_then(|before| near.get(before)) == Some(&b'\\'),
        _ => false,
    });
    match found {
        Some((i, _)) => Some(from + i + 1),
        None => (from == 0).then_some(0),
    }
}

/// The end of the line whose break ends here.
fn without_break(text: &[u8], end: usize) -> usize {
    let mut line = text.get(..end).unwrap_or_default();
    line = match line {
        [rest @ .., b'\r', b'\n'] | [rest @ .., b'\n' | b'\r'] => rest,
        [rest @ .., b'n' | b'r'] if rest.ends_with(b"\\") => rest,
        _ => line,
    };
    while let [rest @ .., b'\\'] = line {
        line = rest;
    }
    line.len()
}

/// Where the line ends that goes on here, and where the next one starts.
fn line_end(text: &[u8], from: usize, reach: usize) -> (usize, usize) {
    let rest = text.get(from..reach).unwrap_or_default();
    let is_break = |i: usize, byte: u8| match byte {
        b'\n' | b'\r' => true,
        b'\\' => rest.iter().skip(i).find(|byte| **byte != b'\\').is_some_and(|byte| b"nr".contains(byte)),
        _ => false,
    };
    let Some(end) = rest.iter().enumerate().position(|(i, byte)| is_break(i, *byte)) else {
        return (reach, reach);
    };
    let marks = rest.iter().skip(end).take_while(|byte| **byte == b'\\').count();
    let crlf = rest.get(end..).is_some_and(|rest| rest.starts_with(b"\r\n"));
    (from + end, from + end + marks + 1 + usize::from(crlf))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FULL_LINE: &str = "b1ackBARExAMPLE0b1ackBARExAMPLE0b1ackBARExAMPLE0b1ackBARExAMPLE0";
    const LAST: &str = "b1ackBARExAMPLE0==";
    const END: &str = "-----END RSA PRIVATE KEY-----";

    fn tail(text: &str) -> &str {
        let at = text.rfind("-----END").unwrap();
        text.get(before_end(text.as_bytes(), at..at + END.len())).unwrap()
    }

    fn near<'a>(text: &'a str, cue: &str) -> &'a str {
        let at = text.find(cue).unwrap();
        text.get(behind_cue(text.as_bytes(), at..at + cue.len())).unwrap()
    }

    #[test]
    fn the_end_of_a_key_is_taken_whatever_stands_before_its_lines() {
        for decorated in [
            "#",
            " 24\t#",
            "24: #",
            "24:#",
            " 24\u{2192}#",
            "+#",
            "+  #",
            "-#",
            "    #",
            "> #",
            "| #",
            " 24 | #",
            "\"#\",",
            "'#' +",
            "// #",
            " * #",
            "id_rsa:24:#",
            "id_rsa-24-#",
            "#\r",
        ] {
            for line_break in ["\n", "\\n", "\\\\n"] {
                let lines: Vec<String> =
                    [FULL_LINE, FULL_LINE, LAST, END].map(|line| decorated.replace('#', line)).to_vec();
                let text = format!("so much for that{line_break}{}", lines.join(line_break));
                let found = tail(&text);
                assert!(found.starts_with("b1ack") || found.starts_with("+b1ack"), "{text} {found}");
                assert_eq!(found.matches("ExAMPLE0").count(), 9, "{text} {found}");
            }
        }
    }

    #[test]
    fn an_end_has_no_lines_where_its_beginning_has_them() {
        let block = format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\n\n{FULL_LINE}\n{END}");
        assert_eq!(tail(&block), END);
        for before in ["", "It is\n", "It is ", "abc\n", "... \n\n"] {
            assert_eq!(tail(&format!("{before}{END}")), END, "{before}");
        }
    }

    #[test]
    fn an_end_is_looked_at_as_far_as_a_block_goes() {
        let long = format!("{FULL_LINE}\n").repeat(PEM_BYTES / 64);
        let found = tail(&format!("{long}{END}")).len();
        assert!(found < PEM_BYTES + 200 && found > PEM_BYTES - 200, "{found}");
        assert_eq!(tail(&format!("{}\n{END}", "a".repeat(PEM_LINE_BYTES + 1))), END);
    }

    #[test]
    fn lines_near_a_name_are_of_its_key() {
        for (text, lines) in [
            (format!("cat id_rsa | sed -n 5,6p\n{FULL_LINE}\n{FULL_LINE}\n$ ls"), 2),
            (format!("cat id_rsa\nout:\n  5\t{FULL_LINE}\n  6\t{LAST}\n$ ls"), 2),
            (format!("grep x id_rsa\\n{FULL_LINE}\\n{FULL_LINE}"), 2),
            (format!("id_rsa\n\"{FULL_LINE}\",\n\"{FULL_LINE}\",\n]"), 2),
        ] {
            let found = near(&text, "id_rsa");
            assert!(found.starts_with("b1ack") && found.matches('\n').count() < lines, "{text} {found}");
            assert!(found.ends_with("E0") || found.ends_with("=="), "{text} {found}");
        }
    }

    #[test]
    fn what_is_no_key_near_a_name_stays() {
        for text in [
            "id_rsa is a file\nand so on",
            "id_rsa\n/Users/blackbar/Projects2/acme/deploy/certificates/Production",
            "id_rsa\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  x",
            &format!("id_rsa.pub\n{FULL_LINE}"),
            &format!("id_rsa\n-----BEGIN CERTIFICATE-----\n{FULL_LINE}\n"),
            &format!("id_rsa\n{FULL_LINE}\n-----END CERTIFICATE-----"),
            &format!("id_rsa\nintegrity=\"sha384-{FULL_LINE}\""),
            &format!("id_rsa\n{}{FULL_LINE}", "far\n".repeat(LINES + 1)),
            &format!("id_rsa\n{}{FULL_LINE}", ".".repeat(PEM_NEAR_BYTES)),
        ] {
            assert_eq!(near(text, "id_rsa"), "id_rsa", "{text}");
        }
        let chain = format!("cat fullchain.pem\n{FULL_LINE}");
        assert_eq!(near(&chain, ".pem"), ".pem");
    }
}
