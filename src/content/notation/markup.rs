//! Values in marks: `<phone type="home">...</phone>`, `<string name="phone">...</string>`,
//! `<key>phone</key><string>...</string>`, `<b>Phone:</b> ...`, `<label>Phone</label><span>...</span>`,
//! `<input name="phone" value="...">`, and the parts of a form that is sent.

use super::{LONGEST_NAME, LONGEST_VALUE, Pair, quoted, rest_of_line, trimmed, word_before};
use memchr::memmem;
use std::ops::Range;

/// Elements that a label stands in.
const LABELS: [&[u8]; 7] = [b"b", b"strong", b"em", b"i", b"label", b"span", b"dt"];

/// Elements that say how something looks, and not what it is.
const LOOKS: [&[u8]; 12] = [
    b"span", b"div", b"code", b"pre", b"option", b"button", b"script", b"style", b"small", b"label", b"text",
    b"strong",
];

/// Bytes of the longest mark that is looked at.
const LONGEST_MARK: usize = 256;

/// Marks between a label and its value.
const BETWEEN: usize = 3;

/// What is called so in a mark, by the better first.
const NAMES: [&[u8]; 3] = [b" name=", b" id=", b" key="];

/// Those of them that say what an element holds, and not which one it is.
const NAMES_OF_CONTENT: [&[u8]; 2] = [b" name=", b" key="];

/// Elements that say nothing of what they hold, so that an attribute has to.
const GENERIC: [&[u8]; 20] = [
    b"string",
    b"str",
    b"entry",
    b"item",
    b"data",
    b"property",
    b"field",
    b"param",
    b"parameter",
    b"setting",
    b"value",
    b"var",
    b"variable",
    b"attribute",
    b"int",
    b"integer",
    b"long",
    b"column",
    b"simpledata",
    b"pref",
];

/// What the values of a property list stand in.
const PROPERTIES: [&[u8]; 3] = [b"<string>", b"<integer>", b"<date>"];

/// What a part of a form begins with.
const FORM: &[u8] = b"form-data; name";

/// The pair of the element that ends here.
pub(super) fn element(text: &[u8], close: usize) -> Option<Pair> {
    let near = text.get(close.saturating_sub(LONGEST_VALUE)..close)?;
    let start = close - near.len() + memchr::memrchr(b'>', near)? + 1;
    let tag = word_at(text, close + 2);
    let end = tag.end;
    let tag = text.get(tag)?;
    if tag == b"key"
        && let Some(pair) = property(text, start..close, end + 1)
    {
        return Some(pair);
    }
    if LABELS.contains(&tag)
        && let Some(pair) = labelled(text, start..close, end, tag == b"label")
    {
        return Some(pair);
    }
    let near = text.get(start.saturating_sub(LONGEST_MARK)..start)?;
    let open = start - near.len() + memchr::memrchr(b'<', near)? + 1;
    let opened = word_at(text, open);
    let has_attributes = text.get(opened.end).is_some_and(u8::is_ascii_whitespace);
    if !has_attributes || text.get(opened.clone())? != tag || LOOKS.contains(&tag) {
        return None;
    }
    let value = trimmed(text, start..close, b" \t\r\n");
    let says_nothing = GENERIC.iter().any(|word| word.eq_ignore_ascii_case(tag));
    let mut names = NAMES_OF_CONTENT.iter().filter(|_| says_nothing);
    if let Some(name) = names.find_map(|key| attribute_of(text, &(opened.end..start), key)) {
        return Some((name, value));
    }
    let name = word_before(text, opened.end, true);
    Some((name.start.max(open)..name.end, value))
}

/// A key of a property list, and the value in the element behind that of the key.
fn property(text: &[u8], key: Range<usize>, behind: usize) -> Option<Pair> {
    let near = text.get(behind..)?;
    let near = near.get(..LONGEST_MARK + LONGEST_VALUE).unwrap_or(near);
    let open = near.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let rest = near.get(open..)?;
    let mark = PROPERTIES.iter().find(|mark| rest.starts_with(mark))?.len();
    let len = memchr::memchr(b'<', rest.get(mark..)?)?;
    let value = behind + open + mark..behind + open + mark + len;
    Some((trimmed(text, key, b" \t\r\n"), trimmed(text, value, b" \t\r\n")))
}

/// What stands in quotes behind the sign of an attribute in this part of a text.
fn attribute_of(text: &[u8], range: &Range<usize>, key: &[u8]) -> Option<Range<usize>> {
    let found = memmem::find(text.get(range.clone())?, key)?;
    quoted(text, range.start + found + key.len())
}

/// The name of an element at a place, with its prefix.
fn word_at(text: &[u8], at: usize) -> Range<usize> {
    let near = text.get(at..).unwrap_or_default();
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-:.".contains(byte);
    at..at + near.iter().take(LONGEST_NAME).take_while(is_of_name).count()
}

/// A label and what stands behind its element.
fn labelled(text: &[u8], label: Range<usize>, tag: usize, is_sure: bool) -> Option<Pair> {
    let label = trimmed(text, label, b" \t\r\n");
    let near = text.get(tag..)?;
    let near = near.get(..LONGEST_MARK + LONGEST_VALUE).unwrap_or(near);
    let near = near.strip_prefix(b">")?;
    let (mut at, mut is_label) = (0, is_sure || text.get(label.end.checked_sub(1)?) == Some(&b':'));
    if near.starts_with(b":") {
        (at, is_label) = (1, true);
    }
    for _ in 0..BETWEEN {
        let rest = near.get(at..)?;
        at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if near.get(at) != Some(&b'<') {
            break;
        }
        at += memchr::memchr(b'>', near.get(at..)?)? + 1;
    }
    let rest = near.get(at..)?;
    let len = memchr::memchr2(b'<', b'\n', rest).or_else(|| {
        // The end of the text.
        (tag + 1 + near.len() == text.len()).then_some(rest.len())
    })?;
    let value = trimmed(text, tag + 1 + at..tag + 1 + at + len, b" \t\r");
    is_label.then(|| (trimmed(text, label, b" :*"), value))
}

/// The pair of a mark or of a part of a form, of which an attribute has its sign here.
pub(super) fn attribute(text: &[u8], sign: usize) -> Option<Pair> {
    let before = text.get(..sign)?;
    if before.ends_with(b" value") {
        return value_of(text, sign);
    }
    before.ends_with(FORM).then(|| part(text, sign + 1))?
}

/// The name and the value of a mark, where the sign of the latter stands.
fn value_of(text: &[u8], sign: usize) -> Option<Pair> {
    let value = quoted(text, sign + 1)?;
    let from = sign.saturating_sub(LONGEST_MARK);
    let open = from + memchr::memrchr(b'<', text.get(from..sign)?)?;
    let before = open..sign;
    let behind = text.get(value.end..)?;
    let behind = behind.get(..LONGEST_MARK).unwrap_or(behind);
    let behind = value.end..value.end + memchr::memchr(b'>', behind)?;
    let name = NAMES
        .iter()
        .find_map(|key| attribute_of(text, &before, key).or_else(|| attribute_of(text, &behind, key)))?;
    Some((name, value))
}

/// The name of a part of a form in quotes, and its value on the line behind an empty one.
fn part(text: &[u8], at: usize) -> Option<Pair> {
    let name = quoted(text, at)?;
    let rest = text.get(name.end + 1..)?;
    let near = rest.get(..LONGEST_VALUE).unwrap_or(rest);
    let ends: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];
    let found = ends.iter().filter_map(|end| Some(memmem::find(near, end)? + end.len())).min()?;
    // A further part begins with another boundary.
    let is_of_it = memmem::find(near.get(..found)?, b"--").is_none();
    Some((name.clone(), rest_of_line(text, name.end + 1 + found).filter(|_| is_of_it)?))
}
