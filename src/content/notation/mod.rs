//! Values whose names stand beside them in another notation than that of a key: in a call, behind marks, on the line
//! above.
//!
//! ```text
//! user.setPhone("...")        **Phone**: ...        Phone ........ ...        Phone
//! expect(u.phone).toBe("...") <b>Phone:</b> ...     Phone - ...               ...
//! ```
//!
//! Each is shown once more as `name: value`, as a question shows its answer: rules know that notation, and need not
//! know these. Only what stands in the value goes back to the content.
//!
//! | written as | module |
//! |---|---|
//! | setters, builders, what a test expects, what a browser is told to type, wrappers like `Some` | `call` |
//! | definitions with types, options, labels in marks of Markdown, a full-width colon | `sign` |
//! | elements with attributes, labels in elements, `name` and `value` of one mark, property lists, parts of a form | `markup` |
//! | leaders, dashes, many blanks or a tab, the next line | `line` |
//!
//! **Bias.** What is said without a digit is shown only of what people are called: words in code are many, and a secret
//! of letters alone is found where it stands. A value that is longer than a line of a form, or has no end on its line,
//! is none. Nothing here is read twice: what is looked at around a sign is bounded, and the signs are searched for.
//!
//! Considered and not done: a name in one place for values in many (`table`), a value that is no literal
//! (`setPhone(phone)`), and names of one letter.

mod call;
mod line;
mod markup;
mod sign;

use super::map::Map;
use super::{At, Opened, trimmed};
use std::ops::Range;

/// Bytes of the longest name.
const LONGEST_NAME: usize = 48;

/// Words of the longest name.
const WORDS: usize = 5;

/// Bytes of the longest value.
const LONGEST_VALUE: usize = 128;

/// What names end in, in small letters, whose values have no digits.
const OF_LETTERS: [&[u8]; 5] = [b"name", b"naam", b"nom", b"nome", b"nombre"];

/// Where a name stands in a text, and where its value.
type Pair = (Range<usize>, Range<usize>);

/// Shows every value in `range` of the text at `at` under its name.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>) {
    for (name, value) in pairs(at.source.slice(range)) {
        if !opened.spend(name.len() + value.len()) {
            return;
        }
        let [name, value] = [name, value].map(|part| range.start + part.start..range.start + part.end);
        // It ends here: nothing of it was cut off.
        let show = |text: &mut Vec<u8>, map: &mut Map| {
            map.copy(text, at.source, &value);
            text.push(b'\n');
        };
        opened.part_called(at.node, at.source.slice(&name), show);
    }
}

/// Whether there is such a value in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    pairs(text).next().is_some()
}

/// The values of a text with their names.
fn pairs(text: &[u8]) -> impl Iterator<Item = Pair> {
    let blocks = (0..text.len()).step_by(BLOCK).filter(|at| may_say(text, *at));
    let places = blocks.flat_map(|at| at..at + BLOCK);
    places.filter_map(|at| pair(text, at)).filter(|(name, value)| is_told(text, name, value))
}

/// Bytes that are looked at together.
const BLOCK: usize = 16;

/// Those, and as many behind them as tell what begins at the last.
type Near = [u8; BLOCK + 3];

/// Whether the text may say something in the block at a place. What is left at its end is looked at with zeros behind.
fn may_say(text: &[u8], at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    rest.first_chunk().map_or_else(
        || {
            let mut near = [0; BLOCK + 3];
            near.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
            has_sign(&near)
        },
        has_sign,
    )
}

/// Whether anything that [`pair`] knows begins in a block, or may: without branches, so that the compiler makes vectors
/// of it.
#[inline]
fn has_sign(near: &Near) -> bool {
    let mut seen = 0;
    for at in 0..BLOCK {
        #[allow(clippy::indexing_slicing)] // Seen by the compiler.
        let (a, b, c, d) = (near[at], near[at + 1], near[at + 2], near[at + 3]);
        let is = |byte: u8, other: u8| u8::from(byte == other);
        let is_quote = |byte: u8| is(byte, b'"') | is(byte, b'\'');
        let is_digit = |byte: u8| u8::from(byte.wrapping_sub(b'0') <= 9);
        let call = is(a, b'(') & is_quote(b) | is(a, b's') & is(b, b's') & is(c, b'e') & is(d, b'r');
        let assigned = is(a, b'=') & (is_quote(b) | is(b, b' ') & is_quote(c));
        let marked = (is(a, b'*') | is(a, b'_') | is(a, b'`')) & is(b, b':');
        let label =
            marked | is(a, b':') & (is(b, b'*') | is(b, b'_') | is(b, b'\n') | is(b, b'\r')) | is(b, 0xbc);
        let other = is(a, b'<') & is(b, b'/') | is(a, b' ') & is(b, b'-') & is(c, b'-');
        let below = is(a, b'\n') & (is_digit(b) | is_digit(c));
        let blank = (is(c, b' ') | is(c, b'-')) & is(d, b' ');
        let dots = is(c, b'.') & is(d, b'.');
        let gap = is(b, b' ') & (blank | is(c, 0xe2) | dots) | is(b, b'\t') | is(b, b'.') & dots;
        seen |= call | assigned | label | other | below | u8::from(a > b' ') & gap;
    }
    seen != 0
}

/// What the text says at a place, if it says something there.
fn pair(text: &[u8], at: usize) -> Option<Pair> {
    match text.get(at..)? {
        [b'(', b'"' | b'\'', ..] => call::said(text, at),
        [b's', b's', b'e', b'r', ..] => call::asserted(text, at),
        [b'=', b' ', b'"' | b'\'', ..] => sign::assigned(text, at, at + 2),
        [b'=', b'"' | b'\'', ..] => sign::assigned(text, at, at + 1),
        [b' ', b'-', b'-', _, ..] => sign::option(text, at + 3),
        [b'*' | b'_' | b'`', b':', ..] => sign::marked(text, at + 1, 1),
        [b':', b'*' | b'_', ..] => sign::marked(text, at, 1),
        [b':', b'\n' | b'\r', ..] => line::below_colon(text, at),
        [0xef, 0xbc, 0x9a, ..] => sign::wide(text, at),
        [b'<', b'/', ..] => markup::element(text, at),
        [b'\n', first, second, ..] if first.is_ascii_digit() || second.is_ascii_digit() => {
            line::below(text, at)
        }
        [..=b' ', ..] | [b'.', b'.', ..] => None,
        [_, b'\t', ..] | [_, b'.', b'.', b'.', ..] | [_, b' ', b' ' | b'-' | b'.' | 0xe2, ..] => {
            line::parted(text, at + 1)
        }
        _ => None,
    }
}

/// Whether a value is worth its name.
fn is_told(text: &[u8], name: &Range<usize>, value: &Range<usize>) -> bool {
    let slice = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    let (name, value) = (slice(name), slice(value));
    let is_of_letters = || {
        let end = name.get(name.len().saturating_sub(8)..).unwrap_or_default().to_ascii_lowercase();
        OF_LETTERS.iter().any(|word| end.ends_with(word))
    };
    is_name(name)
        && (2..=LONGEST_VALUE).contains(&value.len())
        && !value.starts_with(b"[REDACTED:")
        && !is_call(value)
        && (value.iter().any(|byte| byte.is_ascii_digit() || !byte.is_ascii()) || is_of_letters())
}

/// Whether a value is written as a call: `Key(P256)`.
fn is_call(value: &[u8]) -> bool {
    memchr::memchr(b'(', value)
        .and_then(|at| value.get(at.checked_sub(1)?))
        .is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether this may be what a value is called.
fn is_name(name: &[u8]) -> bool {
    let begins = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || *byte == b'_';
    (2..=LONGEST_NAME).contains(&name.len())
        && name.first().is_some_and(begins)
        && name.iter().all(|byte| is_of_word(byte) || b" ./'#()-".contains(byte))
        && name.iter().filter(|byte| **byte == b' ').count() < WORDS
        && name.windows(2).all(|two| two != b"  ")
}

const fn is_of_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii()
}

/// The word, with hyphens if there may be such, that ends at a place.
fn word_before(text: &[u8], end: usize, has_hyphens: bool) -> Range<usize> {
    let near = text.get(end.saturating_sub(LONGEST_NAME)..end).unwrap_or_default();
    let is_of = |byte: &&u8| is_of_word(byte) || has_hyphens && **byte == b'-';
    end - near.iter().rev().take_while(is_of).count()..end
}

/// What stands in the quotes that open at a place, if they close on this line and near.
fn quoted(text: &[u8], at: usize) -> Option<Range<usize>> {
    let quote = *text.get(at).filter(|byte| b"\"'`".contains(byte))?;
    let near = text.get(at + 1..)?;
    let near = near.get(..LONGEST_VALUE + 1).unwrap_or(near);
    let mut before = quote;
    let len = near.iter().position(|byte| {
        let ends = *byte == quote && before != b'\\' || *byte == b'\n';
        before = *byte;
        ends
    })?;
    (len > 0 && near.get(len) == Some(&quote)).then_some(at + 1..at + 1 + len)
}

/// What is left of a line from a place on, if that is not much.
fn rest_of_line(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let near = rest.get(..2 * LONGEST_VALUE).unwrap_or(rest);
    let end = memchr::memchr(b'\n', near).or_else(|| (near.len() == rest.len()).then_some(rest.len()))?;
    Some(trimmed(text, at..at + end, b" \t\r")).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let all: Vec<String> = pairs(text.as_bytes())
            .map(|(name, value)| format!("{}: {}", text.get(name).unwrap(), text.get(value).unwrap()))
            .collect();
        assert_eq!(is_in(text.as_bytes()), !all.is_empty());
        all
    }

    fn check(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(told(text).join("; "), *expected, "{text:?}");
        }
    }

    #[test]
    fn calls_say_what_their_values_are() {
        check(&[
            ("user.setPhone(\"x 1\");", "Phone: x 1"),
            ("set_phone('x 1')", "phone: x 1"),
            ("b.withCvv(\"123\").firstName(\"Ada\")", "Cvv: 123; firstName: Ada"),
            ("expect(u.phone).toBe(\"x1\")", "phone: x1"),
            ("expect(u.phone).not.toBe(\"x1\")", "phone: x1"),
            ("expect(row[\"zip\"].trim()).to.equal('x1')", "zip: x1"),
            ("assertThat(c.getPhone()).isEqualTo(\"x1\")", "Phone: x1"),
            ("u.phone.equals(\"x1\"); u.getPhone().equals(\"x2\")", "phone: x1; Phone: x2"),
            ("cy.get('#cvv').type('123')", "cvv: 123"),
            ("cy.get('[name=cvv]').clear().type('123')", "cvv: 123"),
            ("p.getByLabel('Card number').fill('123')", "Card number: 123"),
            ("await page.fill('input[name=\"cvv\"]', '123')", "cvv: 123"),
            ("form.append(\"phone\", \"x1\")", "phone: x1"),
            ("assertEquals(\"x1\", customer.getDateOfBirth());", "DateOfBirth: x1"),
            ("assert_eq!(user.phone.as_str(), \"x1\");", "phone: x1"),
            ("assert.Equal(t, \"x1\", u.Phone)", "Phone: x1"),
            ("assertEqual(u.pin,\n  1234)", "pin: 1234"),
            ("phone: Some(\"x1\".into()), mail: None", "phone: x1"),
            ("let phone: Option<String> = Some(String::from(\"x1\"));", "phone: x1"),
            // What is asked for, has no name, or is no value.
            ("m.get(\"x1\"); s.isValid(\"x1\"); m.getPhone(\"x1\"); f(\"x1\"); x(Some(\"x1\"))", ""),
            (
                "b.key(\"Key(P256)\"); b.title(\"words alone\"); log(\"x1\", \"y1\"); it.fill(x, 'y1'); .toBe(\"x1\")",
                "",
            ),
            ("expect(1).toBe('x", ""),
        ]);
    }

    #[test]
    fn signs_part_names_and_values() {
        check(&[
            ("val phone: String = \"x1\"", "phone: x1"),
            ("const phone?: string | null = 'x1';", "phone: x1"),
            ("let path: std::path::PathBuf = \"x1\"", "path: x1"),
            ("phone                = \"x1\"", "phone: x1"),
            ("crm --first-name \"Ada\" --phone 'x1'", "first-name: Ada; phone: x1"),
            ("- **Date of birth**: x1", "Date of birth: x1"),
            ("**CVV:** 123, **Expiry:** 11/29", "CVV: 123; Expiry: 11/29"),
            ("__Phone__: x1\n- `mrn`: `123`, old", "Phone: x1; mrn: 123"),
            ("MRN\u{ff1a}123\n**MRN**\u{ff1a}123", "MRN: 123; MRN: 123"),
            (
                "phone := \"x1\"\n  assert u.phone == 'x1'\nassert c.get(\"zip\") == \"x1\"",
                "phone: x1; phone: x1; zip: x1",
            ),
            ("a = \"x1\"; b == \"x1\"; c != 'x1'; --phone x1; a ? b : c = \"x", ""),
            ("std::env::args = \"x1\"; Self::**: x1; **: x1", ""),
        ]);
    }

    #[test]
    fn marks_have_names_and_values() {
        check(&[
            ("<phone type=\"home\">x1</phone>", "phone: x1"),
            ("<n:BirthDate xsi:type=\"xs:date\">x1</n:BirthDate>", "BirthDate: x1"),
            ("<string name=\"phone\" translatable=\"false\">x1</string>", "phone: x1"),
            ("<entry key='phone'>x1</entry><data id=\"a\">x2</data>", "phone: x1; data: x2"),
            ("<phone name=\"home\">x1</phone>\n<key alg=\"a\">x2</key>", "phone: x1; key: x2"),
            ("<key>Home phone</key>\n\t<string>x1</string>", "Home phone: x1"),
            ("<key>pin</key><integer>123</integer><key>a</key><true/>", "pin: 123"),
            ("<b>Phone:</b> x1<br>", "Phone: x1"),
            ("<p><strong>Phone</strong>: x1</p>", "Phone: x1"),
            ("<label>Card number</label>\n <span class=x>123</span>", "Card number: 123"),
            ("<input type=\"text\" name=\"phone\" value=\"x1\">", "phone: x1"),
            ("<input value='x1' id='phone'/>", "phone: x1"),
            ("form-data; name=\"phone\"\r\n\r\nx1\r\n--b", "phone: x1"),
            ("form-data; name=\"phone\"\nContent-Type: text/plain\n\nx1", "phone: x1"),
            ("<b>Phone</b> x1 <span class=\"a\">x1</span> <a>x1</a> <phone>x1</phone>", ""),
            ("<phone><key>x1</key></phone><string>x2</string>", ""),
            ("form-data; name=\"a\"\n--b\nform-data; name=\"c\"\n\n", ""),
        ]);
    }

    #[test]
    fn lines_begin_with_names() {
        check(&[
            ("Phone ........... x1\nZip.....: 123", "Phone: x1; Zip: 123"),
            ("CVV - 123\n* Expiry \u{2013} 11/29", "CVV: 123; Expiry: 11/29"),
            ("phone           | x1\nphone           : \"x2\",", "phone: x1; phone: x2"),
            ("Naam                    Ada\nMobiel                  123", "Naam: Ada; Mobiel: 123"),
            ("phone\tx1\n", "phone: x1"),
            ("Card number\n4111\nCVV:\r\n123\r\n", "Card number: 4111; CVV: 123"),
            ("phones:\n  - x1\n  - x2\nDate of birth:\n  'x1'\r\n", "phones: x1; Date of birth: x1"),
            (
                "if password:\n  x = y1\nfor x in y():\n  x1\nif a:\n  f(b1)\nso:\nx1 is what",
                "so: x1 is what",
            ),
            ("phone - the first of 2\n12\t34\na   b   c1\na    b    c1\na\tb\tc1", ""),
            ("words in a line that is long enough to be prose\n12 is what\ncount\n12", ""),
            ("Phone .... [REDACTED:phone]", ""),
        ]);
    }

    #[test]
    fn what_is_too_long_is_none() {
        let name = "n".repeat(LONGEST_NAME);
        assert_eq!(told(&format!("--{name} \"x1\"")), [""; 0]);
        assert_eq!(told(&format!(" --{name} \"x1\"")), [format!("{name}: x1")]);
        assert_eq!(told(&format!(" --{name}n \"x1\"")), [""; 0]);
        let value = "1".repeat(LONGEST_VALUE);
        assert_eq!(told(&format!("set_pin(\"{value}\")")), [format!("pin: {value}")]);
        assert_eq!(told(&format!("set_pin(\"{value}1\")")), [""; 0]);
    }

    #[test]
    fn any_place_in_a_block_is_seen() {
        for text in [
            "set_pin('12')",
            "assertEquals(u.pin, 12)",
            "pin := '12'",
            "val pin: Pin = '12'",
            "add --pin '12'",
            "**pin**: 12",
            "**pin:** 12",
            "`pin`: 12",
            "pin\u{ff1a}12",
            "<pin a>12</pin>",
            "form-data; name=\"pin\"\n\n12",
            "pin .... 12",
            "pin.... 12",
            "pin \u{2026}\u{2026} 12",
            "pin - 12",
            "pin \u{2013} 12",
            "pin    12",
            "pin\t12",
            "pin:\n 12",
            "pin:\r\n 12",
        ] {
            for before in 0..2 * BLOCK {
                for behind in ["\n", "\n\n", "\n                \n"] {
                    let text = format!("{};\n{text}{behind}", " ".repeat(before));
                    assert_eq!(told(&text), ["pin: 12"], "{text:?}");
                }
            }
        }
    }
}
