//! The families of checks.

use super::date::Date;
use super::{super::luhn, value};

/// Something that has to hold of a number, which comes as digits and capital letters. Luhn, remainders, ISO
/// 7064 and Verhoeff pass over the letters; weights count them from 10.
#[derive(Debug)]
pub(super) enum Check {
    /// Luhn, over all of it.
    Luhn,
    /// Luhn, over all of it behind other digits.
    LuhnBehind(&'static str),
    /// One character that the others decide on.
    Character(Character),
    /// The last digits are what a number leaves when it is divided.
    Remainder(Remainder),
    /// The weighted sum of all of it leaves nothing when it is divided: weights, modulus, and what the sum
    /// starts with.
    Total(&'static [i64], i64, i64),
    /// ISO 7064 MOD 11,10.
    Iso7064,
    /// Verhoeff's permutations.
    Verhoeff,
    /// A day that there is.
    Date(Date),
    /// It starts with one of these.
    Begins(&'static [&'static str]),
    /// It does not start with any of these.
    BeginsNot(&'static [&'static str]),
    /// More than two characters are different.
    Varied,
    /// One of them at least.
    Either(&'static [Self]),
    /// All of them, where they are a choice of another.
    All(&'static [Self]),
    /// It is built in its own way.
    Built(fn(&[u8]) -> bool),
    /// It has a sum of its own kind.
    Own(fn(&[u8]) -> bool),
}

/// The characters but the one at `at` are weighted and summed up. What the sum leaves is a place in `table`,
/// and there stands the character; the modulus is the length of the table.
#[derive(Debug)]
pub(super) struct Character {
    pub(super) at: usize,
    pub(super) weights: &'static [i64],
    pub(super) table: &'static [u8],
}

/// What the first digits, read as a number behind `before`, leave when it is divided.
#[derive(Debug)]
pub(super) struct Remainder {
    pub(super) before: u64,
    pub(super) digits: usize,
    pub(super) modulus: u64,
    /// Whether it is what is left, or what is missing.
    pub(super) missing: bool,
}

impl Check {
    /// Whether it would turn nearly all typing errors down.
    pub(super) fn is_sum(&self) -> bool {
        match self {
            Self::Date(_) | Self::Begins(_) | Self::BeginsNot(_) | Self::Varied | Self::Built(_) => false,
            Self::Either(checks) => checks.iter().all(Self::is_sum),
            Self::All(checks) => checks.iter().any(Self::is_sum),
            _ => true,
        }
    }

    pub(super) fn holds(&self, number: &[u8]) -> bool {
        let begins = |starts: &[&str]| starts.iter().any(|start| number.starts_with(start.as_bytes()));
        match self {
            Self::Luhn => luhn::fits(small(number).into_iter()),
            Self::LuhnBehind(before) => luhn::fits(small(&[before.as_bytes(), number].concat()).into_iter()),
            Self::Character(character) => character.holds(number),
            Self::Remainder(remainder) => remainder.holds(number),
            Self::Total(weights, modulus, start) => (sum(number, weights) + start) % modulus == 0,
            Self::Iso7064 => iso7064(number),
            Self::Verhoeff => verhoeff(number),
            Self::Date(date) => date.holds(number),
            Self::Begins(starts) => begins(starts),
            Self::BeginsNot(starts) => !begins(starts),
            Self::Varied => varied(number),
            Self::Either(checks) => checks.iter().any(|check| check.holds(number)),
            Self::All(checks) => checks.iter().all(|check| check.holds(number)),
            Self::Built(own) | Self::Own(own) => own(number),
        }
    }
}

impl Character {
    pub(super) fn holds(&self, number: &[u8]) -> bool {
        let others = number.iter().enumerate().filter(|(at, _)| *at != self.at);
        let others: Vec<u8> = others.map(|(_, character)| *character).collect();
        let modulus = i64::try_from(self.table.len()).unwrap_or(1);
        let place = usize::try_from(sum(&others, self.weights).rem_euclid(modulus)).ok();
        let wanted = place.and_then(|place| self.table.get(place));
        wanted.is_some() && wanted == number.get(self.at)
    }
}

impl Remainder {
    fn holds(&self, number: &[u8]) -> bool {
        let digits = small(number);
        let Some((head, tail)) = digits.split_at_checked(self.digits).filter(|(_, tail)| !tail.is_empty())
        else {
            return false;
        };
        let read = |digits: &[u8]| digits.iter().fold(0, |sum: u64, digit| sum * 10 + u64::from(*digit));
        let (head, tail) = (read(head), read(tail));
        let left = (self.before * 10_u64.pow(u32::try_from(self.digits).unwrap_or(0)) + head) % self.modulus;
        tail == if self.missing { self.modulus - left } else { left }
    }
}

/// The characters, each times its weight. What has no weight does not count.
pub(super) fn sum(number: &[u8], weights: &[i64]) -> i64 {
    number.iter().zip(weights).map(|(character, weight)| value(*character) * weight).sum()
}

/// The values of characters that are digits.
fn small(number: &[u8]) -> Vec<u8> {
    super::super::digits(number).collect()
}

fn iso7064(number: &[u8]) -> bool {
    let digits = small(number);
    let Some((last, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*last)
}

/// Multiplication in the dihedral group of order ten.
fn dihedral(a: i64, b: i64) -> i64 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 - b).rem_euclid(5) + 5,
        (false, false) => (a - b).rem_euclid(5),
    }
}

fn verhoeff(number: &[u8]) -> bool {
    const TURN: [i64; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let turned = |digit: i64, times: usize| {
        let turn = |digit: i64| usize::try_from(digit).ok().and_then(|at| TURN.get(at)).copied().unwrap_or(0);
        (0..times % 8).fold(digit, |digit, _| turn(digit))
    };
    let digits = number.iter().rev().enumerate();
    digits.fold(0, |sum, (place, digit)| dihedral(sum, turned(value(*digit), place))) == 0
}

fn varied(number: &[u8]) -> bool {
    let mut seen = number.to_vec();
    seen.sort_unstable();
    seen.dedup();
    seen.len() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(check: &Check, good: &[&str], bad: &[&str]) {
        for number in good {
            assert!(check.holds(number.as_bytes()), "{check:?} {number}");
        }
        for number in bad {
            assert!(!check.holds(number.as_bytes()), "{check:?} {number}");
        }
    }

    #[test]
    fn each_family_knows_its_published_numbers() {
        check(&Check::Verhoeff, &["2363", "123451", "999941057058"], &["2364", "123541"]);
        check(&Check::Iso7064, &["794623", "33392005961", "86095742719"], &["794624", "33392005916"]);
        check(&Check::LuhnBehind("80840"), &["1234567893"], &["1234567894"]);
        let weights = &[3, 7, 1, 3, 7, 1, 3, 7, 1];
        check(&Check::Total(weights, 10, 0), &["011000015", "021000021"], &["011000051"]);
    }

    #[test]
    fn what_a_division_leaves_or_misses_is_the_end() {
        let remainder = |before, digits, modulus, missing| {
            Check::Remainder(Remainder { before, digits, modulus, missing })
        };
        check(&remainder(0, 9, 97, true), &["85073003328"], &["85073003329", "850730", ""]);
        check(&remainder(2, 9, 97, true), &["00010100105"], &["00010100106"]);
        check(&remainder(0, 2, 7, false), &["151", "070"], &["154", "ab1"]);
    }

    #[test]
    fn a_character_stands_where_the_sum_points() {
        let last = Check::Character(Character { at: 2, weights: &[1, 2], table: b"ABC?" });
        check(&last, &["00A", "10B", "01C"], &["10A", "111", "1", ""]);
        let first = Check::Character(Character { at: 0, weights: &[1, 2], table: b"01234" });
        check(&first, &["311", "201"], &["211", "301"]);
        assert!(!Check::Varied.holds(b"1121") && Check::Varied.holds(b"1123"));
    }
}
