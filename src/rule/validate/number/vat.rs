//! Value added tax: the numbers of the member states of the European Union, of the United Kingdom and Northern
//! Ireland, of Switzerland and of Norway. Each begins with its country, which says what the rest is made of.
//!
//! What is taken from the pages of the Commission on the syntax of VAT numbers is the length; the sums are those
//! that the tax offices gave to the system that exchanges them (VIES). Where a country has numbers of several
//! kinds, one of them has to fit.
//!
//! Considered and not done: asking VIES, which answers for what is registered today, and to whoever asks.

use super::super::luhn;
use super::check::Check::{Date as On, Iso7064, Luhn, Total, Varied};
use super::check::{Character, Check, Remainder, sum};
use super::date::{Date, Form};
use super::{own, value};

/// What the sum leaves of eleven; ten is given to nobody.
const REST: &[u8] = b"0123456789?";
/// The same, and ten is written as zero.
const REST_OR_ZERO: &[u8] = b"01234567890";
/// What is missing of eleven; ten is given to nobody.
const MISSING: &[u8] = b"0?987654321";
/// The same, and ten is written as zero.
const MISSING_OR_ZERO: &[u8] = b"00987654321";

/// A number that begins with its country.
pub(super) fn holds(number: &[u8]) -> bool {
    let Some((country, rest)) = number.split_at_checked(2) else { return false };
    let is_number = rest.iter().all(u8::is_ascii_digit);
    match country {
        b"CY" | b"ES" | b"IE" => lettered(country, rest),
        b"AT" => rest.split_first().is_some_and(|(letter, digits)| *letter == b'U' && austria(digits)),
        b"NL" => netherlands(rest),
        b"CH" => rest.strip_prefix(b"E").is_some_and(switzerland),
        b"NO" => norway(rest),
        // France gives letters, too, to companies from abroad, by a rule that it does not tell.
        b"FR" if !is_number => rest.len() == 11 && rest.iter().skip(2).all(u8::is_ascii_digit),
        _ => is_number && Varied.holds(rest) && digits(country, rest),
    }
}

/// Those that are digits alone.
fn digits(country: &[u8], number: &[u8]) -> bool {
    let last = |weights, table| at_end(number, weights, table);
    match (country, number.len()) {
        (b"BE", 10) => missing_of_97(number),
        (b"BG", 9 | 10) => bulgaria(number),
        (b"CZ", 8..=10) => czechia(number),
        (b"DE", 9) | (b"HR", 11) => Iso7064.holds(number),
        (b"DK", 8) => Total(&[2, 7, 6, 5, 4, 3, 2, 1], 11, 0).holds(number),
        (b"EE", 9) => Total(&[3, 7, 1, 3, 7, 1, 3, 7, 1], 10, 0).holds(number),
        (b"EL", 9) => last(&[256, 128, 64, 32, 16, 8, 4, 2], REST_OR_ZERO),
        (b"FI", 8) => last(&[7, 9, 10, 5, 8, 4, 2], MISSING),
        (b"FR", 11) => own::fr_vat(number),
        (b"GB" | b"XI", 9 | 12) => united_kingdom(number),
        (b"HU", 8) => Total(&[9, 7, 3, 1, 9, 7, 3, 1], 10, 0).holds(number),
        (b"IT", 11) => Luhn.holds(number),
        (b"LT", 9 | 12) => lithuania(number),
        (b"LU", 8) => {
            Check::Remainder(Remainder { before: 0, digits: 6, modulus: 89, missing: false }).holds(number)
        }
        (b"LV", 11) => latvia(number),
        (b"MT", 8) => Total(&[3, 4, 6, 7, 8, 9, 10, 1], 37, 0).holds(number),
        (b"PL", 10) => last(&[6, 5, 7, 2, 3, 4, 5, 6, 7], REST),
        (b"PT", 9) => last(&[9, 8, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO),
        (b"RO", 5..=10) => romania(number),
        (b"SE", 12) => sweden(number),
        (b"SI", 8) => last(&[8, 7, 6, 5, 4, 3, 2], MISSING_OR_ZERO),
        (b"SK", 10) => slovakia(number),
        _ => false,
    }
}

/// Those in which a letter checks, or tells the kind.
fn lettered(country: &[u8], number: &[u8]) -> bool {
    match country {
        b"CY" => cyprus(number),
        b"ES" => spain(number),
        _ => ireland(number),
    }
}

/// The last character is where the sum of the others points.
fn at_end(number: &[u8], weights: &'static [i64], table: &'static [u8]) -> bool {
    Check::Character(Character { at: number.len().saturating_sub(1), weights, table }).holds(number)
}

/// The number that digits are.
fn read(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + value(*digit))
}

/// Luhn over the first seven digits, and 4.
fn austria(number: &[u8]) -> bool {
    let digits: Vec<u8> = super::super::digits(number).collect();
    let Some((last, body)) = digits.split_last().filter(|(_, body)| body.len() == 7) else { return false };
    (luhn::sum(body.iter().copied()) + 4 + u32::from(*last)).is_multiple_of(10)
}

/// The last two digits are what is missing of a multiple of 97.
fn missing_of_97(number: &[u8]) -> bool {
    let modulus = Remainder { before: 0, digits: 8, modulus: 97, missing: true };
    matches!(number.first(), Some(b'0' | b'1')) && Check::Remainder(modulus).holds(number)
}

/// Companies have nine digits; ten are a person's, a foreigner's, or another's.
fn bulgaria(number: &[u8]) -> bool {
    let first =
        |from: i64| number.iter().zip(from..).take(8).map(|(c, weight)| value(*c) * weight).sum::<i64>() % 11;
    if number.len() == 9 {
        let left = if first(1) == 10 { first(3) % 10 } else { first(1) };
        return number.last().map(|last| value(*last)) == Some(left);
    }
    let born = Date { at: 0, form: Form::Ymd, months: &[0, 20, 40], days: &[0] };
    (On(born).holds(number) && at_end(number, &[2, 4, 8, 5, 10, 9, 7, 3, 6], REST_OR_ZERO))
        || at_end(number, &[21, 19, 17, 13, 11, 9, 7, 3, 1], b"0123456789")
        || at_end(number, &[4, 3, 2, 7, 6, 5, 4, 3, 2], MISSING)
}

/// Digits at odd places count by a table; a letter is what the sum leaves of 26.
fn cyprus(number: &[u8]) -> bool {
    const ODD: [i64; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let Some((last, body)) = number.split_last().filter(|(_, body)| body.len() == 8) else { return false };
    let count = |(place, digit): (usize, &u8)| match place % 2 {
        0 => usize::try_from(value(*digit)).ok().and_then(|at| ODD.get(at)).copied().unwrap_or(0),
        _ => value(*digit),
    };
    let sum: i64 = body.iter().enumerate().map(count).sum();
    body.iter().all(u8::is_ascii_digit) && !body.starts_with(b"12") && sum % 26 == value(*last) - 10
}

/// Companies have eight digits; persons their number of birth, or one that begins with 6.
fn czechia(number: &[u8]) -> bool {
    let born = Date { at: 0, form: Form::Ymd, months: &[0, 20, 50, 70], days: &[0] };
    match number.len() {
        8 => number.first() != Some(&b'9') && at_end(number, &[8, 7, 6, 5, 4, 3, 2], b"10987654321"),
        9 if number.first() == Some(&b'6') => at_end(number, &[0, 8, 7, 6, 5, 4, 3, 2], b"89012345678"),
        9 => On(born).holds(number),
        _ => On(born).holds(number) && Total(&[-1, 1, -1, 1, -1, 1, -1, 1, -1, 1], 11, 0).holds(number),
    }
}

/// A person's number, a foreigner's, or a company's, whose kind is a letter and whose check is a digit or a
/// letter.
fn spain(number: &[u8]) -> bool {
    let [first, body @ .., last] = number else { return false };
    if number.len() != 9 || !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let person = b"TRWAGMYFPDXBNJZSQVHLCKE";
    if first.is_ascii_digit() {
        let weights = &[10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
        return at_end(number, weights, person);
    }
    let rest = usize::try_from(read(body) % 23).ok();
    match first {
        b'X' | b'Y' | b'Z' => own::nie(number),
        // Spaniards abroad, children and others without a card.
        b'K' | b'L' | b'M' => rest.and_then(|at| person.get(at)) == Some(last),
        b'A'..=b'H' | b'J' | b'N' | b'P'..=b'S' | b'U'..=b'W' => {
            let digits: Vec<u8> = super::super::digits(body).chain([0]).collect();
            let check = (10 - luhn::sum(digits.into_iter()) % 10) % 10;
            let letter = usize::try_from(check).ok().and_then(|at| b"JABCDEFGHI".get(at));
            i64::from(check) == value(*last) || letter == Some(last)
        }
        _ => false,
    }
}

/// Seven digits, a check letter and one more at times; before 2013 the second character could be a letter or
/// a sign, and counted nothing.
fn ireland(number: &[u8]) -> bool {
    match number {
        [first, sign, rest @ ..] if number.len() == 8 && !sign.is_ascii_digit() => {
            let Some((last, digits)) = rest.split_last() else { return false };
            let moved = [b"0", digits, &[*first], &[*last]].concat();
            digits.iter().all(u8::is_ascii_digit) && own::pps(&moved)
        }
        _ => {
            let is_number = number.iter().take(7).all(u8::is_ascii_digit);
            let is_lettered = number.iter().skip(7).all(u8::is_ascii_alphabetic);
            matches!(number.len(), 8 | 9) && is_number && is_lettered && own::pps(number)
        }
    }
}

/// A sum that leaves ten is made once more with other weights; the digit before the last is a one.
fn lithuania(number: &[u8]) -> bool {
    let Some((last, body)) = number.split_last() else { return false };
    let left = |from: i64| {
        let weights = (0_i64..).map(|place| 1 + (place + from) % 9);
        body.iter().zip(weights).map(|(digit, weight)| value(*digit) * weight).sum::<i64>() % 11
    };
    let check = if left(0) == 10 { left(2) % 10 } else { left(0) };
    body.last() == Some(&b'1') && check == value(*last)
}

/// Companies begin with 4 or more; the rest are persons, by the day of their birth or by a number without.
fn latvia(number: &[u8]) -> bool {
    if matches!(number.first(), Some(b'4'..=b'9')) {
        return Total(&[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1], 11, -3).holds(number);
    }
    let is_new = number.starts_with(b"3") && number.get(1).is_some_and(|digit| (b'2'..=b'9').contains(digit));
    let born = On(Date::plain(0, Form::Dmy)).holds(number);
    is_new || (born && at_end(number, &[1, 6, 3, 7, 9, 10, 5, 8, 4, 2], b"10098765432"))
}

/// Nine digits, a B and two: companies by the number of a citizen, persons by what 97 leaves of all of it.
/// Zeros before it may be left out.
fn netherlands(number: &[u8]) -> bool {
    let Some(at) = number.iter().position(|character| *character == b'B') else { return false };
    let (Some(body), Some(end)) = (number.get(..at), number.get(at + 1..)) else { return false };
    let is_built =
        (7..=9).contains(&body.len()) && body.iter().chain(end).all(u8::is_ascii_digit) && end.len() == 2;
    let body = [b"00".get(..9_usize.saturating_sub(body.len()).min(2)).unwrap_or_default(), body].concat();
    let all = [b"NL", body.as_slice(), b"B", end].concat();
    let left = all.iter().fold(0, |left, character| {
        let value = value(*character);
        (left * if value > 9 { 100 } else { 10 } + value) % 97
    });
    is_built && Varied.holds(&body) && (left == 1 || at_end(&body, &[9, 8, 7, 6, 5, 4, 3, 2], REST))
}

/// The register of companies: nine digits, with the country before them and the tax behind, or without.
pub(super) fn norway(number: &[u8]) -> bool {
    let number = number.strip_prefix(b"NO").unwrap_or(number);
    let number = number.strip_suffix(b"MVA").unwrap_or(number);
    let is_number = number.len() == 9 && number.iter().all(u8::is_ascii_digit);
    is_number && Varied.holds(number) && at_end(number, &[3, 2, 7, 6, 5, 4, 3, 2], MISSING)
}

/// As many digits as there are, from the right.
fn romania(number: &[u8]) -> bool {
    let Some((last, body)) = number.split_last() else { return false };
    let weights = [2, 3, 5, 7, 1, 2, 3, 5, 7];
    let total: i64 = body.iter().rev().zip(weights).map(|(digit, weight)| value(*digit) * weight).sum();
    number.first() != Some(&b'0') && total * 10 % 11 % 10 == value(*last)
}

/// A company's number by Luhn, and which of its registrations it is.
fn sweden(number: &[u8]) -> bool {
    let Some((company, end)) = number.split_at_checked(10) else { return false };
    Luhn.holds(company) && (1..=94).contains(&read(end))
}

/// A multiple of eleven.
fn slovakia(number: &[u8]) -> bool {
    let kind = matches!(number.get(2), Some(b'2' | b'3' | b'4' | b'7' | b'8' | b'9'));
    kind && number.first() != Some(&b'0') && read(number) % 11 == 0
}

/// The register of companies, with the tax or without it named.
fn switzerland(number: &[u8]) -> bool {
    let (digits, tax) = number.split_at_checked(9).unwrap_or_default();
    let named = matches!(tax, b"" | b"MWST" | b"TVA" | b"IVA" | b"TPV" | b"VAT" | b"HR" | b"RC");
    let is_number = digits.len() == 9 && digits.iter().all(u8::is_ascii_digit);
    named && is_number && at_end(digits, &[5, 4, 3, 2, 7, 6, 5, 4], MISSING)
}

/// The last two digits are what is missing of a multiple of 97; since 2009 of one that 55 was added to.
fn united_kingdom(number: &[u8]) -> bool {
    let (Some(body), Some(check)) = (number.get(..7), number.get(7..9)) else { return false };
    let left = (sum(body, &[8, 7, 6, 5, 4, 3, 2]) + read(check)) % 97;
    left == 0 || left == 42
}
