//! Values in calls: `user.setPhone("...")`, `.cvv("...")`, `expect(u.phone).toBe("...")`, `page.fill('#cvv', '...')`,
//! `assertEquals("...", c.getPhone())`, `phone: Some("...".into())`.

use super::{LONGEST_VALUE, Pair, quoted, sign, trimmed, word_before};
use std::ops::Range;

/// Calls that say what is expected of what stands before them, or put it there.
const SAYS: [&[u8]; 19] = [
    b"toBe",
    b"toEqual",
    b"toStrictEqual",
    b"toHaveValue",
    b"toHaveText",
    b"toContain",
    b"isEqualTo",
    b"isEqualToIgnoringCase",
    b"equals",
    b"equal",
    b"eql",
    b"eq",
    b"type",
    b"fill",
    b"sendKeys",
    b"send_keys",
    b"setValue",
    b"pressSequentially",
    b"val",
];

/// Words between what is expected and of what, and calls that leave a value what it is.
const PASSED: [&[u8]; 18] = [
    b"not",
    b"to",
    b"be",
    b"should",
    b"deep",
    b"resolves",
    b"clear",
    b"first",
    b"last",
    b"clone",
    b"unwrap",
    b"as_str",
    b"as_deref",
    b"to_string",
    b"toString",
    b"trim",
    b"text",
    b"value",
];

/// Calls that are given a name and a value.
const SETS: [&[u8]; 14] = [
    b"fill",
    b"type",
    b"append",
    b"set",
    b"put",
    b"field",
    b"setItem",
    b"setAttribute",
    b"setProperty",
    b"setValue",
    b"fillIn",
    b"fill_in",
    b"attr",
    b"addFormField",
];

/// What wraps a value, behind the sign of its name.
const WRAPS: [&[u8]; 8] =
    [b"Some", b"String", b"from", b"Optional", b"of", b"Just", b"ofNullable", b"Nullable"];

/// What calls begin with that are asked for a value and given none.
const ASKS: [&[u8]; 12] = [
    b"get",
    b"find",
    b"has",
    b"is",
    b"read",
    b"load",
    b"contains",
    b"starts",
    b"ends",
    b"parse",
    b"expect",
    b"query",
];

/// Bytes before a call, or in the brackets of one, that are looked at.
const NEAR: usize = 160;

/// Steps back along a chain of calls.
const STEPS: usize = 4;

/// Arguments of an assertion that are looked at.
const ARGUMENTS: usize = 4;

/// The pair of a call that opens here, whose first argument is a literal.
pub(super) fn said(text: &[u8], open: usize) -> Option<Pair> {
    let literal = quoted(text, open + 1)?;
    let word = word_before(text, open, false);
    let call = text.get(word.clone())?;
    let behind = literal.end + 1;
    if text.get(behind) == Some(&b',') {
        let value = quoted(text, behind + 1 + usize::from(text.get(behind + 1) == Some(&b' ')))?;
        let name = subject(text, literal.start - 1..behind)?;
        return SETS.contains(&call).then_some((name, value));
    }
    if !matches!(text.get(behind), Some(b')' | b'.')) {
        return None;
    }
    if WRAPS.contains(&call) {
        return Some((wrapped(text, word.start)?, literal));
    }
    let is_method = word.start > 0 && text.get(word.start - 1) == Some(&b'.');
    if SAYS.contains(&call) {
        return is_method.then(|| Some((of_chain(text, word.start - 1)?, literal)))?;
    }
    let set = ["set", "with"].iter().find_map(|verb| behind_verb(call, verb.as_bytes()));
    let name = match set {
        Some(verb) => word.start + verb..word.end,
        None if is_method && !ASKS.iter().any(|verb| begins_with_verb(call, verb)) => word,
        None => return None,
    };
    Some((name, literal))
}

/// The name before the sign before a wrapper: `phone: Some(String::from("...`.
fn wrapped(text: &[u8], start: usize) -> Option<Range<usize>> {
    let mut at = start;
    for _ in 0..STEPS {
        match text.get(at.checked_sub(1)?)? {
            b':' if text.get(at.checked_sub(2)?) == Some(&b':') => at -= 2,
            b'.' | b'(' => at -= 1,
            _ => return sign::name_before(text, at),
        }
        let path = word_before(text, at, false);
        WRAPS.contains(&text.get(path.clone())?).then_some(())?;
        at = path.start;
    }
    None
}

/// What a call is about that stands behind this dot.
fn of_chain(text: &[u8], dot: usize) -> Option<Range<usize>> {
    let mut at = dot;
    for _ in 0..STEPS {
        let inside = match text.get(at.checked_sub(1)?)? {
            b')' => opening(text, at - 1)? + 1..at - 1,
            _ => at..at,
        };
        if !inside.is_empty() {
            return subject(text, inside);
        }
        let end = if text.get(at - 1) == Some(&b')') { at.checked_sub(2)? } else { at };
        let word = word_before(text, end, false);
        if !PASSED.contains(&text.get(word.clone())?) {
            return subject(text, word);
        }
        at = word.start.checked_sub(1).filter(|dot| text.get(*dot) == Some(&b'.'))?;
    }
    None
}

/// Where the bracket opens that closes here.
fn opening(text: &[u8], close: usize) -> Option<usize> {
    let from = close.saturating_sub(NEAR);
    let mut depth = 0_usize;
    let found = text.get(from..close)?.iter().rposition(|byte| match byte {
        b')' => {
            depth += 1;
            false
        }
        b'(' if depth > 0 => {
            depth -= 1;
            false
        }
        other => *other == b'(',
    })?;
    Some(from + found)
}

/// The name of what an expression is about: its last word, or all that stands in quotes at its end.
pub(super) fn subject(text: &[u8], range: Range<usize>) -> Option<Range<usize>> {
    let mut range = range;
    for _ in 0..STEPS {
        let inner = trimmed(text, range.clone(), b" \t\r\n()[]\"'`;?!&*");
        let is_quoted = matches!(text.get(inner.end), Some(b'"' | b'\'' | b'`'));
        let inside = text.get(range.start..inner.end)?;
        if is_quoted
            && let Some(quote) = inside.iter().rposition(|byte| b"\"'`".contains(byte))
            && super::is_name(inside.get(quote + 1..)?)
        {
            return Some(range.start + quote + 1..inner.end);
        }
        let word = word_before(text, inner.end, is_quoted);
        let word = word.start.max(range.start)..word.end;
        let call = text.get(word.clone())?;
        if !PASSED.contains(&call) || word.start <= range.start {
            let verb = behind_verb(call, b"get").unwrap_or(0);
            return Some(word.start + verb..word.end);
        }
        range = range.start..word.start - 1;
    }
    None
}

/// The pair of an assertion, in the word of which this is: one argument is a literal, and one says of what.
pub(super) fn asserted(text: &[u8], at: usize) -> Option<Pair> {
    let rest = text.get(at..)?;
    let word = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphanumeric() || b"_.!".contains(byte));
    let open = at + word.count();
    if text.get(open) != Some(&b'(') {
        return None;
    }
    let (mut literal, mut name, mut from) = (None, None, open + 1);
    for _ in 0..ARGUMENTS {
        let (argument, end) = argument(text, from)?;
        let inside = text.get(argument.clone())?;
        match quoted(text, argument.start).filter(|inside| inside.end + 1 == argument.end) {
            Some(inside) => literal = literal.or(Some(inside)),
            None if !inside.is_empty() && inside.iter().all(u8::is_ascii_digit) => {
                literal = literal.or(Some(argument));
            }
            // `assert.Equal(t, ...)`.
            None if inside.len() > 1 => name = name.or_else(|| subject(text, argument)),
            None => {}
        }
        if text.get(end) != Some(&b',') {
            break;
        }
        from = end + 1;
    }
    Some((name?, literal?))
}

/// The argument that begins at a place, and where the comma or bracket behind it stands.
fn argument(text: &[u8], from: usize) -> Option<(Range<usize>, usize)> {
    let near = text.get(from..)?;
    let near = near.get(..NEAR + LONGEST_VALUE).unwrap_or(near);
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = near.get(at) {
        match byte {
            b'"' | b'\'' | b'`' => at = quoted(text, from + at).map_or(at, |inside| inside.end - from),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth > 0 => depth -= 1,
            b')' | b',' if depth == 0 => {
                return Some((trimmed(text, from..from + at, b" \t\r\n&"), from + at));
            }
            b';' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Bytes of the verb that a call begins with, if a word follows it.
fn behind_verb(call: &[u8], verb: &[u8]) -> Option<usize> {
    match call.strip_prefix(verb)? {
        [b'_', _, ..] => Some(verb.len() + 1),
        [first, ..] if first.is_ascii_uppercase() => Some(verb.len()),
        _ => None,
    }
}

fn begins_with_verb(call: &[u8], verb: &[u8]) -> bool {
    call == verb || behind_verb(call, verb).is_some()
}
