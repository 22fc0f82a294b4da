//! Numbers in a list of numbers: tables of constants in source code. One in ten of them has the check digit of a
//! card, and its neighbours have not.

use super::Match;

/// Bytes on each side of a number that are looked at.
const NEAR: usize = 128;

/// Digits of a neighbour that says something.
const LONG: std::ops::RangeInclusive<usize> = 10..=24;

/// Neighbours that have to be none of the kind.
const OTHERS: usize = 2;

/// Whether a number stands in a list, parted by commas, with others that do not fit.
pub(super) fn is_in(matched: &Match<'_>, fits: impl Fn(&[u8]) -> bool) -> bool {
    let (before, after) = (matched.just_before(NEAR), matched.just_after(NEAR));
    let is_number = |item: &&[u8]| LONG.contains(&item.len()) && item.iter().all(u8::is_ascii_digit);
    let others = |items: &mut dyn Iterator<Item = &[u8]>| {
        // Nothing stands between a number and the comma beside it.
        let is_item = items.next().is_some_and(|rest| rest.trim_ascii().is_empty());
        let numbers = items.map(<[u8]>::trim_ascii).take_while(is_number);
        if is_item { numbers.filter(|number| !fits(number)).count() } else { 0 }
    };
    let is_comma = |byte: &u8| *byte == b',';
    others(&mut before.rsplit(is_comma)) + others(&mut after.split(is_comma)) >= OTHERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_among_others_is_one_of_a_table() {
        let is_in = |before: &str, after: &str| {
            let text = format!("{before}4111111111111111{after}");
            let at = before.len()..before.len() + 16;
            is_in(&Match::new(text.as_bytes(), &at), |number| number.ends_with(b"1"))
        };
        assert!(is_in("[\n    7,\n    1234567890123455,\n    1234567890123456,\n    ", ",\n    7"));
        assert!(is_in("1234567890123455, ", ", 1234567890123456, "));
        assert!(is_in("(", ",1234567890123455,1234567890123456,"));
        assert!(!is_in("1234567890123451, ", ", 1234567890123451, 1234567890123451"));
        assert!(!is_in("1234567890123455 ", " 1234567890123456"));
        assert!(!is_in("1234567890123455, card ", ", 5"));
        assert!(!is_in("12, ", ", 123456, 1234"));
    }
}
