//! Luhn's sum (ISO/IEC 7812-1, annex B). It fits one number in ten: never enough on its own.

/// Whether the last of these digits is the check digit of the others.
pub(super) fn fits(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    sum(digits).is_multiple_of(10)
}

/// The sum, where the last digit counts once.
pub(super) fn sum(digits: impl DoubleEndedIterator<Item = u8>) -> u32 {
    digits
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn published_numbers_fit_and_no_other_last_digit_does() {
        for number in ["79927398713", "4111111111111111", "490154203237518", "046454286"] {
            let body = number.split_at(number.len() - 1).0;
            for last in '0'..='9' {
                let other = format!("{body}{last}");
                assert_eq!(fits(digits(other.as_bytes())), other == number, "{other}");
            }
        }
    }
}
