//! A pull lexer for JSON (RFC 8259). Borrows strings from the input where they hold no escape.
//!
//! Tolerant where agents are sloppy and nothing hangs on it: a byte order mark before the document,
//! raw control characters in strings, bytes that are not UTF-8 and lone surrogates (both become
//! U+FFFD: JavaScript cuts strings between surrogates). Everything else that is not JSON is an error
//! with its offset. Nesting is bounded by [`JSON_DEPTH`] here, in the one place that counts brackets.

use super::Read;
use crate::limits::JSON_DEPTH;
use crate::otlp::DecodeError;
use memchr::memchr2;
use std::borrow::Cow;

/// The kind of the value that begins at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool(bool),
    Null,
}

pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Self { bytes, at, depth: 0 }
    }

    /// What begins here, after whitespace. Does not move past it.
    pub(super) fn kind(&mut self) -> Read<Kind> {
        Ok(match self.peek()? {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b'-' | b'0'..=b'9' => Kind::Number,
            b't' => Kind::Bool(true),
            b'f' => Kind::Bool(false),
            b'n' => Kind::Null,
            _ => return self.syntax(),
        })
    }

    /// Moves past `true`, `false` or `null`.
    pub(super) fn word(&mut self, word: &str) -> Read<()> {
        if !self.rest().starts_with(word.as_bytes()) {
            return self.syntax();
        }
        self.at += word.len();
        Ok(())
    }

    /// Moves past the bracket that [`kind`](Self::kind) saw.
    pub(super) fn open(&mut self) -> Read<()> {
        if self.depth == JSON_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Moves to the next member or element, past the comma before it, or past the closing bracket:
    /// then there is none.
    pub(super) fn next(&mut self, first: bool, close: u8) -> Read<bool> {
        let byte = self.peek()?;
        if byte == close {
            self.depth -= 1;
            self.at += 1;
            return Ok(false);
        }
        if first {
            return Ok(true);
        }
        self.expect(b',')?;
        Ok(true)
    }

    /// The name of a member, and past the colon after it.
    pub(super) fn name(&mut self) -> Read<Cow<'a, str>> {
        self.peek()?;
        let name = self.string()?;
        self.peek()?;
        self.expect(b':')?;
        Ok(name)
    }

    /// The string that begins here.
    pub(super) fn string(&mut self) -> Read<Cow<'a, str>> {
        self.expect(b'"')?;
        let plain = self.plain();
        match self.byte()? {
            b'"' => Ok(lossy(plain)),
            _ => self.escaped(plain),
        }
    }

    /// The digits of the number that begins here, as they are written.
    pub(super) fn number(&mut self) -> Read<&'a str> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        let text = self.bytes.get(start..self.at).and_then(|digits| std::str::from_utf8(digits).ok());
        Ok(text.unwrap_or_default())
    }

    /// Moves past a value of any kind. As deep as [`open`](Self::open) lets it.
    pub(super) fn skip(&mut self) -> Read<()> {
        match self.kind()? {
            Kind::String => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Bool(true) => self.word("true"),
            Kind::Bool(false) => self.word("false"),
            Kind::Null => self.word("null"),
            Kind::Object => self.skip_all(b'}', true),
            Kind::Array => self.skip_all(b']', false),
        }
    }

    /// Nothing but whitespace is left.
    pub(super) fn end(&mut self) -> Read<()> {
        self.whitespace();
        if self.at == self.bytes.len() { Ok(()) } else { self.syntax() }
    }

    fn skip_all(&mut self, close: u8, named: bool) -> Read<()> {
        self.open()?;
        let mut first = true;
        while self.next(first, close)? {
            first = false;
            if named {
                self.name()?;
            }
            self.skip()?;
        }
        Ok(())
    }

    /// The rest of a string, from just after its first backslash; `plain` is what stands before that.
    #[inline(never)]
    fn escaped(&mut self, plain: &[u8]) -> Read<Cow<'a, str>> {
        let mut text = Vec::with_capacity(2 * plain.len() + 64);
        text.extend_from_slice(plain);
        loop {
            self.escape(&mut text)?;
            text.extend_from_slice(self.plain());
            if self.byte()? == b'"' {
                break;
            }
        }
        let text = String::from_utf8(text);
        Ok(Cow::Owned(text.unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())))
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Read<()> {
        let byte = match self.byte()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode(text),
            _ => return self.syntax_before(),
        };
        text.push(byte);
        Ok(())
    }

    fn unicode(&mut self, text: &mut Vec<u8>) -> Read<()> {
        let first = self.hex()?;
        let mut code = first;
        if (0xD800..0xDC00).contains(&first) && self.rest().starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            } else {
                self.at = back;
            }
        }
        let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn hex(&mut self) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.byte()?).to_digit(16) else { return self.syntax_before() };
            code = code << 4 | digit;
        }
        Ok(code)
    }

    /// Moves up to the next quote or backslash, and gives what was passed.
    fn plain(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let run = rest.get(..plain_run(rest)).unwrap_or_default();
        self.at += run.len();
        run
    }

    fn digits(&mut self) -> Read<()> {
        let run = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += run;
        if run == 0 { self.syntax() } else { Ok(()) }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not whitespace.
    fn peek(&mut self) -> Read<u8> {
        self.whitespace();
        self.bytes.get(self.at).copied().ok_or(DecodeError::Json { at: self.at })
    }

    fn whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn byte(&mut self) -> Read<u8> {
        let byte = self.bytes.get(self.at).copied().ok_or(DecodeError::Json { at: self.at })?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, byte: u8) -> Read<()> {
        if self.eat(byte) { Ok(()) } else { self.syntax() }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(there);
        there
    }

    fn syntax<T>(&self) -> Read<T> {
        Err(DecodeError::Json { at: self.at })
    }

    /// The byte that was just taken is the wrong one.
    fn syntax_before<T>(&self) -> Read<T> {
        Err(DecodeError::Json { at: self.at - 1 })
    }
}

/// Bytes before the next quote or backslash. Most strings are short: the first bytes are looked at
/// one by one, and only then is it worth calling out for more.
fn plain_run(bytes: &[u8]) -> usize {
    const SHORT: usize = 24;
    let special = |byte: &u8| matches!(byte, b'"' | b'\\');
    let head = bytes.get(..SHORT).unwrap_or(bytes);
    if let Some(at) = head.iter().position(special) {
        return at;
    }
    let tail = bytes.get(head.len()..).unwrap_or_default();
    memchr2(b'"', b'\\', tail).map_or(bytes.len(), |at| head.len() + at)
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn string(json: &str) -> Read<String> {
        Lexer::new(json.as_bytes()).string().map(Cow::into_owned)
    }

    #[test]
    fn strings_are_unescaped() {
        let table = [
            (r#""""#, ""),
            (r#""plain""#, "plain"),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""\u0041\u00e9\u20AC""#, "A\u{e9}\u{20ac}"),
            (r#""\ud83d\ude00!""#, "\u{1f600}!"),
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\ud83dx""#, "\u{fffd}x"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ude00""#, "\u{fffd}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (
                r#""a string that is longer than the short run \n and goes on""#,
                "a string that is longer than the short run \n and goes on",
            ),
            ("\"raw\ncontrol\"", "raw\ncontrol"),
        ];
        for (json, expected) in table {
            assert_eq!(string(json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_become_replacement_characters() {
        assert_eq!(Lexer::new(b"\"a\xFFb\"").string().unwrap(), "a\u{fffd}b");
        assert_eq!(Lexer::new(b"\"\\n\xFFb\"").string().unwrap(), "\n\u{fffd}b");
    }

    #[test]
    fn what_is_not_json_is_an_error_with_its_place() {
        let table = [
            ("", 0),
            ("  ", 2),
            ("nul", 0),
            ("tru", 0),
            ("{", 1),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("{\"a\"}", 4),
            ("{\"a\":}", 5),
            ("{\"a\":1,}", 7),
            ("{a:1}", 1),
            ("01", 1),
            ("-", 1),
            ("1.", 2),
            ("1e", 2),
            ("\"abc", 4),
            ("\"\\x\"", 2),
            ("\"\\u12g4\"", 5),
            ("[1] 2", 4),
            ("NaN", 0),
            ("+1", 0),
            ("]", 0),
        ];
        for (json, at) in table {
            let mut lexer = Lexer::new(json.as_bytes());
            let outcome = lexer.skip().and_then(|()| lexer.end());
            assert_eq!(outcome, Err(DecodeError::Json { at }), "{json}");
        }
    }

    #[test]
    fn what_is_json_is_passed() {
        for json in ["\u{feff}{}", " [ ] ", "[-0.5e+3,1E9,0,true,false,null]", r#"{"a":{"b":[{}]},"c":"d"}"#]
        {
            let mut lexer = Lexer::new(json.as_bytes());
            assert_eq!(lexer.skip().and_then(|()| lexer.end()), Ok(()), "{json}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(Lexer::new(nested(JSON_DEPTH).as_bytes()).skip(), Ok(()));
        assert_eq!(Lexer::new(nested(JSON_DEPTH + 1).as_bytes()).skip(), Err(DecodeError::TooDeep));
        assert_eq!(Lexer::new("{\"a\":".repeat(10_000).as_bytes()).skip(), Err(DecodeError::TooDeep));
    }
}
