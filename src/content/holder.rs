//! What stands below a name like `credentials` is one each, whatever its own name says:
//!
//! ```text
//! {"credentials": {"staging": "..."}}     secrets:          [tokens]
//!                                           db: ...         ci = "..."
//! ```
//!
//! Each is shown once more under both names, as a properties file would have it: `credentials.staging: ...`. Here are the
//! names, and the lines of YAML, TOML and of blocks in braces; objects and kvlists are read in `document`.
//!
//! **Bias.** Any name that ends so holds what is below it. Most that it holds is no secret: users, types, dates. What
//! their names say is for whoever looks for secrets, who sees them.

use super::{At, Opened};
use std::ops::Range;

/// What a name ends in, in lower case and without signs.
const WORDS: [&[u8]; 11] = [
    b"password",
    b"passwd",
    b"passphrase",
    b"secret",
    b"token",
    b"credential",
    b"cred",
    b"apikey",
    b"accesskey",
    b"secretkey",
    b"jwt",
];

/// Bytes of a name, from its end, that are looked at.
const END: usize = 16;

/// Names that are told of one value, at most.
const DEEPEST: usize = 4;

/// Bytes of the longest name of a value, and of the longest value in a line.
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 512;

/// Lines that are looked at below one name.
const LINES: usize = 128;

/// Whether a name says what stands below it, in the singular or the plural.
pub(super) fn is_one(name: &[u8]) -> bool {
    // A path: of a package that is called so.
    if name.contains(&b'/') {
        return false;
    }
    let mut end = [0; END];
    let mut first = END;
    for byte in name.iter().rev().filter(|byte| !b"_- ".contains(byte)) {
        let Some(next) = first.checked_sub(1) else { break };
        end.get_mut(next).into_iter().for_each(|to| *to = byte.to_ascii_lowercase());
        first = next;
    }
    let end = end.get(first..).unwrap_or_default();
    let end = end.strip_suffix(b"s").unwrap_or(end);
    WORDS.iter().any(|word| end.ends_with(word))
}

/// The name of what stands below a name: both, or nothing if that is too deep.
pub(super) fn below(above: &[u8], own: &[u8]) -> Vec<u8> {
    match own {
        [] => above.to_vec(),
        _ if above.is_empty() => {
            own.get(own.len().saturating_sub(LONGEST_NAME)..).unwrap_or_default().to_vec()
        }
        _ if above.split(|byte| *byte == b'.').count() >= DEEPEST || own.len() > LONGEST_NAME => Vec::new(),
        _ => [above, b".", own].concat(),
    }
}

/// Shows every value that a line has below such a name, in `range` of the text at `at`.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>) {
    let text = at.source.slice(range);
    let mut from = 0;
    while let Some(heading) = Heading::next(text, from) {
        from = heading.behind;
        for (name, value) in heading.values(text) {
            let name = below(text.get(heading.name.clone()).unwrap_or_default(), name);
            let value = range.start + value.start..range.start + value.end;
            if !opened.spend(name.len() + value.len()) {
                return;
            }
            opened.part_called(at.node, &name, |text, map| map.copy(text, at.source, &value));
        }
    }
}

/// Whether there is such a value in the lines of a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    let mut headings = std::iter::successors(Heading::next(text, 0), |last| Heading::next(text, last.behind));
    headings.any(|heading| heading.values(text).next().is_some())
}

/// A line that ends in a name that says what the lines below it are.
struct Heading {
    name: Range<usize>,
    /// Where the next line begins.
    behind: usize,
    /// Blanks before it.
    indent: usize,
    /// `[name]`: what is below it is not indented.
    is_table: bool,
}

impl Heading {
    /// The first that begins in a text from a place on, where a line does.
    fn next(text: &[u8], from: usize) -> Option<Self> {
        let mut start = from;
        memchr::memchr_iter(b'\n', text.get(from..)?).find_map(|at| {
            let line = start..from + at;
            start = line.end + 1;
            // Most lines end in something else.
            let last = text.get(line.end.checked_sub(1)?)?;
            if matches!(last, b':' | b'{' | b'(' | b']' | b' ' | b'\t' | b'\r') {
                Self::of(text, line)
            } else {
                None
            }
        })
    }

    fn of(text: &[u8], line: Range<usize>) -> Option<Self> {
        let whole = text.get(line.clone())?;
        let inside = whole.trim_ascii_end();
        let last = inside.last()?;
        if !b":{](".contains(last) {
            return None;
        }
        let indent = blanks(inside);
        let is_table = *last == b']';
        let named = match inside.get(indent..)? {
            [b'[', rest @ ..] if is_table => rest.strip_suffix(b"]")?,
            _ if is_table => return None,
            rest => rest.strip_suffix(b":").unwrap_or_else(|| signed(rest)),
        };
        let named = trim_quotes(named.trim_ascii());
        let word = named.rsplit(|byte| matches!(byte, b' ' | b'.' | b'[' | b'$' | b'@')).next()?;
        let word = trim_quotes(word);
        // What no sign makes a name stands alone on its line, unless it is an element of a list: `match token {`.
        let is_signed = !is_table && *last != b':' && is_assigned(inside);
        let stands_alone = is_table || named.strip_prefix(b"- ").unwrap_or(named) == word;
        if !(is_signed || stands_alone) || !is_name(word) || !is_one(word) {
            return None;
        }
        let at = memchr::memmem::rfind(whole, word)?;
        let name = line.start + at..line.start + at + word.len();
        Some(Self { name, behind: line.end + 1, indent, is_table })
    }

    /// The values below it, each with its own name, up to the next such line.
    fn values<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = (&'t [u8], Range<usize>)> + use<'t> {
        let (indent, is_table, mut start) = (self.indent, self.is_table, self.behind);
        let lines = std::iter::from_fn(move || {
            let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
            let line = start..start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            start = line.end + 1;
            Some(line)
        });
        let is_below = move |line: &Range<usize>| {
            let inside = text.get(line.clone()).unwrap_or_default();
            if Self::of(text, line.clone()).is_some() {
                return false;
            }
            inside.trim_ascii().is_empty()
                || if is_table { !inside.starts_with(b"[") } else { blanks(inside) > indent }
        };
        lines.take(LINES).take_while(is_below).filter_map(move |line| value(text, line))
    }
}

/// `name: value`, `name = "value",`: the name, and where the value stands.
fn value(text: &[u8], line: Range<usize>) -> Option<(&[u8], Range<usize>)> {
    let inside = text.get(line.clone())?;
    let from = blanks(inside);
    let named = inside.get(from..)?;
    let sign = named.iter().take(LONGEST_NAME + 4).position(|byte| matches!(byte, b':' | b'='))?;
    let name = trim_quotes(named.get(..sign)?.trim_ascii_end());
    let behind = named.get(sign..)?;
    let signs = behind.iter().take_while(|byte| b":=>".contains(byte)).count();
    let (sign_itself, rest) = behind.split_at_checked(signs)?;
    // `http://x`, `a:b`, `A::B`: no name.
    let is_sign = matches!((sign_itself, rest.first()), (b":", Some(b' ')) | (b"=" | b"=>" | b":=", _));
    if !is_name(name) || !is_sign {
        return None;
    }
    let value = rest.trim_ascii();
    let value = value.strip_suffix(b",").or_else(|| value.strip_suffix(b";")).unwrap_or(value);
    let bare = trim_quotes(value);
    if bare.is_empty() || bare.len() > LONGEST_VALUE || b"{[(|>&*".contains(bare.first()?) {
        return None;
    }
    let at = from + sign + signs + memchr::memmem::find(rest, bare)?;
    Some((name, line.start + at..line.start + at + bare.len()))
}

fn blanks(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// What stands before `= {`, `: {`, ` {`, `=> (`.
fn signed(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !b"{(:=> \t".contains(byte)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// Whether a sign stands before the bracket that a line ends in.
fn is_assigned(line: &[u8]) -> bool {
    let before = line.trim_ascii_end().split_last().map_or(&[][..], |(_, before)| before.trim_ascii_end());
    matches!(before.last(), Some(b'=' | b':' | b'>'))
}

fn trim_quotes(text: &[u8]) -> &[u8] {
    match text {
        [first @ (b'"' | b'\'' | b'`'), inside @ .., last] if first == last => inside,
        _ => text,
    }
}

fn is_name(word: &[u8]) -> bool {
    (1..=LONGEST_NAME).contains(&word.len())
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.@".contains(byte))
        && word.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_below_it() {
        for name in ["credentials", "API_KEYS", "apiKeys", "db-password", "Tokens", "vaultSecrets", "creds"] {
            assert!(is_one(name.as_bytes()), "{name}");
        }
        for name in ["node_modules/js-tokens", "tokenizer", "keys", "secretary", "", "s", "usage"] {
            assert!(!is_one(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn names_are_told_with_those_above_them() {
        assert_eq!(below(b"tokens", b"ci"), b"tokens.ci");
        assert_eq!(below(b"tokens.ci", b""), b"tokens.ci");
        assert_eq!(below(b"", b"tokens"), b"tokens");
        assert_eq!(below(b"a.b.c.d", b"e"), b"");
        assert_eq!(below(b"", &[b'a'; 1000]).len(), LONGEST_NAME);
    }

    fn shown(text: &str) -> Vec<String> {
        let bytes = text.as_bytes();
        let mut all = Vec::new();
        let mut from = 0;
        while let Some(heading) = Heading::next(bytes, from) {
            from = heading.behind;
            for (name, value) in heading.values(bytes) {
                let name = below(&bytes[heading.name.clone()], name);
                all.push(format!("{}: {}", String::from_utf8_lossy(&name), &text[value]));
            }
        }
        assert_eq!(is_in(bytes), !all.is_empty());
        all
    }

    #[test]
    fn lines_stand_below_a_name() {
        assert_eq!(
            shown("secrets:\n  db: abc\n  mail: 'd e'\nother: x\n"),
            ["secrets.db: abc", "secrets.mail: d e"]
        );
        assert_eq!(
            shown("[app.tokens]\nci = \"abc\"\n\ncd = 'def'\n[x]\na = 1\n"),
            ["tokens.ci: abc", "tokens.cd: def"]
        );
        assert_eq!(shown("const API_KEYS = {\n  maps: \"abc\",\n};\n"), ["API_KEYS.maps: abc"]);
        assert_eq!(shown("  api_keys:\n    mapzen:\n      key: abc\n"), ["api_keys.key: abc"]);
        assert_eq!(shown("credentials {\n  staging = abc\n}\n"), ["credentials.staging: abc"]);
        assert_eq!(shown("passwords:\r\n  nora: abc\r\n"), ["passwords.nora: abc"]);
    }

    #[test]
    fn other_lines_do_not() {
        for text in [
            "for t in tokens:\n  x = 1\n",
            "match self.token {\n  x = 1\n",
            "tokens = {\n  A::B,\n",
            "secrets: x\n  y: z\n",
            "tokens:\nx: y\n",
            "see [tokens]\nx = y\n",
            "tokens:\n  http://x/y\n",
        ] {
            assert!(shown(text).is_empty(), "{text}");
        }
    }
}
