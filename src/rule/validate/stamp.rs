//! What looks like the number of somebody or something and is a time, an address of the network or a fraction.
//!
//! `routing 192.168.10.100`, `reached at 2024-11-30 11:44`, `exp claim 1732966800`. Of seconds and milliseconds since 1970
//! those of 2017 to 2030 count.

use super::{Match, Verdict};

/// Digits of seconds and of milliseconds since 1970.
const EPOCH: [usize; 2] = [10, 13];

/// Digits of a time written without a break: of the day, the minute, the second.
const TIME: [usize; 3] = [8, 12, 14];

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    Verdict::keep_if(!is_stamp(matched.secret()))
}

/// Whether a text of digits, and of what parts them, is such a thing.
pub(super) fn is_stamp(text: &[u8]) -> bool {
    is_day_before_more(text) || is_address(text) || is_fraction(text) || is_moment(text)
}

/// `2024-11-30 11`, `2024/11/30`: a year of this century or the last, a month and a day, and no more than a time.
fn is_day_before_more(text: &[u8]) -> bool {
    let [first, second, y, z, part, rest @ ..] = text else { return false };
    let is_year =
        matches!([first, second], [b'1', b'9'] | [b'2', b'0']) && [y, z].into_iter().all(u8::is_ascii_digit);
    let mut parts = rest.split(|byte| !byte.is_ascii_digit());
    let is_day = is_in(parts.next(), 1..=12) && is_in(parts.next(), 1..=31);
    is_year && matches!(part, b'-' | b'/' | b'.') && is_day && parts.all(|part| part.len() <= 2)
}

/// Four numbers of a byte each: IPv4.
fn is_address(text: &[u8]) -> bool {
    let mut bytes = text.split(|byte| *byte == b'.');
    let is_byte = |part: &[u8]| number(part).is_some_and(|number| number < 256);
    bytes.clone().count() == 4 && bytes.all(is_byte)
}

/// One digit, or seconds since 1970, and a point before the rest: telephone numbers have more before a point.
fn is_fraction(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|byte| *byte == b'.') else { return false };
    let (whole, rest) = text.split_at(at);
    let after = rest.get(1..).unwrap_or_default();
    let all = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    all(whole) && all(after) && (whole.len() < 2 || is_moment(whole) && after.len() < 10)
}

/// All digits: since 1970, or of a day with or without its time.
fn is_moment(text: &[u8]) -> bool {
    if !text.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let is_day = TIME.contains(&text.len())
        && matches!(text, [b'1', b'9', ..] | [b'2', b'0', ..])
        && is_in(text.get(4..6), 1..=12)
        && is_in(text.get(6..8), 1..=31)
        && (text.len() == 8 || is_in(text.get(8..10), 0..=23) && is_in(text.get(10..12), 0..=59));
    is_day || EPOCH.contains(&text.len()) && matches!(text, [b'1', b'5'..=b'8', ..])
}

fn is_in(part: Option<&[u8]>, range: std::ops::RangeInclusive<u32>) -> bool {
    part.and_then(number).is_some_and(|number| range.contains(&number))
}

fn number(digits: &[u8]) -> Option<u32> {
    let digits = Some(digits).filter(|digits| (1..=3).contains(&digits.len()))?;
    digits.iter().try_fold(0, |sum, digit| Some(sum * 10 + char::from(*digit).to_digit(10)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_addresses_and_fractions_are_told() {
        for (text, expected) in [
            ("2024-11-30 11", true),
            ("2024-11-30 11 44 29", true),
            ("2024/11/30", true),
            ("2024-13-30 11", false),
            ("2024-11-3044", false),
            ("192.168.10.100", true),
            ("10.244.128.0", true),
            ("192.168.10.300", false),
            ("3.14159265358979", true),
            ("1732966800.123", true),
            ("030.901820", false),
            ("1732966800", true),
            ("1732966800123", true),
            ("1198765432", false),
            ("2125550143", false),
            ("0171 2345678", false),
            ("20241130", true),
            ("202411301144", true),
            ("20241130114429", true),
            ("20249930", false),
            ("390.533.447-04", false),
            ("4929 1758 2461 3077", false),
            ("490154203237519", false),
            ("", false),
        ] {
            assert_eq!(is_stamp(text.as_bytes()), expected, "{text}");
        }
    }
}
