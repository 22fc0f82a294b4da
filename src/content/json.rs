//! Reading JSON text without building anything: tokens, and the decoding of strings.
//!
//! The lexer takes any bytes. It knows strings, the six structural characters and bare words, and says
//! of a bare word whether JSON (or what agents take for JSON) has it. It does not check grammar:
//! a text cut off in the middle of a string ends in an unclosed string, and that is all.

use super::map::{Map, Source, Writer};
use super::near;
use std::ops::Range;

/// Whether a text is worth opening as it is: its first character that is not white space is one that a
/// JSON object, array or string begins with.
pub(super) fn looks_like_json(text: &[u8]) -> bool {
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'"')) && text.len() > 1
}

/// Where in a range of a text JSON begins: at its first character, or at the first brace or bracket that
/// something of JSON follows, behind a label (`[TOOL RESULT: Bash]`, `payload: {...}`).
pub(super) fn start(text: &[u8], range: &Range<usize>) -> Option<usize> {
    let text = text.get(..range.end)?;
    let inside = text.get(range.start..)?;
    let first = range.start + inside.iter().position(|byte| !byte.is_ascii_whitespace())?;
    if text.get(first) == Some(&b'"') && text.len() > first + 1 {
        return Some(first);
    }
    memchr::memchr2_iter(b'{', b'[', inside)
        .take(LABEL_BRACKETS)
        .map(|at| range.start + at)
        .find(|at| opens(text, *at, *at == first))
        .or_else(|| looks_like_json(inside).then_some(first))
}

/// Whether something of JSON follows the brace or bracket that stands here. A number or literal in a bracket
/// may be a footnote, unless there is another or the text begins with it.
fn opens(text: &[u8], at: usize, is_first: bool) -> bool {
    let inside = text.get(at + 1..).unwrap_or_default().trim_ascii_start();
    let object = text.get(at) == Some(&b'{');
    match inside.first() {
        Some(b'"' | b'\'') => true,
        Some(_) if object => false,
        Some(b'{' | b'[') => true,
        _ => {
            let Token::Scalar(word) = Lexer::new(inside, &(0..inside.len())).bare() else { return false };
            let after = inside.get(word.end..).unwrap_or_default().trim_ascii_start();
            after.starts_with(b",") || is_first && (after.is_empty() || after.starts_with(b"]"))
        }
    }
}

/// The quote that begins or ends a string at a depth of strings in strings: `"`, `\"`, `\\\"`.
pub(super) fn quote(depth: u8) -> String {
    let mut quote = "\\".repeat((1_usize << depth.min(16)) - 1);
    quote.push('"');
    quote
}

/// Brackets of a label that are looked at before the JSON behind it is given up.
const LABEL_BRACKETS: usize = 8;

/// Bytes of a document in which its first string is looked for, to see its quotes.
const HEAD: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    /// `,`.
    Comma,
    /// What stands between quotes, still escaped if anything in it is.
    Text { inside: Range<usize>, is_key: bool, is_escaped: bool },
    /// A number or a literal.
    Scalar(Range<usize>),
    /// Anything else.
    Junk,
}

pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether strings may stand in single quotes: the text is what Python prints of a dict or list.
    single: bool,
    arrow: bool,
}

impl<'a> Lexer<'a> {
    /// Reads a range of a text.
    pub(super) fn new(text: &'a [u8], range: &Range<usize>) -> Self {
        let text = text.get(..range.end).unwrap_or(text);
        let mut lexer = Self { text, at: range.start, single: false, arrow: false };
        lexer.look_at_quotes();
        lexer
    }

    /// Whether a value stood behind an arrow: in code of Ruby or PHP, which rules may know as it stands.
    pub(super) const fn has_arrow(&self) -> bool {
        self.arrow
    }

    /// Looks which quotes the document uses that begins here.
    pub(super) fn look_at_quotes(&mut self) {
        let head = self.rest().iter().take(HEAD);
        let mut first = head.skip_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'{' | b'['));
        self.single = first.next() == Some(&b'\'');
    }

    /// Where the brace or bracket stands that was the last token.
    pub(super) const fn opened_at(&self) -> usize {
        self.at.saturating_sub(1)
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn string(&mut self, quote: u8) -> Token {
        let start = self.at + 1;
        let (end, is_escaped) = string_end(self.text, start, quote);
        self.at = (end + 1).min(self.text.len());
        self.skip_space();
        let is_key = matches!(self.rest(), [b':', ..] | [b'=', b'>', ..]);
        Token::Text { inside: start.min(self.text.len())..end, is_key, is_escaped }
    }

    fn bare(&mut self) -> Token {
        let single = self.single;
        let stops = |byte: &u8| {
            matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"')
                || byte.is_ascii_whitespace()
                || (single && *byte == b'\'')
        };
        let len = self.rest().iter().position(stops).unwrap_or(self.rest().len());
        let range = self.at..self.at + len.max(1);
        self.at = range.end;
        let word = self.text.get(range.clone()).unwrap_or_default();
        let cut_off = self.at >= self.text.len();
        if is_number(word) || is_literal(word, cut_off) { Token::Scalar(range) } else { Token::Junk }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    // Into the loop of its one caller: a token that goes by way of memory is waited for.
    #[inline(always)]
    fn next(&mut self) -> Option<Token> {
        loop {
            self.skip_space();
            let single = match self.rest().first()? {
                b'"' => return Some(self.string(b'"')),
                b'\'' if self.single => return Some(self.string(b'\'')),
                b':' => {
                    self.at += 1;
                    continue;
                }
                // Of Ruby and PHP.
                b'=' if self.rest().get(1) == Some(&b'>') => {
                    self.at += 2;
                    self.arrow = true;
                    continue;
                }
                b'{' | b'[' => Token::Open,
                b'}' | b']' => Token::Close,
                b',' => Token::Comma,
                _ => return Some(self.bare()),
            };
            self.at += 1;
            return Some(single);
        }
    }
}

/// The offset of the closing quote, or of the end of a text that was cut off before it; and whether there is
/// a backslash before that.
fn string_end(text: &[u8], start: usize, quote: u8) -> (usize, bool) {
    let mut at = start;
    let mut is_escaped = false;
    while let Some(found) = near::find2(quote, b'\\', text.get(at..).unwrap_or_default()) {
        at += found;
        if text.get(at) == Some(&quote) {
            return (at, is_escaped);
        }
        is_escaped = true;
        at += 2;
    }
    (text.len(), is_escaped)
}

fn is_number(word: &[u8]) -> bool {
    word.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-')
        && word.iter().any(u8::is_ascii_digit)
        && word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
}

/// The literals of JSON and those that JavaScript and Python let slip into it, or the beginning of one
/// where the text was cut off.
fn is_literal(word: &[u8], cut_off: bool) -> bool {
    const LITERALS: [&[u8]; 10] = [
        b"true",
        b"false",
        b"null",
        b"undefined",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"None",
        b"True",
        b"False",
    ];
    LITERALS.iter().any(|literal| *literal == word || cut_off && literal.starts_with(word))
}

/// Appends what a string says: `range` of `source` with its escapes undone. What is not a valid escape
/// stays as it is. A surrogate without its partner becomes U+FFFD.
pub(super) fn decode(text: &mut Vec<u8>, map: &mut Map, source: &Source<'_>, range: &Range<usize>) {
    let raw = source.slice(range);
    text.reserve(raw.len());
    let mut writer = Writer::new(text, map, source, range.start);
    let mut at = 0;
    while let Some(run) = near::find(b'\\', raw.get(at..).unwrap_or_default()) {
        let escape = at + run;
        let Some((len, decoded)) = unescape(raw.get(escape..).unwrap_or_default()) else {
            at = escape + 1;
            continue;
        };
        let mut utf8 = [0; 4];
        writer.run(range.start + escape);
        at = escape + len;
        writer.unit(range.start + at, decoded.encode_utf8(&mut utf8).as_bytes());
    }
    writer.run(range.end);
}

/// The escape sequence at the start of `rest`: its length, and the character it stands for. Those of JSON
/// (RFC 8259, section 7), and what Python and Rust print besides: `\'`, `\x41`, `\u{41}`.
#[inline]
pub(super) fn unescape(rest: &[u8]) -> Option<(usize, char)> {
    let simple = |decoded| Some((2, decoded));
    match rest.get(1)? {
        b'n' => simple('\n'),
        b't' => simple('\t'),
        b'r' => simple('\r'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        byte @ (b'"' | b'\\' | b'/' | b'\'') => simple(char::from(*byte)),
        b'u' => unicode(rest),
        b'x' => utf8(rest).or_else(|| Some((4, char::from_u32(hex(rest.get(2..4)?)?)?))),
        _ => None,
    }
}

/// `\xc3\xb1`: a character beyond ASCII, as Python writes it where it prints bytes.
#[inline(never)] // Rare beside the others.
fn utf8(rest: &[u8]) -> Option<(usize, char)> {
    let mut bytes = [0; 4];
    for (at, escape) in rest.chunks(4).take(bytes.len()).enumerate() {
        *bytes.get_mut(at)? = u8::try_from(escape.strip_prefix(b"\\x").and_then(hex)?).ok()?;
        let len = at + 1;
        let c = std::str::from_utf8(bytes.get(..len)?).ok().and_then(|said| said.chars().next());
        match c {
            Some(c) if c.is_ascii() => return None,
            Some(c) => return Some((4 * len, c)),
            None => {}
        }
    }
    None
}

/// `\u0000`, a surrogate pair as two of them, or Rust's `\u{0}`.
#[inline(never)] // Rare beside the others.
fn unicode(rest: &[u8]) -> Option<(usize, char)> {
    if rest.get(2) == Some(&b'{') {
        let len = rest.iter().take(12).position(|byte| *byte == b'}')?;
        let code = hex(rest.get(3..len)?)?;
        return Some((len + 1, char::from_u32(code)?));
    }
    let high = hex(rest.get(2..6)?)?;
    if let Some(whole) = char::from_u32(high) {
        return Some((6, whole));
    }
    let low = rest.get(6..12).filter(|next| next.starts_with(b"\\u")).and_then(|next| hex(next.get(2..)?));
    match low {
        Some(low) if (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low) => {
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            Some((12, char::from_u32(code)?))
        }
        _ => Some((6, char::REPLACEMENT_CHARACTER)),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    let all_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    all_hex.then(|| u32::from_str_radix(text, 16).ok())?
}
