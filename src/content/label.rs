//! The name that stands before a document: `password: ["..."]`, `DB_CREDENTIALS={"value": "..."}`.
//!
//! It is what a key would be one level up. What a language puts between the two is passed over: a quote, a type
//! (`var passwords = []string{"..."}`), a macro. What is handed to a function is not what the name is given, and
//! what stands behind a word in brackets is an index: `password = os.environ["DB_PASSWORD"]`.
//!
//! **Bias.** Whatever stands behind a colon or an equals sign goes by the word before that. A wrong name costs
//! a few bytes to scan. It may be anything, and so it is no step of a path: see `Step::Label`.

use std::ops::Range;

/// Bytes before a document that are looked at.
const NEAR: usize = 128;

/// Bytes between the name's sign and the document.
const BETWEEN: usize = 40;

/// Types that stand alone between a name and its value.
const TYPES: [&[u8]; 8] = [b"str", b"string", b"list", b"dict", b"object", b"any", b"array", b"tuple"];

/// Where the name of the document stands that begins right behind `text`, with this bracket.
pub(super) fn before(text: &[u8], bracket: u8) -> Option<Range<usize>> {
    let is_index = |byte: &u8| byte.is_ascii_alphanumeric() || b"_)]}".contains(byte);
    if bracket == b'[' && text.last().is_some_and(is_index) {
        return None;
    }
    let from = text.len().saturating_sub(NEAR);
    let name = name(text.get(from..)?)?;
    Some(from + name.start..from + name.end)
}

fn name(text: &[u8]) -> Option<Range<usize>> {
    let near = text.trim_ascii_end();
    let sign = match near.last()? {
        b':' | b'=' => near.len(),
        // On a line of its own it belongs to nothing but a sign.
        _ if near.len() < text.len() && text.get(near.len()..)?.contains(&b'\n') => return None,
        _ => sign_before(near)?,
    };
    let signed = trim(near.get(..sign)?, b":=>");
    let is_type = |name: &Range<usize>| TYPES.contains(&signed.get(name.clone()).unwrap_or_default());
    match word(signed) {
        Some(name) if !is_type(&name) => Some(name),
        // `passwords: string[] = `
        other => sign_before(signed).and_then(|sign| word(trim(signed.get(..sign)?, b":="))).or(other),
    }
}

/// The word that a text ends with.
fn word(text: &[u8]) -> Option<Range<usize>> {
    let name = trim(text, b" \t\"'`*])");
    let len = name.iter().rev().take_while(|byte| is_of_name(**byte)).count();
    let start = name.len() - len;
    let begins = name.get(start).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    begins.then_some(start..name.len())
}

/// The end of the sign before a type or a macro.
fn sign_before(near: &[u8]) -> Option<usize> {
    let mut at = near.len();
    for _ in 0..BETWEEN {
        at = at.checked_sub(1)?;
        match near.get(at)? {
            b':' if near.get(at.checked_sub(1)?) == Some(&b':') => at -= 1,
            b':' | b'=' => return Some(at + 1),
            b'>' if near.get(at.checked_sub(1)?) == Some(&b'=') => return Some(at + 1),
            byte if byte.is_ascii_alphanumeric() || b" _[]<>*&!,\"'`".contains(byte) => {}
            _ => return None,
        }
    }
    None
}

fn trim<'t>(mut text: &'t [u8], of: &[u8]) -> &'t [u8] {
    while let Some((last, rest)) = text.split_last()
        && of.contains(last)
    {
        text = rest;
    }
    text
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_document_goes_by_the_word_before_its_sign() {
        for (text, expected) in [
            ("password: ", Some("password")),
            ("the db password:\n  ", Some("password")),
            ("DB_PASSWORD=", Some("DB_PASSWORD")),
            ("DB_PASSWORD='", Some("DB_PASSWORD")),
            ("\"api-key\" : ", Some("api-key")),
            ("'api_key' => ", Some("api_key")),
            ("settings[\"api_key\"] = ", Some("api_key")),
            ("**Password**: ", Some("Password")),
            ("passwords := []string", Some("passwords")),
            ("let secrets = vec!", Some("secrets")),
            ("String[] passwords = new String[] ", Some("passwords")),
            ("list = ", Some("list")),
            ("secret = Secret::new(", None),
            ("password = os.environ", None),
            ("tokens = dict[0]", None),
            ("a = b, token = ", Some("token")),
            ("const passwords: string[] = ", Some("passwords")),
            ("passwords: list = ", Some("passwords")),
            ("let passwords: Vec<String> = vec!", Some("passwords")),
            ("note: passwords = ", Some("passwords")),
            ("", None),
            (": ", None),
            ("no sign ", None),
            ("[TOOL RESULT: Bash]\n", None),
            ("12:30:45: ", None),
            ("{\"a\":1}\n", None),
            ("a: x\n", None),
            ("a: one; two ", None),
        ] {
            // A literal of Go goes in braces.
            let bracket = if text.ends_with("[]string") { b'{' } else { b'[' };
            let found = before(text.as_bytes(), bracket).map(|range| text.get(range).unwrap());
            assert_eq!(found, expected, "{text:?}");
        }
        let far = format!("password: {} ", "x".repeat(BETWEEN));
        assert_eq!(before(far.as_bytes(), b'['), None);
        let long = format!("{}=", "x".repeat(2 * NEAR));
        assert_eq!(before(long.as_bytes(), b'['), Some(NEAR + 1..2 * NEAR));
    }
}
