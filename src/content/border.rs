//! Whether what stands behind a border goes on with what stands before it.
//!
//! What was joined of pieces is read over their borders, and most of what a rule lets a secret be of is what words and
//! settings are of, too: a token that was whole runs on over the next message. So where something was whole before a
//! border it ends there, if what stands behind looks like a beginning: a word, a setting, a call, an address, a host
//! behind a label, a date, a sign that closes something.
//!
//! **Bias.** What has a digit, a sign or a capital inside goes on. Behind a password that was broken at a border, words
//! do not; those of a stream do, which says by its blanks that it is one: see `join`.

use super::base64;

/// Letters of the longest word: `serialization` has thirteen.
const LONGEST_WORD: usize = 14;

/// Bytes of the first word that are looked at.
const NEAR: usize = 64;

/// Letters of the shortest word that may be all of a piece, and those that are shorter.
const SHORTEST_WORD: usize = 4;
const SHORT_WORDS: [&[u8]; 8] = [b"ok", b"yes", b"no", b"go", b"end", b"run", b"i", b"a"];

/// Letters of the shortest word that is no piece of what was whole before it, if those behind it are letters, too.
const SURE_WORD: usize = 6;

/// Letters of the shortest part of a name of several.
const PART_OF_NAME: usize = 3;

/// Letters of the shortest word of a line that is no rest of a word which was broken.
const WORD_OF_LINE: usize = 5;

/// Shorter ones that commands and statements begin with.
const COMMANDS: [&[u8]; 31] = [
    b"awk", b"cat", b"cp", b"curl", b"echo", b"else", b"exit", b"find", b"for", b"from", b"func", b"git",
    b"go", b"grep", b"head", b"if", b"kill", b"let", b"ls", b"make", b"mv", b"npm", b"npx", b"pip", b"rm",
    b"sed", b"ssh", b"sudo", b"tail", b"test", b"var",
];

/// How addresses begin.
const SCHEMES: [&[u8]; 24] = [
    b"http",
    b"https",
    b"ftp",
    b"ftps",
    b"sftp",
    b"ssh",
    b"git",
    b"ws",
    b"wss",
    b"tcp",
    b"redis",
    b"rediss",
    b"mongodb",
    b"mongodb+srv",
    b"postgres",
    b"postgresql",
    b"mysql",
    b"mariadb",
    b"amqp",
    b"amqps",
    b"kafka",
    b"nats",
    b"ldap",
    b"ldaps",
];

/// Bytes of the shortest base64 that is known by its end.
const SHORTEST_PADDED: usize = 14;

/// What a part was joined of.
#[derive(Clone, Copy)]
pub(super) enum Pieces {
    /// Nothing, or what belongs together for sure.
    One,
    /// Leaves, each of which may be whole.
    Leaves,
    /// Lines, of which one may end where a screen does.
    Lines,
}

impl Pieces {
    /// What tells of one of them that it begins anew, if any may.
    pub(super) fn begins_anew(self) -> Option<fn(&[u8]) -> bool> {
        match self {
            Self::One => None,
            Self::Leaves => Some(begins_anew),
            Self::Lines => Some(line_begins_anew),
        }
    }
}

/// Whether a text begins with something of its own.
pub(super) fn begins_anew(text: &[u8]) -> bool {
    let word = first_word(text);
    begins_with_sign(text)
        || is_labelled(word)
        || is_option(word)
        || is_file(word)
        || is_identifier(word)
        || is_word(word) && !is_fragment(word, text.get(word.len()))
}

/// Whether that is so sure that pieces of letters behind it, which might go on, do not speak against it.
pub(super) fn is_sure(text: &[u8]) -> bool {
    let word = first_word(text);
    is_address(text) || is_option(word) || is_identifier(word) || is_small_word(word, SURE_WORD)
}

/// `https://`, `redis://`: nothing goes on so. Of a scheme that is not known this may be the end of one: `gres://`.
pub(super) fn is_address(text: &[u8]) -> bool {
    let scheme = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(byte)).count();
    let (scheme, behind) = text.split_at_checked(scheme).unwrap_or_default();
    SCHEMES.contains(&scheme) && behind.starts_with(b"://")
}

/// Whether a piece may be more of a token: it has a digit, a sign, or a capital inside.
pub(super) fn is_of_token(piece: &[u8]) -> bool {
    piece.iter().any(|byte| !byte.is_ascii_alphabetic()) || piece.iter().skip(1).any(u8::is_ascii_uppercase)
}

/// Whether a piece may be the beginning of what stands before the sign of a mail address in the next: it ends in a sign
/// or has a digit, or has a sign and is no name of a setting.
pub(super) fn may_go_on_to_mail(before: &[u8], behind: &[u8]) -> bool {
    let is_sign = |byte: &u8| b"._-+".contains(byte);
    before.last().is_some_and(is_sign)
        || before.iter().any(u8::is_ascii_digit)
        || before.iter().any(is_sign) && memchr::memmem::find(before, b"mail").is_none()
        || behind.first().is_some_and(|first| first.is_ascii_digit() || is_sign(first))
}

/// The same of a line behind one that was broken, where a short word may be the rest of anything, but for a command.
fn line_begins_anew(text: &[u8]) -> bool {
    let word = first_word(text);
    begins_with_sign(text) || is_small_word(word, WORD_OF_LINE) || COMMANDS.contains(&word)
}

/// A word of so many letters at least, none of them a capital but the first.
fn is_small_word(word: &[u8], least: usize) -> bool {
    word.len() >= least && is_word(word) && word.iter().skip(1).all(u8::is_ascii_lowercase)
}

/// `OTHER_KEY`, `next_token`: words of one case that lines join.
fn is_identifier(word: &[u8]) -> bool {
    let mut parts = word.split(|byte| *byte == b'_');
    let letters = || word.iter().filter(|byte| **byte != b'_');
    word.contains(&b'_')
        && word.len() <= NEAR
        && (letters().all(u8::is_ascii_uppercase) || letters().all(u8::is_ascii_lowercase))
        && parts.all(|part| part.len() >= PART_OF_NAME)
}

/// An argument of a command: `-c`, `--all-files`.
fn is_option(word: &[u8]) -> bool {
    match word.strip_prefix(b"--") {
        Some(name) => name.len() > 1 && name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-'),
        None => matches!(word, [b'-', letter] if letter.is_ascii_alphabetic()),
    }
}

/// Whether a text begins with a sign that nothing goes on with, a name of its own, or a date.
fn begins_with_sign(text: &[u8]) -> bool {
    let near = text.get(..NEAR).unwrap_or(text);
    let word = first_word(near);
    is_named(near) || is_date(word) || word.iter().all(|byte| b"{}[]();,\"'`".contains(byte))
}

/// Whether what ends so is sure to go on with a text. A full stop may end a sentence, and equals signs base64.
pub(super) fn is_open(text: &[u8], behind: &[u8]) -> bool {
    let word = first_word(behind);
    let is_sentence = || {
        text.ends_with(b".")
            && is_word(word)
            && word.first().is_some_and(u8::is_ascii_uppercase)
            && behind.len() > word.len()
    };
    let is_padded = base64::padded(text, b"+/") >= SHORTEST_PADDED;
    text.last().is_some_and(|last| b"-_.+/=:@%".contains(last)) && !is_sentence() && !is_padded
}

/// The name of a file, with its directories or the number of a line: `src/main.rs:17`, `/srv/app`. The end of a mail
/// address looks the same, but for what follows the last dot.
fn is_file(word: &[u8]) -> bool {
    let endings: [&[u8]; 22] = [
        b"rs", b"py", b"js", b"ts", b"tsx", b"md", b"json", b"yml", b"yaml", b"toml", b"txt", b"go", b"java",
        b"html", b"css", b"cpp", b"php", b"sql", b"log", b"xml", b"lock", b"cfg",
    ];
    let name = word.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let parts: Vec<&[u8]> = name.split(|byte| *byte == b'/').collect();
    let is_absolute = parts.len() > 2
        && parts.first().is_some_and(|root| matches!(root, [] | [b'.'] | [b'~']))
        && parts.get(1).is_some_and(|part| part.len() > 1 && part.iter().all(u8::is_ascii_lowercase));
    // Some are those of domains, too: without a directory those are none.
    let is_domain = |ending: &[u8]| [&b"rs"[..], b"md", b"py"].contains(&ending) && name.len() == word.len();
    let ending = name.rsplit(|byte| *byte == b'.').next().filter(|ending| ending.len() < name.len());
    let ending = ending.filter(|ending| parts.len() > 1 || !is_domain(ending));
    parts.iter().skip(1).all(|part| part.iter().all(is_plain))
        && (is_absolute
            || name.iter().all(|byte| is_plain(byte) || *byte == b'/')
                && ending.is_some_and(|it| endings.contains(&it)))
}

fn first_word(text: &[u8]) -> &[u8] {
    let near = text.get(..NEAR).unwrap_or(text);
    let end = near.iter().position(u8::is_ascii_whitespace).unwrap_or(near.len());
    near.get(..end).unwrap_or_default()
}

/// One to three letters may be a piece of anything, unless a blank follows or they are all that somebody says.
fn is_fragment(word: &[u8], behind: Option<&u8>) -> bool {
    let letters: Vec<u8> =
        word.iter().filter(|byte| byte.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect();
    let is_short_word = SHORT_WORDS.contains(&letters.as_slice());
    let is_word = letters.len() >= SHORTEST_WORD || word.contains(&b'\'') || is_short_word;
    !is_word && (behind != Some(&b' ') || letters.len() < 2)
}

/// Letters, or several runs of them with a sign between: `I'll`, `re-run`, `done.`; none with a capital inside.
fn is_word(word: &[u8]) -> bool {
    let end = word.iter().rposition(|byte| !b".,:;!?)]}\"'`".contains(byte)).map_or(0, |last| last + 1);
    let start = word.iter().position(|byte| !b"([{\"'`".contains(byte)).unwrap_or(0);
    let Some(inside) = word.get(start..end) else { return false };
    let runs = |text| <[u8]>::split(text, |byte| b"-'/".contains(byte));
    let inside = match inside {
        // `eu-west-1`
        [words @ .., b'-' | b'\'' | b'/', b'0'..=b'9']
            if runs(words).filter(|run| run.len() > 1).count() > 1 =>
        {
            words
        }
        _ => inside,
    };
    runs(inside).all(|run| {
        let is_capital = run.iter().all(u8::is_ascii_uppercase);
        let rest = run.get(1..).unwrap_or_default();
        (1..=LONGEST_WORD).contains(&run.len())
            && run.iter().all(u8::is_ascii_alphabetic)
            && (is_capital || rest.iter().all(u8::is_ascii_lowercase))
    })
}

/// Whether a text begins with a name of its own: `NAME=value`, `name: value`, `https://`, `name(`.
pub(super) fn is_named(text: &[u8]) -> bool {
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte)).count();
    let is_sign = match text.get(name..).unwrap_or_default() {
        [b'=', next, ..] => !next.is_ascii_whitespace() && *next != b'=',
        [b':', next, ..] => next.is_ascii_whitespace() || *next == b'/',
        [b':'] => true,
        [b'(', ..] => name > 1,
        _ => false,
    };
    is_sign && text.first().is_some_and(|first| !first.is_ascii_digit())
}

/// Whether a text begins as a form does, with any digit for a zero.
pub(super) fn begins_like(text: &[u8], form: &[u8]) -> bool {
    let is_as = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    text.len() >= form.len() && text.iter().zip(form).all(is_as)
}

/// `group:admins@mail.example`, `domain:mail.example`: small letters before a colon, and a host or a mail address behind.
fn is_labelled(word: &[u8]) -> bool {
    let mut parts = word.splitn(2, |byte| *byte == b':');
    let label = parts.next().unwrap_or_default();
    let host = parts.next().unwrap_or_default();
    label.len() >= SHORTEST_WORD
        && label.iter().all(u8::is_ascii_lowercase)
        && host.first().is_some_and(u8::is_ascii_lowercase)
        && host.contains(&b'.')
        && host.iter().all(|byte| byte.is_ascii_lowercase() || b".-@".contains(byte))
}

/// `2026-11-30`, `10:00:01,123`, `2026-11-30T10:00:01Z`.
fn is_date(word: &[u8]) -> bool {
    let forms = [&b"0000-00-00"[..], b"0000/00/00", b"00:00:00"];
    forms.iter().any(|form| begins_like(word, form))
        && word.iter().all(|byte| byte.is_ascii_digit() || b"-:/.,TZ+".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_scheme_that_is_known() {
        for (text, is) in
            [("https://a", true), ("redis://", true), ("gres://a", false), ("+srv://a", false), ("a", false)]
        {
            assert_eq!(is_address(text.as_bytes()), is, "{text}");
        }
    }

    #[test]
    fn a_name_goes_on_and_base64_ends_with_its_sign() {
        let base64 = "YmxhY2tiYXItYmxhY2tiYXIt";
        for (text, is) in [
            ("API_KEY=".to_owned(), true),
            (format!("KEY={base64}YQ=="), false),
            (format!("KEY={base64}YWI="), false),
            (format!("KEY={base64}YQ="), true),
            (base64.to_owned() + ".", true),
        ] {
            assert_eq!(is_open(text.as_bytes(), b"done now"), is, "{text}");
        }
    }

    #[test]
    fn words_settings_and_dates_begin_anew() {
        for text in [
            "continue",
            "I'll fix it",
            "OK",
            "thanks.",
            "username=bob",
            "redis://cache:6379/0",
            "}",
            "name: x",
            "done)",
            "2026-11-30 10:00",
            "10:00:01 INFO",
            "re-run",
            "print(b)",
            "eu-west-1",
            "-c",
            "--all-files",
            "OTHER_KEY",
            "next_token",
            "config.yml",
            "group:admins@mail.example",
            "src/main.rs:17 was changed",
            "/srv/app/config.yml",
            "",
        ] {
            assert!(begins_anew(text.as_bytes()), "{text}");
        }
        for text in [
            "moor.de",
            "Q9plk",
            "1111 1111",
            "ter2 ok",
            "aBcD",
            "abcdefghijklmnopq",
            "_x",
            "x9",
            "==",
            "/Qx9/a",
            "hen.rs",
            "a-1",
            "abcd-12",
            "-",
            "-x9",
            "ab_cdef",
            "Abc_def",
            "ABC_def",
            "abc_",
            "abc:d",
            "abcd:7",
            "aBcd:d",
            "moor:schluessel@torf",
            "abcd:efg.hijk9x2",
        ] {
            assert!(!begins_anew(text.as_bytes()), "{text}");
        }
    }
}
