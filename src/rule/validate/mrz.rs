//! The lines of travel documents that machines read: passports (two lines of 44), visas and cards (two of 36
//! or 44, three of 30). Source: ICAO, Doc 9303, parts 3 to 7.
//!
//! What is asked for are the check digits of the number, the day of birth and the day of expiry: each weighs
//! 7, 3, 1 and so on.

use super::{Match, Verdict};

/// The places of what has a check digit behind it, from the start of the line that begins with the number.
const LONG: [(usize, usize); 3] = [(0, 9), (13, 6), (21, 6)];
/// The same of cards of three lines: the number is in the first line, behind kind and country.
const CARD: [(usize, usize); 3] = [(5, 9), (30, 6), (38, 6)];

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let lines: Vec<u8> = matched
        .secret()
        .iter()
        .copied()
        .filter(|byte| byte.is_ascii_alphanumeric() || *byte == b'<')
        .collect();
    let all =
        |places: [(usize, usize); 3]| places.into_iter().all(|(at, length)| is_checked(&lines, at, length));
    let fits = if lines.len() == 90 { all(CARD) } else { all(LONG) };
    if fits { Verdict::Certain } else { Verdict::Reject }
}

fn is_checked(lines: &[u8], at: usize, length: usize) -> bool {
    let (Some(field), Some(last)) = (lines.get(at..at + length), lines.get(at + length)) else {
        return false;
    };
    let value = |byte: u8| char::from(byte).to_digit(36).unwrap_or(0);
    let sum: u32 =
        field.iter().zip([7, 3, 1].iter().cycle()).map(|(byte, weight)| value(*byte) * weight).sum();
    sum % 10 == value(*last) && field.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// The specimens of Doc 9303.
    #[test]
    fn specimens_fit_and_a_wrong_digit_does_not() {
        for line in [
            "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
            "D231458907UTO7408122F1204159<<<<<<<6",
            "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        ] {
            check(judge, line, Verdict::Certain);
            check(judge, &line.replacen("740812", "740813", 1), Verdict::Reject);
        }
        check(judge, "L898902C3", Verdict::Reject);
    }
}
