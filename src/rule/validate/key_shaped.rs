//! Keys that have no format of their own: hexadecimal digits, letters and digits, a UUID. For rules whose context
//! names who issued the key, but only near it, so that names, paths and sentences stand there as well.
//!
//! The same is asked in data and in code: digits among the letters, or capitals all over, and as random as the
//! alphabet and the length allow. A UUID is a key here, although it is an identifier elsewhere.

use super::{Match, Verdict, code, entropy, placeholder, secret_like};

/// The shortest key that is issued without a format.
const SHORTEST: usize = 16;
/// Letters of one word that chance does not make, where there are both cases or marks between them.
const WORD: usize = 9;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let value = placeholder::trim(matched.secret());
    // Those of a UUID, too.
    let bare = secret_like::hex_of(value).unwrap_or_else(|| value.to_vec());
    let is_hex = bare.iter().all(u8::is_ascii_hexdigit);
    Verdict::keep_if(
        bare.len() >= SHORTEST
            && (is_mixed(&bare) || secret_like::is_jumbled(&bare))
            && entropy::random(&bare)
            && (is_hex || !is_text(&bare)),
    )
}

/// Digits and letters; a long key without a digit is rare enough.
fn is_mixed(value: &[u8]) -> bool {
    value.iter().filter(|byte| byte.is_ascii_digit()).count() >= 2
        && value.iter().any(u8::is_ascii_alphabetic)
}

/// A name, a path, or words.
fn is_text(value: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    let told_apart = (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
        || has(|byte| !byte.is_ascii_alphanumeric());
    let same_case = |a: &u8, b: &u8| {
        a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && a.is_ascii_lowercase() == b.is_ascii_lowercase()
    };
    let longest = value.chunk_by(same_case).map(<[u8]>::len).max().unwrap_or(0);
    code::is_name(value) || (told_apart && longest >= WORD)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_of_every_alphabet_are_kept() {
        for key in [
            "faae5fde9721780f21ebf55e1481af04",
            "70de0ea82822b07c47337324dafc430212b0e5c73c520df3",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "yeQYC8STGzyQiUz7G1A3KtL5EUe6XDFuHjROgheX",
            "pkkn4qgbbqqth2kx6ophdnynnse13wl2",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEX4mpLeKey",
            "live_faae5fde9721780f21ebf55e1481af04",
            "o9YgxkTuEeMHsskhmfEB",
        ] {
            check(judge, key, Verdict::Keep);
        }
    }

    #[test]
    fn names_paths_and_what_repeats_are_rejected() {
        for text in [
            "00000000-0000-0000-0000-000000000000",
            "00000000000000000000000000000000",
            "docs/v2/authentication-tokens",
            "oauth2_authorization_code_12",
            "abcdefghijklmnopqrstuvwxyz",
            "2024-11-21T10:00:00",
            "application_key_id",
            "ApplicationTokenProvider",
            "faae5fde97",
        ] {
            check(judge, text, Verdict::Reject);
        }
    }
}
