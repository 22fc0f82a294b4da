//! What people make up as a password, where a sentence or a call tells one: `hunter2`, `Tiger$Lily`,
//! `correct-horse-battery`. Words behind a password are mostly words (`the password is required`), so a value has to
//! differ from a word: by a digit, by a sign, or by being three words in one.
//!
//! Left out, knowingly: a plain word (`the password is letmein`). It cannot be told from the next word of a
//! sentence.

use super::{Match, Verdict, code, placeholder, secret_like};

/// The shortest that is taken for a password, and the longest.
const LENGTHS: std::ops::RangeInclusive<usize> = 5..=128;
/// The shortest that may be told by its cases alone, and the shortest of those that are long.
const RANDOM: usize = 8;
const LONG: usize = 12;
/// Letters of the shortest word of a phrase whose words are parted by dots.
const DOTTED: usize = 4;
/// Signs that stand in passwords and seldom inside other words.
const SIGNS: &[u8] = b"!@#$%^&*+~?";
/// Words that have a number behind them and are the names of a technique.
const TECHNICAL: [&str; 46] = [
    "hs", "rs", "ps", "sha", "md", "aes", "des", "rsa", "ed", "ec", "base", "utf", "oauth", "argon", "pbkdf",
    "bcrypt", "scrypt", "blake", "rfc", "ipv", "http", "v", "ver", "version", "py", "python", "es", "x",
    "tls", "ssl", "sslv", "tlsv", "ntlmv", "totp", "iso", "win", "stdin", "stdout", "stderr", "prod", "dev",
    "stage", "staging", "port", "eth", "node",
];
/// What names of files and hosts end in.
const ENDINGS: [&str; 50] = [
    "rs", "py", "js", "ts", "tsx", "jsx", "mjs", "go", "java", "kt", "rb", "php", "pl", "pm", "c", "h", "cc",
    "cpp", "cs", "md", "txt", "rst", "json", "yaml", "yml", "toml", "xml", "html", "css", "sh", "sql", "cfg",
    "ini", "conf", "env", "pem", "key", "crt", "log", "lock", "com", "org", "net", "io", "dev", "ai", "app",
    "example", "local", "internal",
];
/// Words that join others, as in `end-to-end`: what holds one is no passphrase.
const JOINTS: [&str; 16] = [
    "and", "the", "for", "not", "end", "non", "per", "out", "off", "all", "any", "based", "only", "read",
    "write", "time",
];

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    Verdict::keep_if(is_made_up(bare(matched.secret())))
}

/// Without the marks and the punctuation round it.
fn bare(value: &[u8]) -> &[u8] {
    let value = placeholder::trim(value);
    value.strip_suffix(b"**").unwrap_or(value)
}

fn is_made_up(value: &[u8]) -> bool {
    LENGTHS.contains(&value.len())
        && !is_other(value)
        && (has_digits(value) || has_signs(value) || is_phrase(value) || is_random(value))
}

/// Addresses, paths, files, code and numbers.
fn is_other(value: &[u8]) -> bool {
    let number = value.iter().all(|byte| byte.is_ascii_digit() || b".-:/,x%+".contains(byte));
    let code = [&b"://"[..], b"::", b"->", b"=>", b"()", b"&&", b"||", b"${", b"{{", b"@@", b"==", b"\\n"];
    let opens = matches!(
        value.first(),
        Some(b'/' | b'.' | b'~' | b'-' | b'<' | b'[' | b'{' | b'(' | b'=' | b'&' | b'|')
    );
    number
        || opens
        || value.iter().any(|byte| byte.is_ascii_whitespace() || b"<>(){}[]|\\\"".contains(byte))
        || code.iter().any(|sign| memchr::memmem::find(value, sign).is_some())
        || is_file(value)
        || is_technical(value)
}

/// `auth2.rs`, `db1.example`, `docs/v2`.
fn is_file(value: &[u8]) -> bool {
    let end =
        value.iter().rposition(|byte| *byte == b'.').and_then(|dot| value.get(dot + 1..)).unwrap_or_default();
    let plain = !value.iter().any(|byte| b"!#$%^&*+~?".contains(byte));
    plain && (value.contains(&b'/') || ENDINGS.iter().any(|ending| end == ending.as_bytes()))
}

/// Letters and digits of the longest version in one word: what is longer behind a `v` is a key.
const LONGEST_VERSION: usize = 8;

/// `sha256`, `utf-8`, `AES-256-GCM`, `8-character`, `2nd`.
pub(super) fn is_technical(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let unit = value.get(digits..).unwrap_or_default();
    if digits > 0 && unit.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-') {
        return true;
    }
    let letters = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (name, rest) = value.split_at(letters);
    let is_parted = rest.iter().any(|byte| b"-_.".contains(byte));
    TECHNICAL.iter().any(|word| name.eq_ignore_ascii_case(word.as_bytes()))
        && (is_parted || rest.len() <= LONGEST_VERSION)
        && rest
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_' || *byte == b'.')
}

/// Letters and digits, and no name of something in code.
fn has_digits(value: &[u8]) -> bool {
    let digit = value.iter().any(u8::is_ascii_digit);
    let letter = value.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    let parted = value.iter().any(|byte| b"_-.:/=".contains(byte));
    let title = value.first().is_some_and(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    digit && letter && (title || !parted || !code::is_name(value) || has_cases(value))
}

/// `tinder-Box5`, `wB7-krokus`, `walrus.Tango.51`: a capital where no name of something in code has one. Those have it
/// behind small letters (`fooBar.2`), or begin with it behind a dot (`models.User2`).
fn has_cases(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|byte| b"_-.".contains(byte)).collect();
    let is_number = |part: &&[u8]| part.iter().all(u8::is_ascii_digit);
    let is_dotted = value.contains(&b'.') && !parts.last().is_some_and(is_number);
    let is_odd = |part: &&[u8]| match part {
        [first, second, ..] if first.is_ascii_lowercase() => second.is_ascii_uppercase(),
        [first, rest @ ..] => first.is_ascii_uppercase() && rest.iter().any(u8::is_ascii_lowercase),
        [] => false,
    };
    value.iter().any(u8::is_ascii_lowercase) && !is_dotted && parts.iter().any(is_odd)
}

/// A sign inside (`Tiger$Lily`), or a sign at the end of what is no word (`openSesame!`).
fn has_signs(value: &[u8]) -> bool {
    let end = value.iter().rposition(u8::is_ascii_alphanumeric).unwrap_or(0);
    let start = value.iter().position(u8::is_ascii_alphanumeric).unwrap_or(0);
    let (inside, ends) = (value.get(start..end).unwrap_or_default(), end + 1 < value.len());
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let humps = value
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    letters >= 3
        && (inside.iter().any(|byte| SIGNS.contains(byte))
            || (ends && humps && value.last().is_some_and(|byte| SIGNS.contains(byte))))
}

/// Letters that chance chose: both cases take turns, the more often the shorter it is.
pub(super) fn is_random(value: &[u8]) -> bool {
    let tenths = if value.len() >= LONG { 4 } else { 5 };
    value.len() >= RANDOM
        && value.iter().all(u8::is_ascii_alphanumeric)
        && secret_like::takes_turns(value, tenths)
}

/// `correct-horse-battery`, `zebra-lamp-77`: three words in one, or a word and a number. Dots part names of hosts and
/// of things in code, too: of those the words are longer, and a number ends them.
fn is_phrase(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> = value.split(|byte| matches!(*byte, b'-' | b'_' | b'.')).collect();
    let is_dotted = value.contains(&b'.');
    let least = if is_dotted { DOTTED } else { 3 };
    let word = |part: &&[u8]| {
        let letters = part.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        letters >= least && part.len() - letters <= 4 && part.iter().skip(letters).all(u8::is_ascii_digit)
    };
    let number = |part: &&[u8]| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
    let joint = |part: &&[u8]| JOINTS.iter().any(|word| *part == word.as_bytes());
    let words = parts.iter().filter(|part| word(part)).count();
    words >= 2
        && parts.len() >= 3
        && parts.iter().all(|part| (word(part) && !joint(part)) || number(part))
        && !value.contains(&b'_')
        && (!is_dotted || value.last().is_some_and(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn what_differs_from_a_word_is_kept() {
        for value in [
            "hunter2",
            "Summer2024!",
            "Tiger$Lily",
            "openSesame!",
            "correct-horse-battery",
            "zebra-lamp-77",
            "black-bar-example7",
            "Falcon_9_heavy",
            "P@ssw0rd123",
            "a8Fk2!",
            "gr33n.tea",
            "hunter2**",
            "mTLjFIqzDu",
            "PpQGjkaPJSkv",
            "tinder-Box5",
            "wB7-krokus",
            "walrus.Tango.51",
            "sorrel_Leaf5",
            "harbor.river.loud1",
            "V9PswbTDREDfZ2LAmfHq",
        ] {
            check(judge, value, Verdict::Keep);
        }
    }

    #[test]
    fn words_names_and_numbers_are_rejected() {
        for value in [
            "required",
            "letmein",
            "McDonaldsApp",
            "fooBarBazX",
            "GitHubActions",
            "sha256",
            "AES-256-GCM",
            "HS256",
            "8-character",
            "2nd",
            "oauth2-token",
            "end-to-end",
            "case-sensitive",
            "docs/setup2.md",
            "config1.yaml",
            "2024-11-21",
            "1.2.3",
            "https://a.example/x1y2",
            "read_password2()",
            "--password1",
            "a1",
            "$(cat f1)",
            "user_name_1",
            "fooBar.v2",
            "models.User2",
            "db.prod.node1",
            "stdout2",
            "wrong!",
        ] {
            check(judge, value, Verdict::Reject);
        }
    }
}
