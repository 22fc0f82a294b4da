//! Numbers that somebody gives to somebody: of persons, taxpayers, patients, accounts and devices.
//!
//! Validators as data: there are some eighty such numbers and five ways to check one. A [`Scheme`] is a name,
//! a length and what has to hold ([`Check`]); [`table`] lists them all, and what fits no family has its own
//! function in [`own`]. The name of a scheme is its name in a pack.
//!
//! **Bias.** Unlike the checksum of a secret, that of a number decides: numbers are everywhere, and one of
//! the right length means nothing. One digit in ten fits a check digit by chance, so what is a bare number
//! still needs its name beside it: that is the pattern's part.
//!
//! Considered and not done: registers of what was given out (cities, offices, ranges), which change; numbers
//! that were typed wrong, which belong to nobody; a crate for each country.

mod check;
pub(super) mod date;
mod own;
mod table;
mod vat;

use super::{Match, Verdict, number_list};
use check::Check;

/// How numbers of one kind are made.
#[derive(Debug)]
struct Scheme {
    name: &'static str,
    /// The least and the most characters, separators not counted.
    length: (usize, usize),
    checks: &'static [Check],
}

/// A kind of number, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(usize);

impl Kind {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..table::SCHEMES.len()).map(Self)
    }

    /// Its name in a pack.
    #[must_use]
    pub fn name(self) -> &'static str {
        table::SCHEMES.get(self.0).map_or("", |scheme| scheme.name)
    }

    /// Certain of a number that can have been given out, if a sum says so.
    pub(super) fn judge(self, matched: Match<'_>) -> Verdict {
        let Some(scheme) = table::SCHEMES.get(self.0) else { return Verdict::Reject };
        let fits = |text: &[u8]| scheme.fits(&characters(text));
        if !fits(matched.secret()) || matched.in_longer_number() || number_list::is_in(&matched, fits) {
            return Verdict::Reject;
        }
        Verdict::certain_if(scheme.checks.iter().any(Check::is_sum))
    }
}

impl Scheme {
    fn fits(&self, number: &[u8]) -> bool {
        let (least, most) = self.length;
        (least..=most).contains(&number.len()) && self.checks.iter().all(|check| check.holds(number))
    }
}

/// Digits and capital letters; everything else stands between them.
fn characters(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase).collect()
}

/// What a character counts: 0 to 9, and 10 to 35 for letters.
fn value(character: u8) -> i64 {
    char::from(character).to_digit(36).map_or(0, i64::from)
}

#[cfg(test)]
mod tests;
