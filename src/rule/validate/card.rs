//! Payment cards. Luhn alone fits one number in ten, so issuer ranges and lengths decide with it.
//!
//! Ranges: ISO/IEC 7812 as the networks publish them. Not there: Elo, UATP and Verve, whose ranges overlap
//! with numbers that are no cards.

use super::{Match, Verdict, digits, luhn};

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let number: Vec<u8> = digits(matched.secret()).collect();
    let fits = !matched.in_longer_number() && issued(&number) && luhn::fits(number.iter().copied());
    if fits { Verdict::Certain } else { Verdict::Reject }
}

/// Whether a network issues numbers that start so and are so long.
fn issued(number: &[u8]) -> bool {
    let first = |count: usize| number.iter().take(count).fold(0u32, |n, digit| n * 10 + u32::from(*digit));
    let (two, three, four) = (first(2), first(3), first(4));
    let length = number.len();
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
        ] {
            check(judge, number, Verdict::Reject);
        }
        check(judge, "\u{ab}4111111111111111\u{bb}. Done", Verdict::Certain);
    }
}
