//! What stands round a match: its key, and whether it is data rather than source code or a sentence.

use super::{Match, Verdict, code, placeholder};
use crate::rule::SEPARATOR;
use std::ops::Range;

/// The most words a value can have and still be a passphrase rather than a sentence.
const WORDS: usize = 6;

/// Bytes before a match in which its key stands. Without a bound, every match in a long line would
/// look at all of it.
pub(super) const BEFORE: usize = 512;

/// The line before a match, in its segment, or as much of it as a key may need.
pub(super) fn line_before<'a>(matched: &Match<'a>) -> &'a [u8] {
    let near = matched.just_before(BEFORE);
    near.rsplit(|byte| matches!(*byte, b'\n' | SEPARATOR)).next().unwrap_or_default()
}

/// The last word of a line.
fn last_word(line: &[u8]) -> &[u8] {
    line.rsplit(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default()
}

/// The identifier a value belongs to: what stands before the separator.
pub(super) fn key<'a>(matched: &Match<'a>) -> &'a [u8] {
    matched.text.get(key_range(matched)).unwrap_or_default()
}

/// Where that stands in the text.
pub(super) fn key_range(matched: &Match<'_>) -> Range<usize> {
    let line = line_before(matched);
    let in_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(*byte, b'_' | b'-' | b'.');
    let end = line.iter().rposition(in_key).map_or(0, |at| at + 1);
    let key = line.get(..end).unwrap_or_default();
    let start = key.iter().rposition(|byte| !in_key(byte)).map_or(0, |at| at + 1);
    let from = matched.before().len() - line.len();
    from + start..from + end
}

/// Whether a value is data for sure: a leaf of its own, a line of an environment file or of one in sections, what stands
/// behind an option on a command line, or a field of a record that was printed.
pub(super) fn is_data(matched: &Match<'_>) -> bool {
    is_leaf(matched)
        || is_environment(matched)
        || is_option(matched)
        || is_field(matched)
        || is_logged(matched)
        || is_in_section(matched)
}

/// Whether another pair stands behind it, and words before it: `DEBUG loaded password=x region=y`, as a program has it in
/// its log. A line of code has brackets, quotes or marks at its end.
fn is_logged(matched: &Match<'_>) -> bool {
    let Some(line) = line_before(matched).strip_suffix(b"=") else { return false };
    let (before, key) = line.split_at(line.len() - last_word(line).len());
    let is_plain = |byte: &u8| !b"(){}<>;\"'`$|&\\".contains(byte);
    let has_next = matched.after().strip_prefix(b" ").is_some_and(|next| {
        let name = next.iter().take_while(|byte| is_of_key(byte)).count();
        name >= 2
            && next.get(name) == Some(&b'=')
            && next.get(name + 1).is_some_and(u8::is_ascii_alphanumeric)
    });
    has_next && !key.is_empty() && key.iter().all(is_of_key) && before.iter().all(is_plain)
}

/// Whether it is one of the `name=value` pairs a record is printed as: `{host=db, password=x}`, `Settings[url=x,
/// password=x]`. Source code has blanks round the sign, or parentheses.
fn is_field(matched: &Match<'_>) -> bool {
    let line = line_before(matched);
    let Some(open) = opening(line).filter(|at| matches!(line.get(*at), Some(b'{' | b'['))) else {
        return false;
    };
    let fields = line.get(open + 1..).unwrap_or_default();
    let name = |field: &[u8]| field.iter().take_while(|byte| is_of_key(byte)).count();
    let is_first = |length: usize| fields.get(length) == Some(&b'=') && length > 0;
    let last = fields.rsplit(|byte| *byte == b',').next().unwrap_or_default();
    let last = last.strip_prefix(b" ").unwrap_or(last);
    is_first(name(fields)) && last.len() == name(last) + 1 && last.ends_with(b"=")
}

/// The bracket that is open at the end of a line.
fn opening(line: &[u8]) -> Option<usize> {
    let mut closed = 0_usize;
    line.iter().rposition(|byte| match byte {
        b')' | b']' | b'}' => {
            closed += 1;
            false
        }
        b'(' | b'[' | b'{' if closed > 0 => {
            closed -= 1;
            false
        }
        byte => b"([{".contains(byte),
    })
}

/// Whether it is all there is behind `key =` on a line under a header: `[smtp]`, as INI files have it. The lines may
/// have numbers.
fn is_in_section(matched: &Match<'_>) -> bool {
    if !matched.after().first().is_none_or(|byte| matches!(*byte, b'\r' | b'\n' | SEPARATOR)) {
        return false;
    }
    let near = matched.just_before(BEFORE).rsplit(|byte| *byte == SEPARATOR).next().unwrap_or_default();
    let mut lines = near.rsplit(|byte| *byte == b'\n').map(unnumbered);
    let key = lines.next().and_then(|line| line.trim_ascii_end().strip_suffix(b"="));
    let is_key = key.map(<[u8]>::trim_ascii).is_some_and(|key| !key.is_empty() && key.iter().all(is_of_key));
    is_key && lines.find(|line| !is_setting_line(line)).is_some_and(is_header)
}

/// What the key of a setting is made of.
fn is_of_key(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(byte)
}

/// A line as it was before a viewer put its number before it: `12\t`, `12|`, an arrow.
fn unnumbered(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = line.get(digits..).unwrap_or_default();
    let marks = [&b"\t"[..], b"|", b":", "\u{2192}".as_bytes(), "\u{2502}".as_bytes()];
    let bare = marks.iter().filter(|_| digits > 0).find_map(|mark| rest.strip_prefix(*mark));
    bare.unwrap_or(line).trim_ascii()
}

/// `key = value`, a comment, or nothing.
fn is_setting_line(line: &[u8]) -> bool {
    let key = line.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    let pair = key.len() < line.len() && !key.is_empty() && key.iter().all(is_of_key);
    pair || matches!(line.first(), None | Some(b'#' | b';'))
}

/// `[smtp]`, `[remote "origin"]`.
fn is_header(line: &[u8]) -> bool {
    let Some(name) = line.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) else { return false };
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-: \"/@".contains(byte);
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(plain)
}

/// Whether `key: value` is all there is between two separators, as the scanner presents a leaf.
pub(super) fn is_leaf(matched: &Match<'_>) -> bool {
    let whole = matched.after().first().is_none_or(|byte| *byte == SEPARATOR);
    let Some(key) = matched.before().strip_suffix(b": ").filter(|_| whole) else { return false };
    let other = |byte: &u8| byte.is_ascii_whitespace() || matches!(*byte, b'"' | SEPARATOR);
    // Walks back over the key alone; the blank that ends it there is in no key.
    let edge = key.iter().rposition(other);
    let length = edge.map_or(key.len(), |at| key.len() - at - 1);
    // A name in another script is a label, for people.
    length > 0
        && key.last().is_some_and(u8::is_ascii)
        && edge.and_then(|at| key.get(at)).is_none_or(|byte| *byte == SEPARATOR)
}

/// Whether it is `KEY=value` in capitals, or `any.key=value` at the start of its line, without a space; a quote may
/// stand before the value.
fn is_environment(matched: &Match<'_>) -> bool {
    let line = line_before(matched);
    let line = line.strip_suffix(b"\"").or_else(|| line.strip_suffix(b"'")).unwrap_or(line);
    let Some(rest) = line.strip_suffix(b"=") else { return false };
    let name = last_word(rest);
    let capital = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    let starts_line =
        name.len() == rest.len() || is_pair(rest.get(..rest.len() - name.len()).unwrap_or_default());
    let property = is_of_key;
    !name.is_empty() && (name.iter().all(capital) || (starts_line && name.iter().all(property)))
}

/// Whether a line ends in another `key=value` and a blank: `host=db password=x`, as inventories and connection strings
/// have it. In a call there is a comma between the two.
fn is_pair(line: &[u8]) -> bool {
    let word = last_word(line.trim_ascii_end());
    let Some(sign) = word.iter().position(|byte| *byte == b'=') else { return false };
    let (name, value) = word.split_at(sign);
    let plain = is_of_key;
    !name.is_empty() && name.iter().all(plain) && !value.iter().any(|byte| b"\"'(),;".contains(byte))
}

/// Words that stand for a value, or for its type, in lines that look like settings.
const STAND_INS: [&[u8]; 30] = [
    b"text",
    b"varchar",
    b"char",
    b"unknown",
    b"never",
    b"float",
    b"long",
    b"byte",
    b"uuid",
    b"date",
    b"time",
    b"array",
    b"list",
    b"dict",
    b"json",
    b"sensitive",
    b"encrypted",
    b"plaintext",
    b"plain",
    b"value",
    b"input",
    b"field",
    b"file",
    b"prompt",
    b"self",
    b"enabled",
    b"disabled",
    b"default",
    b"auto",
    b"keyword",
];

/// Whether `key: word` is all there is on a line, as in YAML. A word with a capital is a type, but for one of several
/// with a mark between them, and a word that says what it is, such as `userpass`, a variable.
pub(super) fn is_setting(matched: &Match<'_>) -> bool {
    let Some(key) = line_before(matched).strip_suffix(b": ") else { return false };
    let key = key.trim_ascii_start();
    let key = key.strip_prefix(b"- ").unwrap_or(key);
    let whole = matched.after().first().is_none_or(|byte| matches!(*byte, b'\r' | b'\n' | SEPARATOR));
    let word = matched.secret();
    let lower = word.to_ascii_lowercase();
    let says = |part: &&[u8]| memchr::memmem::find(&lower, part).is_some();
    whole
        && !key.is_empty()
        && key.iter().all(is_of_key)
        && word.len() >= 4
        && (word.iter().all(u8::is_ascii_lowercase) || are_titles(word))
        && !STAND_INS.contains(&word)
        && ![&b"pass"[..], b"pwd", b"token", b"hash", b"cred", b"secret", b"string"].iter().any(says)
}

/// `Black_Bar`, `Black-Bar`: words with a capital each and a mark between them.
fn are_titles(word: &[u8]) -> bool {
    let is_title = |part: &[u8]| {
        part.len() >= 3
            && part.first().is_some_and(u8::is_ascii_uppercase)
            && part.iter().skip(1).all(u8::is_ascii_lowercase)
    };
    let mut parts = word.split(|byte| matches!(*byte, b'_' | b'-'));
    parts.clone().count() >= 2 && parts.all(is_title)
}

/// Whether it stands behind `--option `, or `--option=`.
fn is_option(matched: &Match<'_>) -> bool {
    let line = line_before(matched);
    let word = line.strip_suffix(b"=").unwrap_or_else(|| line.trim_ascii_end());
    last_word(word).starts_with(b"--")
}

/// Keeps a value of several words that is all of its leaf: `password: correct horse battery staple`.
pub(super) fn whole_value(matched: Match<'_>) -> Verdict {
    let words = matched.secret().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    let passphrase = is_leaf(&matched) && (2..=WORDS).contains(&words) && !is_syntax(matched.secret());
    if passphrase { placeholder::judge(matched) } else { Verdict::Reject }
}

/// `Optional[str] = None`, `*const c_char`: several words that are no phrase. Only what no phrase says: a colon or a
/// comma may be in one.
fn is_syntax(value: &[u8]) -> bool {
    let has = |part: &&[u8]| memchr::memmem::find(value, part).is_some();
    let typed = [&b"*const "[..], b"*mut ", b"&mut ", b"await "].iter().any(|start| value.starts_with(start));
    typed
        || is_call(value)
        || is_count(value)
        || is_switch(value)
        || [&b" = None"[..], b" = True", b" = False", b" = \"", b" = '"].iter().any(has)
}

/// `Column(String(128), nullable=False)`: a name with a bracket that is closed at the end.
fn is_call(value: &[u8]) -> bool {
    let (name, rest) = code::called(value);
    !name.is_empty() && rest.starts_with(b"(") && rest.ends_with(b")")
}

/// `12, fail: 0`: a number, and the next of a list.
fn is_count(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && value.get(digits..).is_some_and(|rest| rest.starts_with(b", "))
}

/// `files sss`: where a system looks for its users, as nsswitch.conf says.
fn is_switch(value: &[u8]) -> bool {
    let services =
        [&b"files"[..], b"compat", b"db", b"sss", b"systemd", b"ldap", b"nis", b"winbind", b"extrausers"];
    let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.all(|word| services.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    fn data(matched: Match<'_>) -> Verdict {
        Verdict::keep_if(is_data(&matched))
    }

    fn key_is_k(matched: Match<'_>) -> Verdict {
        Verdict::keep_if(key(&matched) == b"db.k_1")
    }

    #[test]
    fn leaves_environment_lines_and_options_are_data() {
        for text in [
            "a\u{1e}pw: \u{ab}x\u{bb}\u{1e}b",
            "pw: \u{ab}x\u{bb}",
            "A=1\nDB_PW=\u{ab}x\u{bb}\n",
            "export PW=\u{ab}x\u{bb} y",
            "export PW='\u{ab}x\u{bb}' y",
            "host=db user=app password=\u{ab}x\u{bb} dbname=y",
            "{host=db, user=app, password=\u{ab}x\u{bb}, port=5}",
            "Settings[tags=[a, b], password=\u{ab}x\u{bb}]",
            "12:00 DEBUG loaded: pw=\u{ab}x\u{bb} region=eu",
            "WARN retry host=db.eu pw=\u{ab}x\u{bb}",
            "[smtp]\nhost = x\n\n; note\npw = \u{ab}x\u{bb}\nport = 5",
            "  1\u{2192}[smtp \"a\"]\n  2\u{2192}pw = \u{ab}x\u{bb}\n",
        ] {
            check(data, text, Verdict::Keep);
        }
        check(data, "run --token \u{ab}x\u{bb} y", Verdict::Keep);
        check(data, "a=1\ndb.pw=\u{ab}x\u{bb}\nb=2", Verdict::Keep);
        for text in [
            "let pw = \u{ab}x\u{bb};",
            "pw: \u{ab}x\u{bb} y",
            "a pw: \u{ab}x\u{bb}",
            "f(pw=\u{ab}x\u{bb})",
            "f(a=b, pw=\u{ab}x\u{bb})",
            "set pw=\u{ab}x\u{bb} where id=5",
            "x = y pw=\u{ab}x\u{bb}",
            "echo $a pw=\u{ab}x\u{bb} region=c",
            "let [a = b, pw=\u{ab}x\u{bb}]",
            "f({a, pw=\u{ab}x\u{bb}})",
            "[0]\npw = \u{ab}x\u{bb}\n",
            "[smtp]\ndef f():\npw = \u{ab}x\u{bb}\n",
            "[smtp]\npw = \u{ab}x\u{bb} + 1\n",
        ] {
            check(data, text, Verdict::Reject);
        }
    }

    #[test]
    fn the_key_is_the_identifier_before_the_separator() {
        for text in [
            "x db.k_1: \u{ab}v\u{bb}",
            "{\"db.k_1\" : \"\u{ab}v\u{bb}",
            "db.k_1=\u{ab}v\u{bb}",
            "[\"db.k_1\"] => '\u{ab}v\u{bb}",
        ] {
            check(key_is_k, text, Verdict::Keep);
        }
    }

    #[test]
    fn a_passphrase_is_a_whole_leaf_of_a_few_words() {
        check(whole_value, "password: \u{ab}correct horse battery staple\u{bb}", Verdict::Keep);
        check(whole_value, "password: \u{ab}one\u{bb}", Verdict::Reject);
        check(
            whole_value,
            "password: \u{ab}it is the one that you were given last week\u{bb}",
            Verdict::Reject,
        );
        check(whole_value, "the password: \u{ab}a b\u{bb}", Verdict::Reject);
        for code in [
            "Optional[str] = None",
            "!Ref DbPassword",
            "*const c_char,",
            "await bcrypt.hash(dto.password, 10),",
            "Column(String(128), nullable=False)",
            "12, fail: 0",
            "files sss",
            "Forgot your password?",
        ] {
            check(whole_value, &format!("password: \u{ab}{code}\u{bb}"), Verdict::Reject);
        }
        for phrase in [
            "correct horse: battery",
            "correct horse,",
            "!correct horse",
            "12 horses, fail",
            "files and horses",
            "*hidden dragon",
            "2 dragons = fun",
        ] {
            check(whole_value, &format!("password: \u{ab}{phrase}\u{bb}"), Verdict::Keep);
        }
    }

    #[test]
    fn a_word_alone_behind_its_key_is_a_setting() {
        let setting = |matched: Match<'_>| Verdict::keep_if(is_setting(&matched));
        check(setting, "db:\n  password: \u{ab}letmein\u{bb}\n  host: x", Verdict::Keep);
        check(setting, "- pw: \u{ab}letmein\u{bb}", Verdict::Keep);
        check(setting, "  pw: \u{ab}Black_Bar\u{bb}\n", Verdict::Keep);
        for code in [
            "password: \u{ab}String\u{bb}\n",
            "password: \u{ab}text\u{bb}\n",
            "password: \u{ab}userpass\u{bb}\n",
            "password: \u{ab}Secret_Text\u{bb}\n",
            "password: \u{ab}BlackBar\u{bb}\n",
        ] {
            check(setting, code, Verdict::Reject);
        }
        check(setting, "{ password: \u{ab}letmein\u{bb} }", Verdict::Reject);
        check(setting, "the password: \u{ab}letmein\u{bb}\n", Verdict::Reject);
    }
}
