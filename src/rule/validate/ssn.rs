//! Social security numbers of the United States: what can have been issued. There is no checksum.
//! Source: Social Security Administration, "Social Security Number Randomization".

use super::{Match, Verdict, digits};

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let number: Vec<u32> = digits(matched.secret()).map(u32::from).collect();
    let part = |from: usize, to: usize| number.iter().take(to).skip(from).fold(0, |n, digit| n * 10 + digit);
    let (area, group, serial) = (part(0, 3), part(3, 5), part(5, 9));
    let allocated = number.len() == 9 && !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0;
    Verdict::keep_if(allocated && !matched.in_longer_number())
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn areas_groups_and_serials_that_are_never_given_are_rejected() {
        for number in
            ["000-12-3456", "666-12-3456", "900-12-3456", "999-12-3456", "123-00-4567", "123-45-0000"]
        {
            check(judge, number, Verdict::Reject);
        }
        for number in ["078-05-1120", "345-68-8073", "899-12-3456", "772 01 0001", "345688073"] {
            check(judge, number, Verdict::Keep);
        }
    }

    #[test]
    fn a_piece_of_a_longer_number_is_rejected() {
        check(judge, "2024-\u{ab}345-68-8073\u{bb}", Verdict::Reject);
        check(judge, "\u{ab}345-68-8073\u{bb}-12", Verdict::Reject);
        check(judge, "SSN-\u{ab}345-68-8073\u{bb}.", Verdict::Keep);
    }
}
