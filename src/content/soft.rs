//! Soft layers: spellings that stand for a character each, anywhere in a text. Escapes of programming
//! languages (`\n`, `\u003d`, `\x41`), percent-encoding (RFC 3986, section 2.1), character references of
//! HTML and XML (`&amp;`, `&#64;`), and the control sequences of terminals. Where a form was encoded a plus may be
//! a space or a plus: such words are read both ways.
//!
//! One *round* undoes the outer spelling of every place at once, whichever it is, or takes out the colours if
//! there are any, or only the references if they stand inside escapes, or only the escapes if a string stands in
//! them, whose quotes are not those that are spelled in it: a text of several layers is read round by
//! round, in whatever order they were put on. In the last round that there is room for, a stack of one kind
//! (`\\\\n`, `%252540`, `&amp;amp;lt;`) is undone in one go, so that no depth of it hides anything.
//!
//! **Windows.** Only lines with such a spelling are read again, each with its whole line before it, where
//! the name of a value stands. Text without any costs a search for four bytes.
//!
//! **Bias.** What may be a spelling is read as one: the text as it stands is scanned besides.

use super::json;
use super::map::{Map, Source};
use std::ops::Range;

/// What every control sequence of a terminal begins with (ECMA-48, section 5.4).
const ESCAPE: u8 = 0x1b;

/// Bytes of the longest parameters of a control sequence.
const PARAMETERS: usize = 32;

/// Bytes that are searched at a time.
const BLOCK: usize = 512;

/// How many layers of one spelling a round undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// The outer one.
    One,
    /// All of them.
    All,
}

/// The next stretch of whole lines in `range` that holds a soft spelling.
pub(super) fn window(text: &[u8], range: &Range<usize>) -> Option<Range<usize>> {
    let start = line_start(text, range, first(text, range)?);
    let mut end = line_end(text, range, start);
    while end < range.end {
        let next = end + 1..line_end(text, range, end + 1);
        if first(text, &next).is_none() {
            break;
        }
        end = next.end;
    }
    Some(start..end.min(range.end))
}

/// Where the first soft spelling in a range of a text stands.
fn first(text: &[u8], range: &Range<usize>) -> Option<usize> {
    let inside = text.get(range.clone())?;
    let mut at = 0;
    loop {
        at += next(inside.get(at..)?)?;
        let rest = inside.get(at..)?;
        if sequence(rest).is_some() || unseen(rest).is_some() || unit(rest, Round::One).is_some() {
            return Some(range.start + at);
        }
        at += 1;
    }
}

fn line_start(text: &[u8], range: &Range<usize>, at: usize) -> usize {
    let before = text.get(range.start..at).unwrap_or_default();
    memchr::memrchr(b'\n', before).map_or(range.start, |end| range.start + end + 1)
}

fn line_end(text: &[u8], range: &Range<usize>, at: usize) -> usize {
    let after = text.get(at..range.end).unwrap_or_default();
    memchr::memchr(b'\n', after).map_or(range.end, |len| at + len)
}

/// Appends `range` of `source` to `text`, one round further in.
pub(super) fn decode(
    text: &mut Vec<u8>,
    map: &mut Map,
    source: &Source<'_>,
    range: &Range<usize>,
    round: Round,
) {
    // Colours may stand inside an escape: they go first.
    let inside = source.slice(range);
    let coloured = memchr::memchr_iter(ESCAPE, inside)
        .any(|at| sequence(inside.get(at..).unwrap_or_default()).is_some());
    // And references may stand inside an escape, or for its backslash.
    let referenced = round == Round::One && is_cut_by_references(inside);
    // And what stands in a string in a string waits for that to be one.
    let quoted = round == Round::One && !referenced && memchr::memmem::find(inside, b"\\\"").is_some();
    let mut from = range.start;
    let mut at = range.start;
    while let Some(found) = next(source.slice(&(at..range.end))) {
        at += found;
        let rest = source.slice(&(at..range.end));
        if let Some(len) = sequence(rest).or_else(|| unseen(rest)) {
            map.copy(text, source, &(from..at));
            at += len;
            from = at;
        } else if let Some(Unit { len, decoded, bytes }) =
            unit(rest, round).filter(|_| !coloured || round == Round::All)
            && (!referenced || rest.starts_with(b"&"))
            && (!quoted || rest.starts_with(b"\\"))
        {
            map.copy(text, source, &(from..at));
            map.unit(text, source, &(at..at + len), decoded.get(..bytes).unwrap_or_default());
            at += len;
            from = at;
        } else {
            at += 1;
        }
    }
    map.copy(text, source, &(from..range.end));
}

/// The next word in `range` that a form may be written in, with percents and pluses: in those a plus is a space.
pub(super) fn form(text: &[u8], range: &Range<usize>) -> Option<Range<usize>> {
    let is_of_form = |byte: &&u8| byte.is_ascii_alphanumeric() || b"%+&=-._~*@:/?;,!$".contains(byte);
    let mut from = range.start;
    loop {
        let percent = from + memchr::memchr(b'%', text.get(from..range.end)?)?;
        let before = text.get(from..percent)?.iter().rev().take_while(is_of_form).count();
        let after = text.get(percent..range.end)?.iter().take_while(is_of_form).count();
        let word = percent - before..percent + after;
        let inside = text.get(word.clone())?;
        let is_spelled =
            || memchr::memchr_iter(b'%', inside).any(|at| hex(inside.get(at + 1..at + 3)).is_some());
        if inside.contains(&b'+') && is_spelled() {
            return Some(word);
        }
        from = word.end;
    }
}

/// Appends `range` of `source` to `text` with spaces for its pluses.
pub(super) fn spaced(text: &mut Vec<u8>, map: &mut Map, source: &Source<'_>, range: &Range<usize>) {
    let mut from = range.start;
    for plus in memchr::memchr_iter(b'+', source.slice(range)) {
        let at = range.start + plus;
        map.copy(text, source, &(from..at));
        map.unit(text, source, &(at..at + 1), b" ");
        from = at + 1;
    }
    map.copy(text, source, &(from..range.end));
}

/// Whether a reference stands inside an escape (`\\u&#48;07b`) or for its backslash: what was put on last is
/// undone first then, or an escape of an escape would be undone too soon.
fn is_cut_by_references(text: &[u8]) -> bool {
    memchr::memchr_iter(b'&', text).any(|at| {
        let decoded = text.get(at + 1..).and_then(named).map(|(_, decoded)| decoded);
        decoded.is_some_and(|decoded| decoded == '\\' || text.get(..at).is_some_and(ends_in_escape))
    })
}

/// Whether a text ends in an escape that more may belong to.
fn ends_in_escape(text: &[u8]) -> bool {
    let near = text.iter().rev().take(6).position(|byte| *byte == b'\\');
    let Some(escape) = near.and_then(|len| text.get(text.len() - len..)) else { return false };
    match escape {
        [] => true,
        [b'u', digits @ ..] => digits.len() < 4 && digits.iter().all(u8::is_ascii_hexdigit),
        [b'x', digits @ ..] => digits.len() < 2 && digits.iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}

/// Where the next byte stands that a spelling begins with. Two searches take turns, block by block: one of
/// them alone might go to the end of the text each time.
fn next(rest: &[u8]) -> Option<usize> {
    rest.chunks(BLOCK).zip(0..).find_map(|(block, index)| {
        let spelled = memchr::memchr3(b'\\', b'%', b'&', block);
        let before = block.get(..spelled.unwrap_or(block.len())).unwrap_or_default();
        // Dashes and arrows begin with a byte of what is not seen: they are passed over here.
        let is_one = |at: &usize| {
            block.get(*at) == Some(&ESCAPE)
                || unseen(rest.get(index * BLOCK + at..).unwrap_or_default()).is_some()
        };
        let other = memchr::memchr3_iter(ESCAPE, 0xe2, 0xef, before).find(is_one);
        other.or(spelled).map(|at| index * BLOCK + at)
    })
}

/// Bytes of the character at the start of a text that takes no place on a screen: U+200B to U+200F, U+202A to U+202E,
/// U+2060 to U+2064, and U+FEFF.
fn unseen(text: &[u8]) -> Option<usize> {
    let is_unseen = matches!(
        text,
        [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae, ..] | [0xe2, 0x81, 0xa0..=0xa4, ..] | [0xef, 0xbb, 0xbf, ..]
    );
    is_unseen.then_some(3)
}

/// Whether a text holds a character that is not seen.
pub(super) fn hides(text: &[u8]) -> bool {
    memchr::memchr2_iter(0xe2, 0xef, text).any(|at| unseen(text.get(at..).unwrap_or_default()).is_some())
}

/// One spelling, and what it stands for.
struct Unit {
    /// Bytes it takes.
    len: usize,
    decoded: [u8; 4],
    /// Bytes of `decoded`.
    bytes: usize,
}

impl Unit {
    fn char(len: usize, decoded: char) -> Self {
        let mut utf8 = [0; 4];
        let bytes = decoded.encode_utf8(&mut utf8).len();
        Self { len, decoded: utf8, bytes }
    }

    const fn byte(len: usize, decoded: u8) -> Self {
        Self { len, decoded: [decoded, 0, 0, 0], bytes: 1 }
    }
}

/// The spelling at the start of a text.
fn unit(rest: &[u8], round: Round) -> Option<Unit> {
    match rest.first()? {
        b'\\' => escape(rest, round),
        b'%' => percent(rest, round),
        b'&' => reference(rest, round),
        _ => None,
    }
}

/// `\n`, and in the last round `\\\\n`: an escape of an escape counts on its own, for a backslash alone
/// hides nothing. Those of JSON, and what other languages and shells write besides.
fn escape(rest: &[u8], round: Round) -> Option<Unit> {
    let stacked = match round {
        Round::One => 0,
        Round::All => rest.iter().take_while(|byte| **byte == b'\\').count().saturating_sub(1),
    };
    let rest = rest.get(stacked..)?;
    match json::unescape(rest) {
        Some((len, decoded)) => Some(Unit::char(stacked + len, decoded)),
        None => other_escape(rest).map(|(len, byte)| Unit::byte(stacked + len, byte)),
    }
}

/// `\303` of C, git and shells, `\0` of Rust, and the `\e[` that `printf` makes colours with.
fn other_escape(rest: &[u8]) -> Option<(usize, u8)> {
    match rest {
        [_, high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', ..] => {
            Some((4, (high & 3) << 6 | (middle & 7) << 3 | (low & 7)))
        }
        [_, b'0', ..] => Some((2, 0)),
        [_, b'e', b'[', ..] => Some((2, ESCAPE)),
        _ => None,
    }
}

/// `%40`, and in the last round `%2540`.
fn percent(rest: &[u8], round: Round) -> Option<Unit> {
    let mut len = 1;
    while round == Round::All
        && rest.get(len..)?.starts_with(b"25")
        && hex(rest.get(len + 2..len + 4)).is_some()
    {
        len += 2;
    }
    let byte = hex(rest.get(len..len + 2))?;
    Some(Unit::byte(len + 2, byte))
}

fn hex(digits: Option<&[u8]>) -> Option<u8> {
    let nibble = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    match digits? {
        [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
        _ => None,
    }
}

/// The named references that hide something a rule looks at. There are two thousand more, of letters.
const NAMED: [(&[u8], char); 26] = [
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"quot", '"'),
    (b"apos", '\''),
    (b"nbsp", ' '),
    (b"colon", ':'),
    (b"equals", '='),
    (b"commat", '@'),
    (b"sol", '/'),
    (b"plus", '+'),
    (b"period", '.'),
    (b"lowbar", '_'),
    (b"hyphen", '-'),
    (b"dash", '-'),
    (b"num", '#'),
    (b"dollar", '$'),
    (b"percnt", '%'),
    (b"excl", '!'),
    (b"quest", '?'),
    (b"ast", '*'),
    (b"semi", ';'),
    (b"comma", ','),
    (b"bsol", '\\'),
    (b"Tab", '\t'),
    (b"NewLine", '\n'),
];

/// `&lt;`, `&#64;`, `&#x40;`, and in the last round `&amp;amp;lt;`.
fn reference(rest: &[u8], round: Round) -> Option<Unit> {
    let mut at = 1;
    while round == Round::All && rest.get(at..)?.starts_with(b"amp;") && named(rest.get(at + 4..)?).is_some()
    {
        at += 4;
    }
    let (len, decoded) = named(rest.get(at..)?)?;
    Some(Unit::char(at + len, decoded))
}

/// What stands behind the `&` of a reference: its length with the `;`, and the character.
fn named(rest: &[u8]) -> Option<(usize, char)> {
    let len = rest.iter().take(12).position(|byte| *byte == b';')?;
    let name = rest.get(..len)?;
    let code = |digits: &[u8], radix| {
        let digits = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
        char::from_u32(u32::from_str_radix(digits, radix).ok()?)
    };
    let decoded = match name {
        [b'#', b'x' | b'X', digits @ ..] => code(digits, 16),
        [b'#', digits @ ..] => code(digits, 10),
        _ => NAMED.iter().find(|(known, _)| *known == name).map(|(_, decoded)| *decoded),
    };
    Some((len + 1, decoded?))
}

/// Makes white space of the colours in a text: its words are then the ones a person sees.
pub(super) fn blank_colours(text: &mut [u8]) {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| memchr::memchr(ESCAPE, rest)) {
        let start = from + at;
        let colour = text.get(start..).and_then(sequence).map_or(start..start, |len| start..start + len);
        from = colour.end.max(start + 1);
        // Of a sequence without parameters the final byte may as well be the first of a word.
        if let Some(colour @ [_, _, _, .., b'm']) = text.get_mut(colour) {
            colour.fill(b' ');
        }
    }
}

/// Bytes of the control sequence at the start of a text: `ESC [`, parameters, one final byte that is a
/// letter. Only such parameters as occur, and without any only such letters, or text that is no sequence would
/// be swallowed; and a placeholder behind a lone `ESC` is none.
fn sequence(text: &[u8]) -> Option<usize> {
    let parameters = text.strip_prefix(b"\x1b[").filter(|text| !text.starts_with(b"REDACTED:"))?;
    let parameter = |byte: &u8| matches!(byte, b'0'..=b'9' | b';' | b':' | b'?');
    let len = parameters.iter().take(PARAMETERS).take_while(|byte| parameter(byte)).count();
    let is_last = |last: &&u8| match len {
        0 => matches!(last, b'm' | b'K' | b'H' | b'J'),
        _ => matches!(last, b'@'..=b'Z' | b'a'..=b'z'),
    };
    parameters.get(len).filter(is_last).map(|_| 2 + len + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn decoded(text: &str, round: Round) -> String {
        let (mut bytes, mut map) = (Vec::new(), Map::default());
        let source = Source::content(text.as_bytes());
        decode(&mut bytes, &mut map, &source, &(0..text.len()), round);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_round_undoes_the_outer_spelling_of_every_place() {
        for (text, one, all) in [
            (r"a\nb\u003dc\x41\/", "a\nb=cA/", "a\nb=cA/"),
            (r"a\\nb", r"a\nb", "a\nb"),
            (r"a\\\\nb", r"a\\nb", "a\nb"),
            (r"C:\dir", r"C:\dir", r"C:\dir"),
            ("p%40ss%2Fw%zz%4", "p@ss/w%zz%4", "p@ss/w%zz%4"),
            ("p%252540", "p%2540", "p@"),
            ("100%25 of", "100% of", "100% of"),
            ("a&lt;b&#64;c&#x3D;d&x;&amp", "a<b@c=d&x;&amp", "a<b@c=d&x;&amp"),
            ("&amp;amp;lt;", "&amp;lt;", "<"),
            ("&#+1;&#x110000;", "&#+1;&#x110000;", "&#+1;&#x110000;"),
            ("\u{1b}[1;31mred\u{1b}[0m.", "red.", "red."),
            (
                "\u{feff}a\u{200b}b \u{2014} \u{2192}\u{2060}c",
                "ab \u{2014} \u{2192}c",
                "ab \u{2014} \u{2192}c",
            ),
            (r"%5Cn\u0026amp;", r"\n&amp;", r"\n&amp;"),
            (r"\303\251\0\e[0mx\777", "\u{e9}\0\u{1b}[0mx\\777", "\u{e9}\0\u{1b}[0mx\\777"),
            (r#"{\"a\":\"%22&lt;\"}"#, r#"{"a":"%22&lt;"}"#, r#"{"a":""<"}"#),
            (r"\u&#48;067&#92;n", r"\u0067\n", r"\u0067\n"),
            (r"\\&quot;\n", "\\\\\"\\n", "\\\\\"\n"),
            (r"\n&lt;\u003d&gt;", "\n<=>", "\n<=>"),
        ] {
            assert_eq!(decoded(text, Round::One), one, "{text}");
            assert_eq!(decoded(text, Round::All), all, "{text}");
        }
    }

    #[test]
    fn a_form_is_a_word_with_percents_and_pluses() {
        for (text, expected) in [
            ("POST \"a=1&p=x+y%20z\" 5% + 6", Some("a=1&p=x+y%20z")),
            ("%20 a+b%3D", Some("a+b%3D")),
            ("a+b", None),
            ("a%20b +", None),
            ("a+b%zz", None),
            ("", None),
        ] {
            let found = form(text.as_bytes(), &(0..text.len())).and_then(|word| text.get(word));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn windows_are_whole_lines_with_a_spelling() {
        let text = b"plain\na%20b\nc\\nd\nplain & 5%\n&lt;";
        let windows = |mut range: Range<usize>| {
            let mut all = Vec::new();
            while let Some(found) = window(text, &range) {
                range.start = (found.end + 1).min(range.end);
                all.push(found);
            }
            all
        };
        assert_eq!(windows(0..text.len()), [6..16, 28..32]);
        assert_eq!(windows(8..15).first(), Some(&(12..15)));
        assert!(windows(0..6).is_empty());
    }
}
