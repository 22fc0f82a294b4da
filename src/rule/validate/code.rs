//! Source code: `password = read_password()` assigns a secret and shows none. For values without quotes,
//! where a word may be a value or a name.
//!
//! Where it is data for sure (a leaf, an environment file, an option) a word is a value, and so is a word alone behind
//! its key on a line, as in YAML. Elsewhere a name without digits is taken for a name: `password = letmein` in a text
//! is missed, knowingly; letters that only chance puts so (`mTLjFIqzDu`) are a value.

use super::{Match, Verdict, context, entropy, password_like, placeholder};

/// The shortest key in base64 that is told from a path.
const BASE64: usize = 32;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let value = placeholder::trim(unbold(matched.secret()));
    let number = value.iter().all(u8::is_ascii_digit) && value.len() < 4;
    if value.is_empty()
        || number
        || is_own_member(value, context::key(&matched))
        || is_environment(value)
        || is_call(matched.secret())
        || is_east_asian(value)
    {
        return Verdict::Reject;
    }
    let closed = closing(matched.secret()).iter().any(|byte| b",;)]".contains(byte));
    let typed = matched.after().starts_with(b" = ") || is_integer(value);
    let data = context::is_data(&matched)
        || context::is_setting(&matched)
        || (matched.before().ends_with(b"=") && is_dated(value));
    Verdict::keep_if(data || !(typed || is_flag(value) || is_code(value, closed)))
}

/// `password=args.password`, `api_key=settings.ACME_API_KEY`: what something else has under the same name.
fn is_own_member(value: &[u8], key: &[u8]) -> bool {
    let last =
        |name: &[u8]| name.rsplit(|byte| *byte == b'.').next().unwrap_or_default().to_ascii_lowercase();
    let plain = |byte: &u8| byte.is_ascii_alphabetic() || matches!(*byte, b'.' | b'_');
    is_member(value) && value.iter().all(plain) && !key.is_empty() && last(value).ends_with(&last(key))
}

/// `process.env.ACME_KEY2`: a variable of the environment, as JavaScript writes it.
fn is_environment(value: &[u8]) -> bool {
    let name =
        [&b"process.env."[..], b"import.meta.env."].iter().find_map(|start| value.strip_prefix(*start));
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_,;)!".contains(byte);
    name.is_some_and(|name| name.iter().all(plain))
}

/// `Summer24`, `Summer_2024`: a word with a capital and a number behind it, as people make up passwords. No variable is
/// called so, and few types are.
fn is_dated(value: &[u8]) -> bool {
    let small = value.iter().skip(1).take_while(|byte| byte.is_ascii_lowercase()).count();
    let number = value.get(small + 1..).unwrap_or_default();
    let number = number.strip_prefix(b"_").unwrap_or(number);
    value.first().is_some_and(u8::is_ascii_uppercase)
        && small >= 3
        && (2..=4).contains(&number.len())
        && number.iter().all(u8::is_ascii_digit)
        && !password_like::is_technical(value)
}

/// `0x80`: a number that a constant is given.
fn is_flag(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"0x").unwrap_or_default();
    (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit)
}

/// What begins in characters of China, Japan or Korea: a text for people. No password field takes them.
fn is_east_asian(value: &[u8]) -> bool {
    let first = value.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    first.is_some_and(|first| matches!(first, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}'))
}

/// `z.string().min(8)`, `t('login.password'),`: a call, whatever it stands in. A name with a dot before the bracket, or a
/// quote or nothing behind it; a password that looks so is missed.
fn is_call(value: &[u8]) -> bool {
    let (name, rest) = called(value);
    let dotted = name.windows(2).any(|pair| pair.first() != Some(&b'.') && pair.last() == Some(&b'.'));
    let inside = matches!(rest, [b'(', b'"' | b'\'' | b'`' | b')', ..]) || (dotted && rest.starts_with(b"("));
    (inside && is_name(name) && matches!(rest.last(), Some(b')' | b']'))) || is_call_of_member(value)
}

/// `base64.b64decode(rest)`, `x25519_dalek::StaticSecret::random()?;`, `sha1(x)`: names may have digits anywhere where they
/// are of several parts, and where the number belongs to a technique.
fn is_call_of_member(value: &[u8]) -> bool {
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:".contains(byte);
    let (name, rest) = value.split_at(value.iter().take_while(|byte| in_name(byte)).count());
    let is_part =
        |part: &[u8]| part.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_');
    let name = std::str::from_utf8(name).unwrap_or_default().replace("::", ".");
    let parts: Vec<&str> = name.split('.').collect();
    let is_path = parts.len() > 1 && parts.iter().all(|part| is_part(part.as_bytes()) && !part.contains(':'));
    let end = rest.iter().rposition(|byte| !b",;?".contains(byte)).and_then(|end| rest.get(end));
    let is_technique = parts.len() == 1 && password_like::is_technical(name.as_bytes());
    rest.starts_with(b"(") && (is_path && matches!(end, Some(b')' | b']')) || is_technique)
}

/// The name that a value begins with, dots and all, and what stands behind it up to the signs that end a line.
pub(super) fn called(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().rposition(|byte| !b",;".contains(byte)).map_or(0, |at| at + 1);
    let value = value.get(..end).unwrap_or_default();
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(*byte, b'_' | b'.');
    value.split_at(value.iter().take_while(|byte| part(byte)).count())
}

/// Without the marks of bold text.
fn unbold(value: &[u8]) -> &[u8] {
    let Some(rest) = value.strip_prefix(b"**") else { return value };
    memchr::memmem::find(rest, b"**").and_then(|end| rest.get(..end)).unwrap_or(value)
}

/// The punctuation a value ends in.
fn closing(value: &[u8]) -> &[u8] {
    value.get(placeholder::trim(value).len()..).unwrap_or_default()
}

/// `closed`: punctuation of code stands behind it. A full stop or a backtick ends a sentence instead.
fn is_code(value: &[u8], closed: bool) -> bool {
    let opens = matches!(
        value.first(),
        Some(b'(' | b'[' | b'{' | b'<' | b'=' | b'|' | b'&' | b'*' | b'\\' | b'>' | b':')
    );
    // A letter of another script is one of a word, too.
    let plain = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || b"_.:!?->&".contains(byte);
    let word = value.iter().position(|byte| !plain(byte)).unwrap_or(value.len());
    let next = value.get(word);
    let call = word > 0
        && next.is_some_and(|byte| b"([{</,;\"'=|)".contains(byte))
        && !(next == Some(&b'/') && is_base64(value));
    // `i})}` and `!0,x`: the end of what was minified, and its `true`.
    let ends = (word > 0 && value.get(word..).is_some_and(|rest| rest.starts_with(b"})")))
        || matches!(value, [b'!', b'0' | b'1', b',' | b'}', ..]);
    opens
        || call
        || ends
        || (next.is_none() && !password_like::is_random(value))
        || (closed && is_name(value))
        || has_operator(value)
        || is_member(value)
}

/// A key that has a slash near its beginning, and no path.
fn is_base64(value: &[u8]) -> bool {
    // The next parameter of a URL is none of it.
    let value = value.split(|byte| *byte == b'&').next().unwrap_or_default();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    value.len() >= BASE64
        && value.iter().all(plain)
        && value.iter().filter(|byte| byte.is_ascii_digit()).count() >= 2
        && value.iter().any(u8::is_ascii_uppercase)
        && entropy::random(value)
        && !is_name(value)
}

/// `Foo2::new(`, `x1->y`: a name, and what only stands behind a name. `hunter2&&ls` is none.
fn has_operator(value: &[u8]) -> bool {
    let operators = [&b"::"[..], b"->", b"=>", b"()"];
    // `$self->{pass}`: the sign of a variable.
    let value = value.strip_prefix(b"$").unwrap_or(value);
    let at = value.windows(2).position(|pair| operators.contains(&pair));
    at.is_some_and(|at| is_name(value.get(..at).unwrap_or_default()))
}

/// `20u32`, `u32`: a number of a language, or its type.
fn is_integer(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut types =
        ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "usize", "isize"].iter();
    types.any(|name| value.get(digits..) == Some(name.as_bytes()))
}

/// Words with a number behind them at most, joined by dots, dashes or underscores.
pub(super) fn is_name(value: &[u8]) -> bool {
    value.split(|byte| matches!(*byte, b'.' | b'_' | b'-' | b'/' | b':')).all(|part| {
        let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let rest = part.get(letters..).unwrap_or_default();
        rest.len() <= 4 && rest.iter().all(u8::is_ascii_digit)
    })
}

/// `self.x1`, `this.x1`.
pub(super) fn is_member(value: &[u8]) -> bool {
    [&b"self."[..], b"this.", b"args.", b"config.", b"opts.", b"options.", b"settings."]
        .iter()
        .any(|start| value.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn code_is_rejected() {
        for value in [
            "**p;",
            "getenv(\"X\")",
            "read_password();",
            "base64.urlsafe_b64encode(digest)",
            "Ed25519KeyPair::from_pkcs8(&pem)?;",
            "x25519_dalek::StaticSecret::random();",
            "sha1(x)",
            "argon2id(&input,",
            "String,",
            "Option<String>,",
            "self.password1",
            "process.env.ACME_KEY2,",
            "settings.DB_PASSWORD",
            "&str",
            "(a)",
            "Vec::new(),",
            "other_password",
            "token2,",
            "20u32;",
            "u32",
            ":U8(59),",
            "12",
            "!0,range:!0",
            "i}){let{t:n}=(0,a.f)();return",
            "a.b.c",
            "$self->{pass}",
            "",
        ] {
            check(judge, &format!("let password = \u{ab}{value}\u{bb} x"), Verdict::Reject);
        }
    }

    #[test]
    fn values_are_kept() {
        for value in [
            "hunter2",
            "Tr0ub4dor&ZYXKw#aWFi\"x",
            "1qwVgrC8S!r3jjbk",
            "s3cr3t-p4ss;",
            "hunter2&&ls",
            "123456",
            "hunter2.",
            "hunter2`",
            "**hunter2**",
            "mTLjFIqzDu",
            "Quail7(Moss)",
        ] {
            check(judge, &format!("password = \u{ab}{value}\u{bb} x"), Verdict::Keep);
        }
        check(judge, "DB_PASSWORD=\u{ab}letmein\u{bb}", Verdict::Keep);
        check(judge, "User(name=ada, password=\u{ab}Summer_24,\u{bb} age=3)", Verdict::Keep);
        check(judge, "f(user=ada, password=\u{ab}password24,\u{bb} age=3)", Verdict::Reject);
        check(judge, "f(user=ada, hash=\u{ab}Sha256,\u{bb} age=3)", Verdict::Reject);
        check(judge, "key: \u{ab}b/wJalrXUtnFEMI4K7MDENGbPxRfiCYEz8K2\u{bb} x", Verdict::Keep);
        check(judge, "?key=\u{ab}b/wJalrXUtnFEMI4K7MDENGbPxRfiCYEz8K2&b=c\u{bb} x", Verdict::Keep);
        check(judge, "key: \u{ab}src/components/Login2/InputPassword2x\u{bb} x", Verdict::Reject);
        check(judge, "password: \u{ab}letmein\u{bb}", Verdict::Keep);
        check(judge, "db:\n  password: \u{ab}letmein\u{bb}\n  user: app", Verdict::Keep);
        check(judge, "password=\u{ab}args.password\u{bb}", Verdict::Reject);
        check(judge, "password: \u{ab}\u{43d}\u{435}\u{442}\u{bb} x", Verdict::Reject);
        check(judge, "password: \u{ab}\u{43c}\u{43e}\u{439}77\u{bb} x", Verdict::Keep);
        check(judge, "password: \u{ab}\u{8bf7}\u{8f93}\u{5165}8\u{bb}", Verdict::Reject);
        check(judge, "password: \u{ab}\u{d544}\u{c218}\u{bb}", Verdict::Reject);
        for call in ["z.string().min(8)", "t('login.password'),", "faker.internet.password(),", "read();"] {
            check(judge, &format!("password: \u{ab}{call}\u{bb}"), Verdict::Reject);
        }
        for value in ["hunter2(x)", "a.b(c", "(hunter.two)", "x9.y(z)!"] {
            check(judge, &format!("password: \u{ab}{value}\u{bb}"), Verdict::Keep);
        }
        for data in ["options.letmein-Zebra", "this.is-my-Password", "0xDEADBEEFcafe1234", "0xc0ffee99"] {
            check(judge, &format!("DB_PASSWORD=\u{ab}{data}\u{bb}"), Verdict::Keep);
        }
    }
}
