//! Payment cards. Luhn alone fits one number in ten, so issuer ranges and lengths decide with it.
//!
//! Ranges: ISO/IEC 7812 as the networks publish them. Not there: UATP, whose range overlaps with numbers that
//! are no cards, and of Elo and Verve what is not told by six digits.

use super::{Match, Verdict, digits, luhn, number_list};

/// Bytes on each side of a number that tell whether it is a part of a table.
const ROW: usize = 26;

/// Most that one number of a table of code points is after the one before it.
const STEP: u32 = 32;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let is_other =
        || matched.in_longer_number() || is_code_points(&matched) || number_list::is_in(&matched, is_card);
    if is_card(matched.secret()) && !is_other() { Verdict::Certain } else { Verdict::Reject }
}

fn is_card(text: &[u8]) -> bool {
    let number: Vec<u8> = digits(text).collect();
    issued(&number) && luhn::fits(number.iter().copied())
}

/// `508D 508E 5090 5091`: a part of a table of code points, all of them four hexadecimal digits, some with a letter or
/// each a little after the one before. `[.4254.0020.0002.0002]`: a collation element.
fn is_code_points(matched: &Match<'_>) -> bool {
    let is_group = |group: &&[u8]| {
        group.len() == 4 && group.iter().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte))
    };
    let has_letter = |group: &[u8]| group.iter().any(u8::is_ascii_uppercase);
    let is_row = |groups: &mut dyn Iterator<Item = &[u8]>| {
        groups.filter(|group| !group.is_empty()).take_while(is_group).any(has_letter)
    };
    // The first item is what touches the number.
    let row = |groups: &mut dyn Iterator<Item = &[u8]>| -> Vec<u32> {
        groups.skip(1).take_while(is_group).map(number).collect()
    };
    let (before, after) = (matched.just_before(ROW), matched.just_after(ROW));
    let line_before = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let line_after = after.split(|byte| *byte == b'\n').next().unwrap_or_default();
    is_row(&mut before.rsplit(u8::is_ascii_whitespace))
        || is_row(&mut after.split(u8::is_ascii_whitespace))
        || rises(row(&mut line_before.rsplit(is_blank)).iter().rev())
        || rises(row(&mut line_after.split(is_blank)).iter())
        || before.ends_with(b"[.") && matched.secret().contains(&b'.')
}

/// What a group of digits counts to.
fn number(group: &[u8]) -> u32 {
    group.iter().fold(0, |number, digit| number * 10 + u32::from(digit.wrapping_sub(b'0')))
}

/// Whether three numbers in a row go up by little each, as those of a table do.
fn rises<'r>(row: impl Iterator<Item = &'r u32> + Clone) -> bool {
    let by_little = |(one, next): (&u32, &u32)| (1..=STEP).contains(&next.saturating_sub(*one));
    let steps = row.clone().zip(row.skip(1)).map(by_little);
    steps.clone().zip(steps.skip(1)).any(|(step, next)| step && next)
}

const fn is_blank(byte: &u8) -> bool {
    *byte == b' '
}

/// Whether a network issues numbers that start so and are so long.
fn issued(number: &[u8]) -> bool {
    let first = |count: usize| number.iter().take(count).fold(0u32, |n, digit| n * 10 + u32::from(*digit));
    let (two, three, four) = (first(2), first(3), first(4));
    let length = number.len();
    match first(6) {
        504_175 | 506_699..=506_778 | 509_000..=509_999 | 627_780 | 636_297 | 636_368..=636_369 => {
            return length == 16; // Elo
        }
        506_099..=506_198 | 507_865..=507_964 => return matches!(length, 16 | 18 | 19), // Verve
        384_100 | 384_140 | 384_160 | 606_282 | 637_095 | 637_568 | 637_599 | 637_609 | 637_612 => {
            return length == 16; // Hipercard
        }
        _ => {}
    }
    match four {
        4000..=4999 => matches!(length, 13 | 16 | 19), // Visa
        2221..=2720 => length == 16,                   // Mastercard
        2200..=2204 => (16..=19).contains(&length),    // Mir
        2131 | 1800 => length == 15,                   // JCB, the old ranges
        3528..=3589 => (16..=19).contains(&length),    // JCB
        9792 => length == 16,                          // Troy
        5085..=5089 | 6069 | 6070..=6079 | 6521..=6522 => length == 16, // RuPay
        6011 => (16..=19).contains(&length),           // Discover
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => (12..=19).contains(&length), // Maestro
        _ if (51..=55).contains(&two) => length == 16, // Mastercard
        _ if two == 34 || two == 37 => length == 15,   // American Express
        _ if (644..=649).contains(&three) || two == 65 => (16..=19).contains(&length), // Discover
        _ if two == 62 || two == 81 => (16..=19).contains(&length), // UnionPay
        _ if (300..=305).contains(&three) || four == 3095 || matches!(two, 36 | 38 | 39) => {
            matches!(length, 14 | 16 | 19) // Diners Club
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// Test numbers that Visa, Mastercard, Adyen and Stripe publish.
    #[test]
    fn published_test_numbers_fit() {
        for number in [
            "4111111111111111",
            "4222222222222",
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "2223003122003222",
            "2720992593319364",
            "378282246310005",
            "3782-822463-10005",
            "6011111111111117",
            "6445644564456445",
            "3530111333300000",
            "30569309025904",
            "36227206271667",
            "6205500000000000004",
            "6759649826438453",
            "4000000000000000006",
            "180000000000002",
            "213100000000001",
            "630400000000",
            "2200000000000004",
            "6521000000000007",
            "5085000000000007",
            "9792000000000003",
            "6200000000000005",
            "6363680000000007",
            "5060990000000008",
            "6062820000000003",
        ] {
            check(judge, number, Verdict::Certain);
        }
    }

    #[test]
    fn other_numbers_do_not() {
        for number in [
            "4111111111111112",
            "411111111111111",
            "1111111111111111",
            "0000000000000000",
            "9007199254740993",
            "0.\u{ab}4111111111111111\u{bb}",
            "12-\u{ab}4111111111111111\u{bb}",
            "\u{ab}4111111111111111\u{bb}.5",
            "\u{ab}4111111111111111\u{bb}7",
            "\u{ab}4111 1111 1111 1111\u{bb} 508A 508B",
            "508A 5090\n\u{ab}4111 1111 1111 1111\u{bb}",
            "5351 5352 5353 5354 5355 \u{ab}4111 1111 1111 1111\u{bb}",
            "\u{ab}4111 1111 1111 1111\u{bb} 5462 5464 5470 5471",
            "[.\u{ab}4111.1111.1111.1111\u{bb}]",
        ] {
            check(judge, number, Verdict::Reject);
        }
        check(judge, "\u{ab}4111111111111111\u{bb}. Done", Verdict::Certain);
        for text in [
            "\u{ab}4111 1111 1111 1111\u{bb} 5555 5555 5555 4444",
            "\u{ab}4111 1111 1111 1111\u{bb} 5500 0000 0000 0004 4012 8888 8888 1881",
            "[.\u{ab}4111111111111111\u{bb}]",
            "5555 5555 5555 4444\n\u{ab}4111 1111 1111 1111\u{bb}\n5555 5555 5555 4444",
            "No.\u{ab}4111 1111 1111 1111\u{bb}",
        ] {
            check(judge, text, Verdict::Certain);
        }
        check(judge, "FACE it: \u{ab}4111 1111 1111 1111\u{bb} 0329", Verdict::Certain);
    }
}
