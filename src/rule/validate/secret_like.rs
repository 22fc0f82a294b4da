//! Values that only a weak word announces: `token`, `secret`, `key` are names of many things, so their
//! values have to look like keys. And what a sentence calls a password.

use super::{Match, Verdict, code, context, entropy, of_base64, placeholder, uuid};

/// The shortest value that can look like a key, in data and elsewhere.
const SHORTEST: (usize, usize) = (6, 10);
/// Lengths of keys that may have no digits by chance.
const JUMBLED: std::ops::RangeInclusive<usize> = 16..=64;
/// Tenths of the neighbours in them that differ.
const RESTLESS: usize = 4;
/// One mark at most among so many letters.
const MARKS: usize = 6;
/// Small letters that stand side by side by chance.
const SYLLABLE: usize = 4;
/// The longest word before the digits of a key, how many of them, the longest behind, and the fewest digits.
const WORD: usize = 12;
const WORDS: usize = 3;
const PLACE: usize = 4;
const HEX: usize = 24;
/// The shortest number that is a key rather than a count or an id.
const NUMBER: usize = 16;
/// Lengths of base64 that is told by what it says: of twelve bytes and more.
const ENCODED: std::ops::RangeInclusive<usize> = 16..=1024;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let value = placeholder::trim(first_of(matched.secret()));
    let data = context::is_data(&matched);
    let shortest = if data { SHORTEST.0 } else { SHORTEST.1 };
    let is_key = if data { is_mixed } else { is_random_or_uuid };
    Verdict::keep_if(value.len() >= shortest && !is_other(value) && is_key(value))
}

/// What stands before the next parameter, tag or quote: a greedy match takes along more than the value,
/// and the value is what has to look like a key.
fn first_of(value: &[u8]) -> &[u8] {
    let ends = |byte: &u8| b"&<>;,\"'".contains(byte);
    let start = value.iter().position(|byte| !ends(byte)).unwrap_or(value.len());
    let rest = value.get(start..).unwrap_or_default();
    rest.get(..rest.iter().position(ends).unwrap_or(rest.len())).unwrap_or_default()
}

/// The beginning of a key: too short to be told by how random it is, so it has digits and both cases.
pub(in crate::rule) fn is_beginning(matched: Match<'_>) -> bool {
    let value = first_of(matched.secret());
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && !is_other(value)
}

/// A word of a sentence that says what the password is.
pub(super) fn prose(matched: Match<'_>) -> Verdict {
    let value = placeholder::trim(matched.secret());
    let digit = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    let number = value.iter().all(|byte| byte.is_ascii_digit() || matches!(*byte, b'.' | b'-' | b':' | b'x'));
    Verdict::keep_if(value.len() >= 6 && digit && !number && !is_other(value) && !is_code_name(value))
}

/// `oauth2-token`, `sha256_of`: a name in a sentence. One word with digits is a password.
fn is_code_name(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(*byte, b'_' | b'-' | b'/' | b'(' | b':')) && code::is_name(value)
}

/// Sentences, addresses, and numbers that are too short.
fn is_other(value: &[u8]) -> bool {
    let number =
        value.iter().all(|byte| byte.is_ascii_digit() || b".-+e".contains(byte)) && value.len() < NUMBER;
    number
        || value.iter().any(u8::is_ascii_whitespace)
        || memchr::memmem::find(value, b"://").is_some()
        || value.starts_with(b"//")
}

/// In data: digits and letters, or a long text of mixed case that is no name.
fn is_mixed(value: &[u8]) -> bool {
    let digits = value.iter().any(u8::is_ascii_digit);
    let cases = value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    digits || (cases && value.len() >= 16 && !are_words(value))
}

/// `InvalidationList.NextMarker`: words of three letters and more, each with a capital.
fn are_words(value: &[u8]) -> bool {
    value.split(|byte| *byte == b'.').all(|part| {
        let words = part.chunk_by(|_, next| !next.is_ascii_uppercase());
        part.iter().all(u8::is_ascii_alphabetic) && words.into_iter().all(|word| word.len() >= 3)
    })
}

/// In code and text. A UUID is an identifier, unless it stands where a key does; one with many zeros was made by hand.
fn is_random_or_uuid(value: &[u8]) -> bool {
    is_random(value)
        || is_jumbled(value)
        || (uuid::is(value) && entropy::random(&uuid::digits(value)))
        || is_encoded(value)
}

/// base64 of a key, as a Secret of Kubernetes has it: less random than the key is. What is no base64 says no text of
/// letters and digits.
fn is_encoded(value: &[u8]) -> bool {
    if !ENCODED.contains(&value.len()) {
        return false;
    }
    let key = of_base64(value);
    let has = |is: fn(&u8) -> bool| key.iter().any(is);
    key.iter().all(u8::is_ascii_graphic) && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

/// `ZEwQusyM...` of `stage_ZEwQusyM...`.
fn behind_word(value: &[u8]) -> &[u8] {
    let letters = value.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    match value.get(letters) {
        Some(b'_' | b'-') if (1..=WORD).contains(&letters) => value.get(letters + 1..).unwrap_or_default(),
        _ => value,
    }
}

/// A key may have no digits, or one, behind a word that says what it is. It has capitals side by side then and no word of small letters, or it
/// changes as often between both cases as only chance does.
pub(super) fn is_jumbled(value: &[u8]) -> bool {
    let value = behind_word(value);
    let marks = value.iter().filter(|byte| matches!(**byte, b'_' | b'-')).count();
    let letters: Vec<u8> = value.iter().filter(|byte| byte.is_ascii_alphanumeric()).copied().collect();
    let capitals = letters.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_uppercase)).count();
    let word =
        letters.chunk_by(|a, b| a.is_ascii_lowercase() && b.is_ascii_lowercase()).map(<[u8]>::len).max();
    let small = letters.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let short = marks == 0 && capitals >= 2 && small >= 3 && word.is_some_and(|word| word <= SYLLABLE);
    JUMBLED.contains(&value.len())
        && marks * MARKS <= value.len()
        && letters.len() + marks == value.len()
        && (short || takes_turns(&letters, RESTLESS))
        && entropy::random(value)
}

/// Whether capitals, small letters and digits take turns: so many tenths of the neighbours differ, where those of names
/// are a quarter. Where the words of a name are short, their capitals stand alone.
pub(super) fn takes_turns(value: &[u8], tenths: usize) -> bool {
    let kind = |byte: &u8| (byte.is_ascii_uppercase(), byte.is_ascii_lowercase(), byte.is_ascii_digit());
    let capitals = value.windows(2).any(|pair| pair.iter().all(u8::is_ascii_uppercase));
    let pairs = value.windows(2).filter(|pair| pair.first().map(kind) != pair.last().map(kind));
    let is_mixed = capitals && value.iter().any(u8::is_ascii_lowercase);
    is_mixed && pairs.count() * 10 >= value.len().saturating_sub(1) * tenths
}

/// In code and text: digits inside, and random for its length.
fn is_random(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let odd =
        value.iter().filter(|byte| matches!(**byte, b'(' | b'<' | b'{' | b'[' | b'$' | b'|' | b'>')).count();
    let random = entropy::random(value) || hex_of(value).is_some_and(|digits| entropy::random(&digits));
    digits >= 2 && odd < 2 && !code::is_name(value) && random
}

/// The digits of `key_5f2a...`, `live-f81d4fae-7dec-...` and `8f2b...-1c2d3e4f-us1`: hexadecimal, in parts, behind
/// words that say what they are and before one that says where. As random as digits are, which is less than the letters
/// of the words allow.
pub(super) fn hex_of(value: &[u8]) -> Option<Vec<u8>> {
    let is_hex = |part: &[u8]| part.iter().all(u8::is_ascii_hexdigit);
    let value = value.strip_prefix(b"0x").unwrap_or(value);
    let mut parts: Vec<&[u8]> = value.split(|byte| matches!(*byte, b'_' | b'-' | b'.' | b':')).collect();
    if parts.last().is_some_and(|last| last.len() <= PLACE && !is_hex(last)) {
        parts.pop();
    }
    let word = |part: &&&[u8]| (1..=WORD).contains(&part.len()) && !is_hex(part);
    let words = parts.iter().take_while(word).count();
    let digits = parts.get(words..).unwrap_or_default().concat();
    (words <= WORDS && digits.len() >= HEX && is_hex(&digits)).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn names_sentences_and_numbers_are_rejected() {
        for value in [
            "TokenStream2",
            "oauth2-token",
            "the next one 12",
            "https://a.example/x1y2z3",
            "1234567890",
            "identifier",
            "parseHTMLOfAPage",
            "X-HTTP-Method-Override",
            "XMLHttpRequestID",
            "abc1",
            "key_00000000000000000000000000000000",
            "release-v1-2024-11-21-10-00-00",
            "2.5e-06",
            "00000000-0000-0000-0000-000000000001",
        ] {
            check(judge, &format!("let token = \u{ab}{value}\u{bb};"), Verdict::Reject);
        }
        check(judge, "token: \u{ab}plus\u{bb}", Verdict::Reject);
        check(judge, "output.token: \u{ab}InvalidationList.NextMarker\u{bb}", Verdict::Reject);
        check(judge, "token: \u{ab}InvalidationList.NexTMaRkEr\u{bb}", Verdict::Keep);
        check(judge, "tokens.token: \u{ab}1234\u{bb}", Verdict::Reject);
        check(judge, "token: \u{ab}&&f8a3c19d77e04b6291aa5cd0e8b3f412\u{bb}", Verdict::Keep);
        check(judge, "token: \u{ab}''f8a3c19d77e04b6291aa5cd0e8b3f412''\u{bb}", Verdict::Keep);
        check(judge, "AccountKey=\u{ab}<key>;EndpointSuffix=core2.example\u{bb}", Verdict::Reject);
    }

    #[test]
    fn keys_are_kept() {
        for value in [
            "70de0ea82822b07c47337324dafc430212b0e5c73c520df3",
            "acme_C9wTxQdzp7pBJ8CjfOUFB01vX6WZo5bz",
            "faae5fde9721780f21ebf55e1481af04",
            "2f81d4fa-7dec-41d0-a765-00b0c93e6bf8",
            "KXdoLcUoKWZQHFmz",
            "o9YgxkTuEeMHsskhmfEB",
            "tR_Qr-HACDjARuvKNyzcfH",
            "n8n_api_faae5fde9721780f21ebf55e1481af04",
            "f81d4fae-7dec-41d0-a765-00b0c93e6bf6:fx",
            "stage_ZEwQusyMoRIngNSZKvACsTtFWtNzqINMikcImD",
            "key_faae5fde9721780f21ebf55e1481af04",
            "YmxhY2tiYXItRVhBTVBMRTdibGFja2Jhcg==",
            "api-f81d4fae-7dec-41d0-a765-00b0c93e6bf6",
            "faae5fde9721780f21ebf55e1481af04-5fde9721-1481af04",
        ] {
            check(judge, &format!("let token = \u{ab}{value}\u{bb};"), Verdict::Keep);
        }
        check(judge, "API_SECRET=\u{ab}dev-secret-1\u{bb}", Verdict::Keep);
    }

    #[test]
    fn a_sentence_says_a_password() {
        check(prose, "the password is \u{ab}ZxEZVw9p1oQadB9\u{bb}", Verdict::Keep);
        check(prose, "the password is \u{ab}hunter2.\u{bb}", Verdict::Keep);
        check(prose, "the password is \u{ab}required\u{bb}", Verdict::Reject);
        check(prose, "the token is \u{ab}oauth2-token\u{bb}", Verdict::Reject);
        check(prose, "the password is \u{ab}2024-11-21\u{bb}", Verdict::Reject);
    }
}
