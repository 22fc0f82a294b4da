//! Masks: what somebody else wrote in place of a secret. `<REDACTED>`, `[REDACTED_API_KEY]`, `__REDACTED__`,
//! `***`, `%5BFiltered%5D`. They are no findings, whatever rule finds them.
//!
//! **Bias.** A mask is all there is of a secret, or all there is behind a prefix that is known to everybody. One
//! word more that no mask has, and it is a secret like any other, mask and all.

/// What masks say.
const SAYS: [&[u8]; 8] =
    [b"redacted", b"masked", b"filtered", b"scrubbed", b"hidden", b"removed", b"sanitized", b"obfuscated"];
/// What they say besides.
const BESIDES: [&[u8]; 12] = [
    b"secret",
    b"token",
    b"password",
    b"key",
    b"api",
    b"value",
    b"credential",
    b"credentials",
    b"data",
    b"email",
    b"pii",
    b"by",
];
/// Characters that are written again and again.
const FILLERS: [&str; 4] = ["*", "\u{2022}", "\u{25cf}", "\u{2588}"];
/// How often, at least.
const FILLED: usize = 3;
/// Bytes of the longest mask.
const LONGEST: usize = 64;
/// Brackets and stars in URLs.
const ESCAPED: [&[u8]; 6] = [b"%5b", b"%5d", b"%3c", b"%3e", b"%2a", b"%20"];

/// Whether a secret is a mask.
pub(super) fn is_mask(secret: &[u8]) -> bool {
    before_mask(secret) == 0 && !secret.is_empty()
}

/// Whether the last word of a text is a mask.
pub(super) fn ends_in_mask(text: &[u8]) -> bool {
    let near = text.get(text.len().saturating_sub(LONGEST)..).unwrap_or_default();
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || b"\x1e:/=,;\"'`".contains(byte);
    let start = near.iter().rposition(is_between).map_or(0, |at| at + 1);
    near.get(start..).is_some_and(is_mask)
}

/// Bytes of a secret before the mask it ends in; all of them if it ends in none.
pub(super) fn before_mask(secret: &[u8]) -> usize {
    if is_filled(secret) {
        return 0;
    }
    let (mut start, mut says, mut bare) = (secret.len(), false, true);
    while let Some(word) = last_word(secret, start) {
        let text = secret.get(word.clone()).unwrap_or_default();
        let is = |words: &[&[u8]]| words.iter().any(|known| text.eq_ignore_ascii_case(known));
        bare &= !text.eq_ignore_ascii_case(b"redacted");
        match (is(&SAYS), is(&BESIDES) || is_escape(secret, &word)) {
            (false, false) => break,
            (is_said, _) => says |= is_said,
        }
        start = word.start;
    }
    let before = secret.get(..start).unwrap_or_default();
    let before = before.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |at| at + 1);
    // Of words that people may choose for a password, a mask has brackets or other marks round it.
    let is_bare = bare && before == start;
    let is_mask = says && !is_bare && secret.len() - before <= LONGEST;
    if is_mask { before } else { secret.len() }
}

/// `***`, and nothing else that says anything.
fn is_filled(secret: &[u8]) -> bool {
    FILLERS.iter().any(|filler| {
        let (whole, rest) = (secret.chunks(filler.len()), filler.as_bytes());
        secret.len() >= filler.len() * FILLED && whole.into_iter().all(|chunk| chunk == rest)
    })
}

/// The last run of letters and digits that ends here or before; escaped brackets are parted from it.
fn last_word(secret: &[u8], end: usize) -> Option<std::ops::Range<usize>> {
    let head = secret.get(..end)?.get(end.saturating_sub(LONGEST)..)?;
    let offset = end - head.len();
    let last = head.iter().rposition(u8::is_ascii_alphanumeric)? + 1;
    let first =
        head.get(..last)?.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let escaped = first > 0 && is_escape(head, &(first..first + 2)) && first + 2 < last;
    let first = if escaped { first + 2 } else { first };
    Some(offset + first..offset + last)
}

fn is_escape(text: &[u8], digits: &std::ops::Range<usize>) -> bool {
    let escape = digits.start.checked_sub(1).and_then(|percent| text.get(percent..digits.end));
    escape.is_some_and(|escape| ESCAPED.iter().any(|known| escape.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_blacked_out_is_a_mask() {
        for mask in [
            "REDACTED",
            "redacted",
            "<REDACTED>",
            "[REDACTED]",
            "__REDACTED__",
            "**REDACTED**",
            "(redacted)",
            "{REDACTED}",
            "[Filtered]",
            "<hidden>",
            "[REDACTED_API_KEY]",
            "<REDACTED SECRET>",
            "%5BREDACTED%5D",
            "%3Credacted%3E",
            "***",
            "******",
            "\u{2022}\u{2022}\u{2022}\u{2022}",
        ] {
            assert!(is_mask(mask.as_bytes()), "{mask}");
        }
    }

    #[test]
    fn what_says_anything_else_is_none() {
        for other in [
            "",
            "**",
            "hidden",
            "filtered",
            "secret",
            "password",
            "[secret]",
            "<REDACTED>hunter2",
            "hunter2<REDACTED>",
            "[REDACTED hunter]",
            "[REDACTED:other]",
            "xREDACTED",
            "REDACTED1",
            "REDACTED@x.example",
            "***hunter2",
            "%41REDACTED",
            &format!("[REDACTED{}]", "_".repeat(LONGEST)),
        ] {
            assert!(!is_mask(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_text_may_end_in_a_mask() {
        for (text, is) in [
            ("https://user:__REDACTED__", true),
            ("REDACTED", true),
            ("mail REDACTED", true),
            ("mail notREDACTED", false),
            ("REDACTED ", false),
            ("", false),
        ] {
            assert_eq!(ends_in_mask(text.as_bytes()), is, "{text}");
        }
    }

    #[test]
    fn a_mask_may_stand_behind_a_prefix() {
        for (secret, before) in [
            ("ghp_REDACTED", 3),
            ("sk-ant-api03-<REDACTED>", 12),
            ("glpat-[REDACTED_TOKEN]", 5),
            ("ghp_hidden", 3),
            ("ghp_blackbar", 12),
            ("ghphidden", 9),
        ] {
            assert_eq!(before_mask(secret.as_bytes()), before, "{secret}");
        }
    }
}
