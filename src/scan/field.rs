//! Where a value ends that has no quotes of its own: before the next field of what it stands in.
//!
//! A rule for such values takes all up to the next space, for a password may hold anything. In a form, a URL, a
//! connection string, an element or a string the value ends sooner, and what follows says nothing of it: `&name=`,
//! `;Name=`, `,name=`, `</name`, a comma or a semicolon with a word behind its blank, the quote or the bracket that was
//! open before the name, the `@` before the host of a URL, and the signs that end a part of a sentence in Chinese and
//! Japanese.
//!
//! **Bias.** A whole leaf holds a value and nothing else: it is left as it is. So does a variable in capitals
//! (`DB_PASSWORD=a&b=c`), up to where the string or the element ends that it stands in. Without a blank behind it a
//! comma ends a value only if one stands before its own name, and an ampersand that is none of a form
//! only before a name of letters: a password may have either.

use super::SEPARATOR;
use super::tail::Tail;
use crate::rule::user_info;
use std::ops::Range;

/// Bytes of the line before a value that are looked at.
const BEFORE: usize = 512;

/// Bytes of the longest name of a field.
const NAME: usize = 40;

/// Signs of closing tags in a secret that are looked at.
const TAGS: usize = 8;

/// Bytes that a value has at least: what is shorter stays whole.
const LEAST: usize = 3;

/// Quotation marks, and what closes them.
const MARKS: [(&str, &str); 7] = [
    ("\u{ab}", "\u{bb}"),
    ("\u{bb}", "\u{ab}"),
    ("\u{201c}", "\u{201d}"),
    ("\u{201e}", "\u{201c}"),
    ("\u{2018}", "\u{2019}"),
    ("\u{201a}", "\u{2018}"),
    ("&quot;", "&quot;"),
];

/// Whether values end at fields that go on as this does: over all of the signs between fields.
pub(super) fn ends(tail: &Tail) -> bool {
    tail.takes(b"\"'&;,<")
}

/// What a match of a rule ends before where it is all but white space: the end of this value in its segment. Nothing
/// before `from` is looked at: it is known to be of the value.
pub(super) fn end(segment: &[u8], value: &Range<usize>, from: usize) -> usize {
    let line = line_before(segment, value.start);
    let is_last = || !segment.get(value.end..).unwrap_or_default().iter().any(u8::is_ascii_whitespace);
    let bracket = open_bracket(line);
    if line.ends_with(b": ") && bracket.is_none() && is_last() {
        return value.end;
    }
    let is_variable = is_variable(line);
    let around = Around {
        quote: open_quote(line),
        mark: mark_before(line),
        sign: sign_before_name(line),
        bracket,
        of_url: user_info::before(line).is_some(),
        value: segment.get(value.clone()).unwrap_or_default(),
    };
    let ends = |rest: &[u8]| around.is_left(rest) || !is_variable && around.stops(rest);
    let mut places = from.max(value.start + LEAST)..value.end;
    places.find(|at| ends(segment.get(*at..).unwrap_or_default())).unwrap_or(value.end)
}

/// Where a secret ends without what closes something around it: the tag of the element that it stands in, and of its
/// last bytes a quote that is open before it, or that is not seen, and the bracket that is open. In quotes of its own
/// all is of it but those.
pub(super) fn inside(segment: &[u8], value: &Range<usize>) -> usize {
    let line = line_before(segment, value.start);
    let secret = segment.get(value.clone()).unwrap_or_default();
    let is_quoted = line.ends_with(b"\"") || line.ends_with(b"'") || line.ends_with(b"`");
    if is_quoted || mark_before(line).is_some() {
        return value.start + unquoted(line, secret).unwrap_or(secret).len();
    }
    let secret = before_tag(line, secret);
    let secret = unquoted(line, secret).unwrap_or(secret);
    value.start + unbracketed(line, secret).unwrap_or(secret).len()
}

/// The line before a value, as far as it is looked at.
fn line_before(text: &[u8], value: usize) -> &[u8] {
    let near = text.get(value.saturating_sub(BEFORE)..value).unwrap_or_default();
    near.rsplit(|byte| matches!(*byte, b'\n' | SEPARATOR)).next().unwrap_or_default()
}

/// A secret, as far as the element is not closed in it that was opened on its line.
fn before_tag<'s>(line: &[u8], secret: &'s [u8]) -> &'s [u8] {
    let closes = |at: &usize| {
        let name = secret.get(at + 2..).unwrap_or_default();
        let length = name.iter().take(NAME).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name = name.get(..length).unwrap_or_default();
        let is_open = |at: usize| line.get(at + 1..).is_some_and(|tag| tag.starts_with(name));
        length > 0 && memchr::memchr_iter(b'<', line).any(is_open)
    };
    let tag = memchr::memmem::find_iter(secret, b"</").skip_while(|at| *at < LEAST).take(TAGS).find(closes);
    tag.and_then(|tag| secret.get(..tag)).unwrap_or(secret)
}

/// A secret without the quote that it ends with: there is no other in it.
fn unquoted<'s>(line: &[u8], secret: &'s [u8]) -> Option<&'s [u8]> {
    let mark = mark_before(line).and_then(|mark| secret.strip_suffix(mark.as_bytes()));
    let quote = || match secret.split_last() {
        Some((quote @ (b'"' | b'\'' | b'`'), rest)) if !rest.contains(quote) => Some(rest),
        _ => None,
    };
    mark.or_else(quote).filter(|rest| rest.len() >= LEAST)
}

/// A secret without the bracket that it ends with: it was opened in the line before it, and no other is in it.
fn unbracketed<'s>(line: &[u8], secret: &'s [u8]) -> Option<&'s [u8]> {
    let (bracket, rest) = secret.split_last().filter(|(last, _)| b")]}".contains(last))?;
    let is_of_line = open_bracket(line) == Some(*bracket) && !rest.iter().any(|byte| b"([{".contains(byte));
    Some(rest).filter(|rest| is_of_line && rest.len() >= LEAST)
}

/// Where the quote before a value is closed, if that was escaped itself: by one that is escaped no further. In a string
/// in a string the quotes round a value are escaped, and those inside it twice.
pub(super) fn closing(segment: &[u8], value: &Range<usize>) -> Option<usize> {
    let (quote, before) = segment.get(..value.start)?.split_last()?;
    let outer = before.iter().rev().take_while(|byte| **byte == b'\\').count();
    if outer == 0 || !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let mut slashes = 0;
    for (at, byte) in (value.start..).zip(segment.get(value.clone())?) {
        if byte == quote && (1..=outer).contains(&slashes) {
            let end = at - slashes;
            // An empty value is no value: the quote is taken for it.
            return Some(if end == value.start { at + 1 } else { end });
        }
        slashes = if *byte == b'\\' { slashes + 1 } else { 0 };
    }
    None
}

/// What a value stands in.
struct Around<'v> {
    /// The quote that is open.
    quote: Option<u8>,
    /// What closes the quotation mark, of those beyond ASCII or the entity of HTML, that stands right before it.
    mark: Option<&'static str>,
    /// What closes the bracket that is open.
    bracket: Option<u8>,
    /// All that was taken for the value.
    value: &'v [u8],
    /// What stands before the name of the value.
    sign: Option<u8>,
    /// Whether the host of a URL follows.
    of_url: bool,
}

/// What closes the quotation mark that a line ends with.
fn mark_before(line: &[u8]) -> Option<&'static str> {
    MARKS.iter().find(|(open, _)| line.ends_with(open.as_bytes())).map(|(_, close)| *close)
}

/// What closes the bracket that is open at the end of a line: the last that was opened.
fn open_bracket(line: &[u8]) -> Option<u8> {
    let mut closed = 0;
    for byte in line.iter().rev() {
        match byte {
            b')' | b']' | b'}' => closed += 1,
            b'(' | b'[' | b'{' if closed > 0 => closed -= 1,
            b'(' => return Some(b')'),
            b'[' => return Some(b']'),
            b'{' => return Some(b'}'),
            _ => {}
        }
    }
    None
}

/// What stands before the name that a line ends with.
fn sign_before_name(line: &[u8]) -> Option<u8> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    let end = line.iter().rposition(is_of_name)?;
    let start = line.get(..end)?.iter().rposition(|byte| !is_of_name(byte))?;
    line.get(start).copied()
}

/// `KEY=` in capitals, at the start of a word.
fn is_variable(line: &[u8]) -> bool {
    let Some(rest) = line.strip_suffix(b"=") else { return false };
    let word = rest.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    !word.is_empty()
        && word.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// The quote that is open at the end of a line: of several the one that was opened last.
fn open_quote(line: &[u8]) -> Option<u8> {
    let opened = |quote: &u8| Some((opened_at(line, *quote)?, *quote));
    [b'"', b'\'', b'`'].iter().filter_map(opened).max().map(|(_, quote)| quote)
}

/// Where a quote was opened that is not closed in a line. Behind a letter or a digit none is opened: there it is an
/// apostrophe, or stands for inches.
fn opened_at(line: &[u8], quote: u8) -> Option<usize> {
    let quotes = memchr::memchr_iter(quote, line);
    quotes.fold(None, |open: Option<usize>, at| match open {
        Some(_) => None,
        None => {
            let before = at.checked_sub(1).and_then(|before| line.get(before));
            Some(at).filter(|_| !before.is_some_and(u8::is_ascii_alphanumeric))
        }
    })
}

impl Around<'_> {
    /// Whether this leaves the string or the element that a value stands in.
    fn is_left(&self, rest: &[u8]) -> bool {
        let is_marked = |mark: &str| rest.starts_with(mark.as_bytes());
        match rest {
            _ if self.mark.is_some_and(is_marked) => true,
            [b'<', b'/', next, ..] => next.is_ascii_alphabetic(),
            [b'\\', rest @ ..] if self.quote.is_some() => {
                let slashes = rest.iter().take_while(|byte| **byte == b'\\').count();
                rest.get(slashes..).is_some_and(|rest| closes(rest, self.quote))
            }
            rest => closes(rest, self.quote),
        }
    }

    /// Whether this is the next field, or the end of a part of a sentence.
    fn stops(&self, rest: &[u8]) -> bool {
        let wide = ["\u{ff0c}", "\u{ff1b}", "\u{ff09}", "\u{3002}", "\u{3001}", "\u{300d}"];
        match rest {
            [b'&', name @ ..] => is_field(name, false) && (self.is_in_form() || is_word(name)),
            [b';' | b',', b' ', next, ..] if next.is_ascii_alphabetic() => true,
            [b',', name @ ..] => self.sign == Some(b',') && is_field(name, false),
            [b';', name @ ..] => is_field(name, true),
            [b')' | b']' | b'}', behind @ ..] => self.closes_bracket(rest, behind),
            [b'@', host @ ..] => self.of_url && host.first().is_some_and(u8::is_ascii_alphanumeric),
            [0xe3 | 0xef, ..] => wide.iter().any(|sign| rest.starts_with(sign.as_bytes())),
            _ => false,
        }
    }

    /// Whether the open bracket is closed at `rest`, which goes on with `behind`: no other was opened in the value, and
    /// nothing but the end of what is around follows.
    fn closes_bracket(&self, rest: &[u8], behind: &[u8]) -> bool {
        let over = |byte: &u8| byte.is_ascii_whitespace() || b",;.)]}>\"'`".contains(byte);
        let last = behind.iter().take_while(|byte| !byte.is_ascii_whitespace()).all(over);
        rest.first().copied() == self.bracket && last && !self.value.iter().any(|byte| b"([{".contains(byte))
    }

    const fn is_in_form(&self) -> bool {
        matches!(self.sign, Some(b'&' | b'?'))
    }
}

/// `name=`, or `User Id=` in a connection string.
fn is_field(rest: &[u8], spaced: bool) -> bool {
    let of_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte) || (spaced && *byte == b' ');
    let length = rest.iter().take(NAME).take_while(|byte| of_name(byte)).count();
    let starts = rest.iter().find(|byte| **byte != b' ').is_some_and(u8::is_ascii_alphabetic);
    starts && matches!(rest.get(length..), Some([b'=', next @ ..]) if next.first() != Some(&b'='))
}

/// Whether a name is of letters, and of two at least.
fn is_word(name: &[u8]) -> bool {
    let length = name.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    length > 1 && name.get(length) == Some(&b'=')
}

/// Whether the open quote is closed here.
fn closes(rest: &[u8], quote: Option<u8>) -> bool {
    let Some((first, after)) = rest.split_first() else { return false };
    let over = |byte: &u8| byte.is_ascii_whitespace() || b",;)]}>\\/:\"'+".contains(byte);
    Some(*first) == quote && after.first().is_none_or(over)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The value goes from the mark to the next space; what is kept of it.
    fn check(text: &str, kept: &str) {
        let (before, rest) = text.split_once('|').unwrap();
        let segment = format!("{before}{rest}");
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let value = before.len()..before.len() + length;
        let end = end(segment.as_bytes(), &value, value.start);
        assert_eq!(segment.get(value.start..end).unwrap(), kept, "{text}");
    }

    #[test]
    fn a_value_ends_before_the_next_field() {
        check("user=ada&password=|hunter2&submit=1", "hunter2");
        check("Server=db;Password=|hunter2;Encrypt=True", "hunter2");
        check("Password=|hunter2;User Id=ada", "hunter2");
        check("-o user=ada,password=|hunter2,vers=3.0", "hunter2");
        check("<p>password: |hunter2</p> x", "hunter2");
        check("f(\"Password=|hunter2\"); x", "hunter2");
        check("f(\\\"Password=|hunter2\\\"); x", "hunter2");
        check("got {\"cmd\":\"export PASSWORD=|hunter2\"} x", "hunter2");
        check("got {\\\"cmd\\\":\\\"export PASSWORD=|hunter2\\\"} x", "hunter2");
        check("don't: run(\"export PASSWORD=|hunter2\", y)", "hunter2");
        check("run `export PASSWORD=|hunter2`, then", "hunter2");
        check("<p>export PASSWORD=|hunter2</p> x", "hunter2");
        check("User(id=1, password=|hunter2), x", "hunter2");
        check("[user=[bob], password=[|hunter2], otp=[1]]", "hunter2");
        check("@Value(\"${db.pw:|hunter2}\") x", "hunter2");
        check("{host: x, user: bob, password: |hunter2}", "hunter2");
        check("[password=|hunter2, user=bob]", "hunter2");
        check("password=|hunter2; x", "hunter2");
        check("(pw: |hunter2)", "hunter2");
        check("pw \u{ab}|hunter2\u{bb}, x", "hunter2");
        check("pw: &quot;|hunter2&quot;, x", "hunter2");
        check("https://access-token:|hunter2@git.example/x y", "hunter2");
        check("https://git.example/?token:|hunter2@x y", "hunter2@x");
        check("password\u{ff1a}|hunter2\u{ff0c}user\u{ff1a}ada", "hunter2");
    }

    #[test]
    fn an_escaped_quote_is_closed_by_one() {
        for (text, kept) in [
            (r#"password: \"|hunter2\", token: \"x\""#, "hunter2"),
            (r#"password: \"|hun\\\"ter2\", x"#, r#"hun\\\"ter2"#),
            (r#"password: \\\"|hunter2\\\", \"x\""#, "hunter2"),
            (r#"password: \"|\", x: \"y"#, r#"\""#),
        ] {
            let (before, rest) = text.split_once('|').unwrap();
            let segment = format!("{before}{rest}");
            let end = closing(segment.as_bytes(), &(before.len()..segment.len()));
            assert_eq!(end.and_then(|end| segment.get(before.len()..end)), Some(kept), "{text}");
        }
        assert_eq!(closing(br#"password: "a\"b", x"#, &(11..15)), None);
    }

    #[test]
    fn any_other_sign_is_a_part_of_it() {
        for value in ["hunter2&x#y\"z", "hunt;er2", "ab&c=d", "hunter2</3", "hunter2\"x", "hunter2,x"] {
            check(&format!("password=|{value} x"), value);
            check(&format!("\"password: |{value} x"), value);
            check(&format!("users' PASSWORD=|{value}')m4 x"), &format!("{value}')m4"));
        }
        for (text, value) in [
            ("DB_PASSWORD=|hunter2&b=c x", "hunter2&b=c"),
            ("password=|hunter2&x=3horse y", "hunter2&x=3horse"),
            ("token=|hunter2&c2VjcmV0PQ== y", "hunter2&c2VjcmV0PQ=="),
            ("password=|hunter2,Ef=56gh y", "hunter2,Ef=56gh"),
        ] {
            check(text, value);
        }
        check("password: |hunter2&user=c", "hunter2&user=c");
    }
}
