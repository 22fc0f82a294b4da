//! Words that stand for a secret: variables, templates, type names, masks, and what somebody else
//! blacked out already.
//!
//! `changeme`, `secret` or `example` are no placeholders here: they open doors as long as nobody changed
//! them. A value that repeats its key is one, being mostly source code, and so is the word `password`
//! itself, wherever it stands, and `pass` (`user:pass@host` is in the documentation of everything that takes a URL).

use super::{Match, Verdict, context};

/// What secrets are called.
const NOUNS: [&str; 12] = [
    "password",
    "passwort",
    "kennwort",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "credentials",
];
/// What is said of them.
const STATES: [&str; 40] = [
    "api",
    "your",
    "vergessen",
    "access",
    "auth",
    "wrong",
    "invalid",
    "missing",
    "weak",
    "bad",
    "incorrect",
    "expired",
    "forgot",
    "forgotten",
    "reset",
    "change",
    "confirm",
    "repeat",
    "verify",
    "enter",
    "new",
    "old",
    "current",
    "unknown",
    "no",
    "not",
    "is",
    "too",
    "short",
    "long",
    "mismatch",
    "required",
    "requires",
    "empty",
    "blank",
    "has",
    "must",
    "updated",
    "changed",
    "successfully",
];
/// What a sentence about one has.
const VERBS: [&str; 9] = ["is", "are", "was", "must", "should", "cannot", "does", "has", "please"];
/// Words of a sentence.
const SENTENCE_WORDS: usize = 4;
/// Words in which something is said of one.
const STATE_WORDS: usize = 4;

/// Values that are no values, in lower case: catalogues of texts have words for a password as labels of forms.
const NOTHING: [&str; 64] = [
    // What Ansible prints in place of one.
    "value_specified_in_no_log_parameter",
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "string",
    "str",
    "&str",
    "number",
    "boolean",
    "bool",
    "integer",
    "int",
    "bytes",
    "any",
    "object",
    "optional",
    "required",
    "redacted",
    "masked",
    "hidden",
    "unset",
    "empty",
    "password",
    "passwd",
    "pass",
    "passwort",
    "kennwort",
    "contrase\u{f1}a",
    "mot de passe",
    "wachtwoord",
    "senha",
    "has\u{142}o",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}",
    "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}",
    "\u{5bc6}\u{7801}",
    "\u{be44}\u{bc00}\u{bc88}\u{d638}",
    "heslo",
    "parola",
    "parol\u{103}",
    "parole",
    "l\u{f6}senord",
    "contrasenya",
    "jelsz\u{f3}",
    "slapta\u{17e}odis",
    "salasana",
    "salas\u{f5}na",
    "palavra-passe",
    "passord",
    "passwuert",
    "adgangskode",
    "\u{15f}ifre",
    "geslo",
    "lozinka",
    "\u{3ba}\u{3c9}\u{3b4}\u{3b9}\u{3ba}\u{3cc}\u{3c2}",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{430}",
    "\u{5e1}\u{5d9}\u{5e1}\u{5de}\u{5d4}",
    "\u{5bc6}\u{78bc}",
    "kata sandi",
    "m\u{1ead}t kh\u{1ea9}u",
];
/// Bytes of the longest of them, and of its capitals.
const LONGEST_NOTHING: usize = 64;
/// How the words of a template start.
const TEMPLATES: [&str; 30] = [
    "your_",
    "your-",
    "your ",
    "insert_",
    "insert-",
    "replace_",
    "replace-",
    "placeholder",
    "process.env",
    "os.environ",
    "os.getenv",
    "env.",
    "secrets.",
    "vault:",
    "op://",
    "ref+",
    "!ref ",
    "!sub ",
    "!vault ",
    "!getatt ",
    "!importvalue ",
    "$_.",
    "$_cookie[",
    "$_env[",
    "$_get[",
    "$_post[",
    "$_request[",
    "$_server[",
    "$_session[",
    "--",
];
/// What something that is filled in later, or was blacked out, stands between.
const MARKS: [(&str, char); 9] = [
    ("${", '}'),
    ("{{", '}'),
    ("$(", ')'),
    ("#{", '}'),
    ("%(", ')'),
    ("[redacted", ']'),
    ("<redacted", '>'),
    ("[masked", ']'),
    ("<masked", '>'),
];

/// How values that are encrypted already begin: those of SOPS and of Ansible.
const ENCRYPTED: [&str; 2] = ["enc[aes256_gcm,", "$ansible_vault;"];
/// What a form asks of a value.
const DEMANDS: [&str; 20] = [
    "required",
    "required_if",
    "required_with",
    "required_without",
    "nullable",
    "sometimes",
    "filled",
    "present",
    "confirmed",
    "string",
    "current_password",
    "min",
    "max",
    "size",
    "between",
    "same",
    "different",
    "regex",
    "unique",
    "exists",
];
/// Bytes of the shortest that stands for nothing else by itself.
const SHORTEST_DEMAND: usize = 8;

/// Words with digits that stand in brackets for what is written so.
const ENCODINGS: [&str; 5] = ["base64", "base32", "sha256", "sha512", "md5"];

/// Bytes of the longest name of a secret that is found standing in for its value.
const LONGEST_NAME: usize = 64;

/// Letters and digits beside such a mark that are still no secret of their own: `v1-${HASH}`.
const BESIDE: usize = 3;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let value = trim(matched.secret());
    let text = String::from_utf8_lossy(value);
    let placeholder = same_word(value, context::key(&matched))
        || is_nothing(&text)
        || (!value.iter().any(u8::is_ascii_digit)
            && TEMPLATES.iter().any(|start| starts_with(value, start.as_bytes())))
        || (value.iter().any(|byte| b"$#%{[<".contains(byte)) && is_filled_in(&text.to_ascii_lowercase()))
        || is_mask(&text)
        || is_elided(matched.secret())
        || is_variable(value)
        || is_name_of_variable(value)
        || is_format(value)
        || is_state(&text)
        || is_demand(&text)
        || is_block_label(&matched)
        || ENCRYPTED.iter().any(|start| starts_with(value, start.as_bytes()))
        || is_sentence(&text)
        || is_bracketed(&text)
        || is_path(&text)
        || (is_keyword_argument(value) && !context::is_data(&matched))
        || is_rest_of_code(matched.secret());
    Verdict::keep_if(!placeholder)
}

/// Whether it is one of the values that are none.
fn is_nothing(text: &str) -> bool {
    text.len() <= LONGEST_NOTHING && NOTHING.contains(&text.to_lowercase().as_str())
}

/// `${VAR}`, `{{ secret }}`, `[REDACTED:...]`: nothing else than marks. What stands beside them is judged
/// on its own: `hunter2${SUFFIX}` is a password with a suffix.
fn is_filled_in(secret: &str) -> bool {
    let mut rest = secret.to_owned();
    let mut found = false;
    for (open, close) in MARKS {
        while let Some(start) = rest.find(open) {
            // A mark that names something else than a word is text, and so is one that is not closed,
            // unless the value begins with it: a value without quotes ends at the first space.
            let inside = start + open.len();
            let closed = rest.get(inside..).and_then(|mark| mark.find(close)).map(|at| inside + at);
            let end = closed.unwrap_or(rest.len());
            if (closed.is_none() && start > 0) || !rest.get(inside..end).is_some_and(is_expression) {
                break;
            }
            found = true;
            rest.replace_range(start..(end + close.len_utf8()).min(rest.len()), "");
        }
    }
    found && rest.chars().filter(char::is_ascii_alphanumeric).count() <= BESIDE
}

/// `VAR`, ` .Values.token `, `:pii.email`: a name of something, rather than a secret in brackets.
fn is_expression(inside: &str) -> bool {
    let digits = inside.chars().filter(char::is_ascii_digit).count();
    digits <= BESIDE
        && inside.chars().all(|c| c.is_ascii_alphanumeric() || " _-.:/|\"'()[]{}?=,$".contains(c))
}

/// `)?;` or `");`: what stands behind a string that ended, in source code.
fn is_rest_of_code(secret: &[u8]) -> bool {
    matches!(secret, [b')' | b',' | b';'] | [b')' | b',', b')' | b'?' | b';' | b',' | b' ' | b'.', ..])
}

/// Without the punctuation of the text round it.
pub(super) fn trim(value: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| matches!(*byte, b',' | b';' | b'"' | b'\'' | b'`' | b')' | b']' | b'\\' | b'.');
    let end = value.iter().rposition(|byte| !is_end(byte)).map_or(0, |at| at + 1);
    value.get(..end).unwrap_or_default()
}

/// `xxxx`, `****`, `...`: one character again and again.
fn is_mask(secret: &str) -> bool {
    let lower = secret.chars().map(|c| c.to_ascii_lowercase());
    let mut bare = lower.filter(|c| !matches!(c, '-' | '_' | '.' | ' ' | '*'));
    let Some(first) = bare.next() else { return true };
    let more = bare.clone().count();
    let same = bare.all(|c| c == first) && (!first.is_ascii_digit() || (first == '0' && more > 4));
    same || ends_in_a_mask(secret)
}

/// `ghp_xxxxxxxxxxxx`: a prefix, and one character for all the rest.
fn ends_in_a_mask(secret: &str) -> bool {
    let Some(last) = secret.chars().last().filter(|last| "xX*0.#?".contains(*last)) else { return false };
    let run = secret.chars().rev().take_while(|c| c.eq_ignore_ascii_case(&last)).count();
    run >= 8 && run * 2 > secret.chars().count()
}

fn starts_with(value: &[u8], start: &[u8]) -> bool {
    value.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// `sk-...`, `ab***`: a few characters, and a sign that the rest was left out.
fn is_elided(secret: &[u8]) -> bool {
    let secret = secret.trim_ascii_end();
    let cut = secret.strip_suffix(b"...").or_else(|| secret.strip_suffix(b"***"));
    let shown = |cut: &[u8]| cut.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let plain = |cut: &[u8]| !cut.iter().any(u8::is_ascii_digit);
    cut.is_some_and(|cut| shown(cut) <= 4 || (shown(cut) < 12 && plain(cut)))
}

/// `$VAR`, `$var_name`, `$1`, `%s`, `%VAR%`, `@var`.
fn is_variable(secret: &[u8]) -> bool {
    let word = |name: &[u8]| !name.is_empty() && name.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_');
    match secret {
        [b'$', name @ ..]
            if name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
                && (name.contains(&b'_') || !name.iter().any(u8::is_ascii_digit)) =>
        {
            true
        }
        [b'%', name @ .., b'%'] => word(name),
        [b'%', name] => name.is_ascii_alphabetic(),
        [b'$', argument] => argument.is_ascii_alphanumeric(),
        [b'$' | b'@', name @ ..] => word(name),
        _ => false,
    }
}

/// `DB_PASSWORD`, `OTHER_API_KEY`: where the value is to be found.
fn is_name_of_variable(secret: &[u8]) -> bool {
    let is_noun = |word: &[u8]| NOUNS.iter().any(|noun| word.eq_ignore_ascii_case(noun.as_bytes()));
    secret.len() <= LONGEST_NAME
        && secret.contains(&b'_')
        && secret.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
        && secret.split(|byte| *byte == b'_').any(is_noun)
}

/// `%s:%s`: what is filled in by a call, and nothing else that could be read.
fn is_format(secret: &[u8]) -> bool {
    let mut parts = secret.split(|byte| *byte == b'%');
    let readable = |text: &[u8]| text.iter().any(u8::is_ascii_alphanumeric);
    let is_verb = |part: &[u8]| match part {
        [verb, rest @ ..] => b"sdvqrxu".contains(verb) && !readable(rest),
        [] => false,
    };
    !parts.next().is_some_and(readable) && secret.contains(&b'%') && parts.all(is_verb)
}

/// `help="..."`, `required=True`: what else a call says of an option that is called so. Behind the sign stands a quote
/// or a word of the language: anything else may be a password.
fn is_keyword_argument(secret: &[u8]) -> bool {
    [
        &b"help="[..],
        b"default=",
        b"type=",
        b"action=",
        b"required=",
        b"dest=",
        b"env=",
        b"metavar=",
        b"nargs=",
    ]
    .iter()
    .filter_map(|name| secret.strip_prefix(*name))
    .any(|rest| {
        [&b"\""[..], b"'", b"True", b"False", b"None", b"str", b"int"]
            .iter()
            .any(|start| rest.starts_with(start))
    })
}

/// `<your key>`, `{password}`, `[token]`, `<base64>`, `{0}`.
/// `The password is invalid`: a sentence with the name of a secret in it, and not a phrase that is one. With a digit
/// in it, it may tell one.
fn is_sentence(secret: &str) -> bool {
    let blanks = secret.bytes().filter(|byte| *byte == b' ').count();
    if blanks + 1 < SENTENCE_WORDS || secret.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let lower = secret.to_ascii_lowercase();
    let words = || lower.split([' ', '.', ',']).filter(|word| !word.is_empty());
    words().count() >= SENTENCE_WORDS
        && words().any(|word| NOUNS.contains(&word))
        && words().any(|word| VERBS.contains(&word))
}

/// `wrong-password`, `new_password`, `token expired`: what is said of a secret, as errors and forms do.
fn is_state(secret: &str) -> bool {
    let secret = secret.trim_end_matches(['?', '!']);
    if !secret.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_ ".contains(&byte)) {
        return false;
    }
    let lower = secret.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['-', '_', ' ']).collect();
    (2..=STATE_WORDS).contains(&words.len())
        && words.iter().any(|word| NOUNS.contains(word))
        && words.iter().any(|word| STATES.contains(word))
        && words.iter().all(|word| NOUNS.contains(word) || STATES.contains(word))
}

/// The name of a block in Terraform, behind its type: `resource "random_password" "db"`.
fn is_block_label(matched: &Match<'_>) -> bool {
    let line = context::line_before(matched).trim_ascii_start();
    line.ends_with(b"\" \"")
        && [&b"resource \""[..], b"data \"", b"ephemeral \""].iter().any(|start| line.starts_with(start))
}

/// `required|min:8|confirmed`, `min:8`, `nullable`: what a form asks of a password, as frameworks for the web write it.
fn is_demand(secret: &str) -> bool {
    let is_one = |part: &str| DEMANDS.contains(&part.split(':').next().unwrap_or_default());
    let is_word = secret.len() < SHORTEST_DEMAND && !secret.contains([':', '|']);
    !is_word && secret.split('|').all(is_one)
}

fn is_bracketed(secret: &str) -> bool {
    let whole = |open, close| {
        let inside = secret.strip_prefix(open).and_then(|rest: &str| rest.strip_suffix(close));
        inside.is_some_and(|inside| {
            ENCODINGS.contains(&inside)
                || (inside.len() <= 2 && inside.bytes().all(|byte| byte.is_ascii_digit()))
        })
    };
    if whole('<', '>') || whole('{', '}') {
        return true;
    }
    let inner = |open, close, more: &str| {
        secret.strip_prefix(open).is_some_and(|rest: &str| {
            rest.trim_end_matches(close)
                .chars()
                .all(|c| c.is_ascii_alphabetic() || " _-.:>}".contains(c) || more.contains(c))
        })
    };
    // In braces an expression may stand: `{self.key(name)}`.
    inner('<', '>', "") || inner('{', '}', "()[]'") || inner('[', ']', "")
}

/// `/run/secrets/db`, `./key.pem`, `~/.ssh/id`: a path with a plain word in it.
fn is_path(secret: &str) -> bool {
    let rooted = secret.starts_with('/')
        || secret.starts_with("./")
        || secret.starts_with("../")
        || secret.starts_with("~/");
    let plain = |part: &str| part.len() > 2 && part.chars().all(|c| c.is_ascii_alphabetic());
    rooted
        && !secret.bytes().any(|byte| byte.is_ascii_digit())
        && secret.split(['/', '.', '-', '_']).any(plain)
        && !secret.contains(['+', '=', '!', '#', '&'])
}

/// Only what is a word can be taken for a name: of two equal tokens on a line the first is no key.
fn same_word(value: &[u8], key: &[u8]) -> bool {
    let is_word = value.len() <= LONGEST_NAME && !value.iter().any(u8::is_ascii_digit);
    fn letters(text: &[u8]) -> impl Iterator<Item = u8> {
        let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        text.iter().filter(is_letter).map(u8::to_ascii_lowercase)
    }
    is_word && !value.is_empty() && letters(value).eq(letters(key))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn what_stands_for_a_secret_is_rejected() {
        for value in [
            "<your key>",
            "<password>",
            "${DB_PASSWORD}",
            "{{ token }}",
            "$TOKEN",
            "$token",
            "DB_PASSWORD",
            "OTHER_API_KEY",
            "%s",
            "%PW%",
            "%s:%s",
            "xxxx",
            "XXXXXXXX",
            "****",
            "******",
            "...",
            "sk-...",
            "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
            "null",
            "true",
            "String",
            "Heslo",
            "L\u{d6}SENORD",
            "\u{41f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}",
            "[REDACTED:aws]",
            "<REDACTED>",
            "REDACTED",
            "process.env.TOKEN",
            "os.environ['X']",
            "your_api_key",
            "{password}",
            "wrong-password",
            "required|string|min:8|confirmed",
            "min:8",
            "Passwort vergessen?",
            "confirmed",
            "Passwort",
            "op://vault/item/password",
            "ENC[AES256_GCM,data:a7Qx0Zt7Qk2Lm9==,iv:Xw4Rb6",
            "The password is invalid or the user has none.",
            "{self.key(name)}",
            "INVALID_API_KEY",
            "/run/secrets/db",
            "~/.ssh/id_rsa",
            "",
            "xxxx-xxxx",
            "00000000",
            "$(cat f)",
            "a${B}c",
            "<base64>",
            "!Ref DbPassword",
            "{0}",
            "help=\"the password\"",
        ] {
            check(judge, value, Verdict::Reject);
        }
    }

    #[test]
    fn what_opens_doors_is_kept() {
        for value in [
            "changeme",
            "password-wolf",
            "my password wolf house",
            "the password is hunter2",
            "new-password1",
            "hunter2",
            "min8",
            "required1",
            "min|hunter2",
            "secret",
            "$ecret1x",
            "p%ss",
            "%s7",
            "wJalrXUtnFEMI/K7MDENG",
            "/8xQ+z==",
            "1234",
            "a...b12345678901",
        ] {
            check(judge, value, Verdict::Keep);
        }
    }

    #[test]
    fn a_value_that_repeats_its_key_is_rejected() {
        check(judge, "password: \u{ab}password\u{bb}", Verdict::Reject);
        check(judge, "apiKey = \u{ab}api_key\u{bb}", Verdict::Reject);
        check(judge, "A_LONG_NAME_OF_A_PASSWORD = \u{ab}A_LONG_NAME_OF_A_PASSWORD\u{bb}", Verdict::Reject);
        check(judge, "password: \u{ab}password1\u{bb}", Verdict::Keep);
        check(judge, "resource \"random_password\" \"\u{ab}db\u{bb}\" {", Verdict::Reject);
        check(judge, "resource: \"password\" \"\u{ab}db2\u{bb}\"", Verdict::Keep);
    }
}
