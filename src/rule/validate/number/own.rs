//! Checks that are like no other. Each takes digits and capital letters of a length its scheme has asked for.

use super::super::luhn;
use super::check::{Character, Check, Remainder, sum};
use super::date::{Date, Form};
use super::value;

/// Finland: the day of birth, a sign or letter of the century, and a character that the number leaves when it
/// is divided by 31.
pub(super) fn hetu(number: &[u8]) -> bool {
    const TABLE: &[u8] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let (Some(born), Some(rest)) = (number.get(..6), number.get(number.len().saturating_sub(4)..)) else {
        return false;
    };
    let Some((last, serial)) = rest.split_last() else { return false };
    let digits = [born, serial].concat();
    let is_number = digits.iter().all(u8::is_ascii_digit);
    let left = usize::try_from(digits.iter().fold(0, |sum, digit| sum * 10 + value(*digit)) % 31);
    let fits = left.ok().and_then(|left| TABLE.get(left)) == Some(last);
    is_number && fits && Date::plain(0, Form::Dmy).holds(number)
}

/// France: what is missing of a multiple of 97; Corsica's departments have letters.
pub(super) fn nir(number: &[u8]) -> bool {
    let department = match number.get(5..7) {
        Some(b"2A") => *b"19",
        Some(b"2B") => *b"18",
        Some(&[one, two]) => [one, two],
        _ => return false,
    };
    let (Some(head), Some(tail)) = (number.get(..5), number.get(7..13)) else { return false };
    let body = [head, department.as_slice(), tail].concat();
    let read = |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + value(*digit));
    let month = read(number.get(3..5).unwrap_or_default());
    // 20 and more stand for months that nobody knows.
    let known = (1..=12).contains(&month) || (20..=42).contains(&month) || (50..=99).contains(&month);
    let is_number = body.iter().chain(number.iter().skip(13)).all(u8::is_ascii_digit);
    is_number && known && 97 - read(&body) % 97 == read(number.get(13..).unwrap_or_default())
}

/// Italy: characters at odd places count by a table of their own.
pub(super) fn codice_fiscale(number: &[u8]) -> bool {
    const ODD: [i64; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let Some((last, body)) = number.split_last() else { return false };
    let rank =
        |character: u8| if character.is_ascii_digit() { value(character) } else { value(character) - 10 };
    let odd = |character: u8| usize::try_from(rank(character)).ok().and_then(|rank| ODD.get(rank)).copied();
    let values = body.iter().enumerate().map(|(place, character)| match place % 2 {
        0 => odd(*character).unwrap_or(0),
        _ => rank(*character),
    });
    values.sum::<i64>() % 26 == value(*last) - 10
}

/// Mexico's values of letters: a letter that ASCII lacks stands behind the N, so the ones after it count one
/// more.
fn mexican(character: u8) -> i64 {
    value(character) + i64::from(character > b'N')
}

fn mexican_sum(number: &[u8], first: i64) -> i64 {
    number.iter().zip((0..=first).rev()).map(|(character, weight)| mexican(*character) * weight).sum()
}

/// Mexico, of a person.
pub(super) fn curp(number: &[u8]) -> bool {
    let Some((last, body)) = number.split_last() else { return false };
    (mexican_sum(body, 18) + value(*last)) % 10 == 0
}

/// Mexico, of a taxpayer: a company has a blank before it, which counts 37.
pub(super) fn rfc(number: &[u8]) -> bool {
    let Some((last, body)) = number.split_last() else { return false };
    let sum = if body.len() == 11 { 37 * 13 + mexican_sum(body, 12) } else { mexican_sum(body, 13) };
    (sum + value(*last)) % 11 == 0
}

/// Singapore.
pub(super) fn nric(number: &[u8]) -> bool {
    let sum = sum(number, &[0, 2, 7, 6, 5, 4, 3, 2]);
    let (start, table) = match number.first() {
        Some(b'S') => (0, b"JZIHGFEDCBA"),
        Some(b'T') => (4, b"JZIHGFEDCBA"),
        Some(b'F') => (0, b"XWUTRQPNMLK"),
        Some(b'G') => (4, b"XWUTRQPNMLK"),
        Some(b'M') => (3, b"XWUTRQPNJLK"),
        _ => return false,
    };
    let place = usize::try_from((sum + start) % 11).ok();
    place.and_then(|place| table.get(place)) == number.last()
}

/// Hong Kong: one letter has a blank before it, which counts 36.
pub(super) fn hkid(number: &[u8]) -> bool {
    let blank = if number.len() == 8 { 36 * 9 } else { 0 };
    let weights: Vec<i64> = (1..=i64::try_from(number.len()).unwrap_or(0)).rev().collect();
    (blank + sum(number, &weights)) % 11 == 0
}

/// Taiwan: the letter is a number of two digits, in an order of its own.
pub(super) fn taiwan(number: &[u8]) -> bool {
    let order = b"ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let Some((letter, digits)) = number.split_first() else { return false };
    let Some(rank) = order.iter().position(|other| other == letter) else { return false };
    let code = i64::try_from(rank).unwrap_or(0) + 10;
    (code / 10 + code % 10 * 9 + sum(digits, &[8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 == 0
}

/// India: every other character counts twice, in base 36.
pub(super) fn gstin(number: &[u8]) -> bool {
    let Some((last, body)) = number.split_last() else { return false };
    let weighted =
        body.iter().zip([1, 2].iter().cycle()).map(|(character, weight)| value(*character) * weight);
    (weighted.map(|product| product / 36 + product % 36).sum::<i64>() + value(*last)) % 36 == 0
}

/// Vehicles (ISO 3779, as North America has it): the ninth character checks the others.
pub(super) fn vin(number: &[u8]) -> bool {
    const WEIGHTS: [i64; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let count = |character: u8| match character {
        b'A'..=b'H' => value(character) - 9,
        b'J'..=b'R' => value(character) - 18,
        b'S'..=b'Z' => value(character) - 26,
        _ => value(character),
    };
    let sum: i64 = number.iter().zip(WEIGHTS).map(|(character, weight)| count(*character) * weight).sum();
    // A number of seventeen digits, and one with a letter before it, are something else.
    if number.iter().filter(|character| character.is_ascii_alphabetic()).count() < 3 {
        return false;
    }
    let wanted = if sum % 11 == 10 { b'X' } else { u8::try_from(sum % 11).unwrap_or(0) + b'0' };
    number.get(8) == Some(&wanted)
}

/// A letter as two digits, from 01.
fn two_digits(letter: u8) -> [i64; 2] {
    let rank = value(letter) - 9;
    [rank / 10, rank % 10]
}

/// The digits of weighted digits, summed up.
fn digit_sum(values: &[i64], weights: &[i64]) -> i64 {
    let products = values.iter().zip(weights.iter().cycle()).map(|(value, weight)| value * weight);
    products.map(|product| product / 10 + product % 10).sum()
}

/// Germany, health insurance.
pub(super) fn kvnr(number: &[u8]) -> bool {
    let (Some((letter, _)), Some(last)) = (number.split_first(), number.last()) else { return false };
    let digits = number.get(1..9).unwrap_or_default().iter().map(|digit| value(*digit));
    let values: Vec<i64> = two_digits(*letter).into_iter().chain(digits).collect();
    digit_sum(&values, &[1, 2]) % 10 == value(*last)
}

/// Germany, pension insurance.
pub(super) fn rvnr(number: &[u8]) -> bool {
    let (Some(letter), Some(last)) = (number.get(8), number.last()) else { return false };
    let digits = |from: usize, to: usize| number.get(from..to).unwrap_or_default().iter().map(|c| value(*c));
    let values: Vec<i64> = digits(0, 8).chain(two_digits(*letter)).chain(digits(9, 11)).collect();
    digit_sum(&values, &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]) % 10 == value(*last)
}

/// Ireland: a letter behind the check letter counts, too.
pub(super) fn pps(number: &[u8]) -> bool {
    let second = number.get(8).map_or(0, |letter| if *letter == b'W' { 0 } else { value(*letter) - 9 });
    let sum = sum(number.get(..7).unwrap_or_default(), &[8, 7, 6, 5, 4, 3, 2]) + second * 9;
    let place = usize::try_from(sum % 23).ok();
    place.and_then(|place| b"WABCDEFGHIJKLMNOPQRSTUV".get(place)) == number.get(7)
}

/// Russia, pension insurance: two digits.
pub(super) fn snils(number: &[u8]) -> bool {
    let (Some(body), Some(&[tens, ones])) = (number.get(..9), number.get(9..)) else { return false };
    let left = sum(body, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100;
    left == value(tens) * 10 + value(ones)
}

/// Chile: as many digits as there are, from the right.
pub(super) fn rut(number: &[u8]) -> bool {
    let character = Character { at: 8, weights: &[3, 2, 7, 6, 5, 4, 3, 2], table: b"0K987654321" };
    let body = number.split_last().map(|(_, body)| body).unwrap_or_default();
    body.iter().all(u8::is_ascii_digit) && character.holds(&padded(number, 9))
}

/// With zeros before it, to that length.
fn padded(number: &[u8], length: usize) -> Vec<u8> {
    let zeros = length.saturating_sub(number.len());
    std::iter::repeat_n(b'0', zeros).chain(number.iter().copied()).collect()
}

/// New Zealand: a sum that points nowhere is made once more with other weights.
pub(super) fn ird(number: &[u8]) -> bool {
    let number = padded(number, 9);
    let fits = |weights| Character { at: 8, weights, table: b"0?987654321" }.holds(&number);
    fits(&[3, 2, 7, 6, 5, 4, 3, 2]) || fits(&[7, 4, 3, 2, 5, 2, 7, 6])
}

/// Venezuela: the letter of the kind counts, too.
pub(super) fn rif(number: &[u8]) -> bool {
    let kind = match number.first() {
        Some(b'V') => 4,
        Some(b'E') => 8,
        Some(b'J') => 12,
        Some(b'P') => 16,
        Some(b'G') => 20,
        _ => return false,
    };
    let left = (kind + sum(number, &[0, 3, 2, 7, 6, 5, 4, 3, 2])) % 11;
    usize::try_from(left).ok().and_then(|place| b"00987654321".get(place)) == number.last()
}

/// Spain, of foreigners: the letter is the first of eight digits.
pub(super) fn nie(number: &[u8]) -> bool {
    let digit = match number.first() {
        Some(b'X') => b'0',
        Some(b'Y') => b'1',
        Some(b'Z') => b'2',
        _ => return false,
    };
    let weights = &[10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let table = b"TRWAGMYFPDXBNJZSQVHLCKE";
    Character { at: 8, weights, table }.holds(&[&[digit], number.get(1..).unwrap_or_default()].concat())
}

/// The United States, of taxpayers without a social security number: groups that are given out.
pub(super) fn itin(number: &[u8]) -> bool {
    let group = number.get(3..5).unwrap_or_default().iter().fold(0, |sum, digit| sum * 10 + value(*digit));
    matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// Sweden: ten digits, or twelve with the century, which does not count.
pub(super) fn personnummer(number: &[u8]) -> bool {
    let date = |at, form| Check::Date(Date { at, form, months: &[0], days: &[0, 60] }).holds(number);
    let Some((century, short)) = number.len().checked_sub(10).and_then(|at| number.split_at_checked(at))
    else {
        return false;
    };
    let is_day = if century.is_empty() { date(0, Form::Ymd) } else { date(0, Form::YyyyMd) };
    is_day && century.len() != 1 && Check::Luhn.holds(short)
}

/// Brazil, of companies: from 2026 on with letters, which count from 17.
pub(super) fn cnpj(number: &[u8]) -> bool {
    const WEIGHTS: [i64; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
    let count = |character: &u8| i64::from(*character) - i64::from(b'0');
    let fits = |length: usize| {
        let body = number.get(..length).unwrap_or_default();
        let weights = WEIGHTS.iter().skip(13 - length);
        let left = body.iter().zip(weights).map(|(c, weight)| count(c) * weight).sum::<i64>() % 11;
        number.get(length).map(count) == Some(if left < 2 { 0 } else { 11 - left })
    };
    fits(12) && fits(13)
}

/// Luxembourg: two check digits over the same eleven.
pub(super) fn luxembourg(number: &[u8]) -> bool {
    let Some((last, first)) = number.split_last() else { return false };
    let Some((_, body)) = first.split_last() else { return false };
    let digits: Vec<u8> = super::super::digits(first).collect();
    luhn::fits(digits.into_iter()) && Check::Verhoeff.holds(&[body, &[*last]].concat())
}

/// Germany, taxes: of the first ten digits one is there twice or three times.
pub(super) fn one_repeats(number: &[u8]) -> bool {
    let body = number.get(..10).unwrap_or_default();
    let times = (b'0'..=b'9').map(|digit| body.iter().filter(|other| **other == digit).count());
    let many: Vec<usize> = times.filter(|times| *times > 1).collect();
    matches!(many.as_slice(), [2 | 3])
}

/// France, value added tax: two digits before nine.
pub(super) fn fr_vat(number: &[u8]) -> bool {
    let digits: Vec<u8> = super::super::digits(number).collect();
    let Some((key, company)) = digits.split_at_checked(2).filter(|(_, company)| company.len() == 9) else {
        return false;
    };
    let read = |digits: &[u8]| digits.iter().fold(0, |sum: u64, digit| sum * 10 + u64::from(*digit));
    (12 + 3 * (read(company) % 97)) % 97 == read(key)
}

/// Spain, social security: a number below ten million stands right behind its province, without the zero between.
pub(super) fn short_social(number: &[u8]) -> bool {
    let Some((province, [b'0', rest @ ..])) = number.split_at_checked(2) else { return false };
    let whole = [province, rest].concat();
    Check::Remainder(Remainder { before: 0, digits: 9, modulus: 97, missing: false }).holds(&whole)
}
