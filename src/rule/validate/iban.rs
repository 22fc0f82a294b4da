//! International bank account numbers: ISO 13616, lengths of the SWIFT registry, mod 97.
//!
//! What follows behind the length of its country is let pass if a space stands between: in text a
//! pattern cannot know where a number that is written in groups of four ends.

use super::{Match, Verdict};

const LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29\
ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21\
LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27\
SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// Characters of a number that are enough to tell its beginning.
const CUT: usize = 12;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let mut rest = matched.secret().iter().copied().filter(|byte| byte.is_ascii() && *byte != b'-');
    let mut number = Vec::new();
    let mut wanted = None;
    for byte in rest.by_ref() {
        if byte != b' ' {
            number.push(byte.to_ascii_uppercase());
        }
        if number.len() == 2 {
            wanted = length(&number);
        }
        if wanted.is_some_and(|wanted| number.len() == wanted) {
            break;
        }
    }
    let ends = rest.next().is_none_or(|byte| byte == b' ');
    let whole = wanted.is_some_and(|wanted| number.len() == wanted);
    if whole && ends && remainder(&number) == Some(1) { Verdict::Certain } else { Verdict::Reject }
}

/// The beginning of a number: fewer characters than its country has, most of them digits.
pub(super) fn cut(matched: Match<'_>) -> Verdict {
    let number: Vec<u8> = matched.secret().iter().copied().filter(|byte| *byte != b' ').collect();
    let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_part = length(number.get(..2).unwrap_or_default()).is_some_and(|whole| number.len() < whole);
    Verdict::keep_if(is_part && number.len() >= CUT && digits * 3 >= number.len() * 2)
}

fn length(country: &[u8]) -> Option<usize> {
    let entry = LENGTHS.as_bytes().chunks(4).find(|entry| entry.starts_with(country))?;
    std::str::from_utf8(entry.get(2..)?).ok()?.parse().ok()
}

/// The number mod 97, with its first four characters at the end and letters as 10 to 35.
fn remainder(number: &[u8]) -> Option<u32> {
    let (head, tail) = number.split_at_checked(4)?;
    tail.iter().chain(head).try_fold(0u32, |sum, byte| {
        let value = char::from(*byte).to_digit(36)?;
        Some((sum * if value > 9 { 100 } else { 10 } + value) % 97)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn a_beginning_is_shorter_than_its_country_has_it() {
        for (text, expected) in [
            ("DE8937040044053201", Verdict::Keep),
            ("GB08 NWBK 4737 6112 52", Verdict::Keep),
            ("DE89370400440532013000", Verdict::Reject),
            ("DE893704004", Verdict::Reject),
            ("ZZ8937040044053201", Verdict::Reject),
            ("DE89ABCDEFGHIJKL", Verdict::Reject),
        ] {
            check(cut, text, expected);
        }
    }

    /// The examples of the SWIFT registry.
    #[test]
    fn the_examples_of_the_registry_fit() {
        for number in [
            "GB29NWBK60161331926819",
            "DE89370400440532013000",
            "FR1420041010050500013M02606",
            "NL91ABNA0417164300",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
            "LC55HEMM000100010012001200023015",
            "BE68 5390 0754 7034",
            "BE68 5390 0754 7034 EUR",
            "BE68\u{a0}5390\u{a0}0754\u{a0}7034",
            "de89370400440532013000",
        ] {
            check(judge, number, Verdict::Certain);
        }
    }

    #[test]
    fn a_wrong_digit_length_or_country_does_not() {
        for number in [
            "GB28NWBK60161331926819",
            "GB29NWBK6016133192681",
            "GB29NWBK601613319268190",
            "ZZ89370400440532013000",
            "DE",
        ] {
            check(judge, number, Verdict::Reject);
        }
    }
}
