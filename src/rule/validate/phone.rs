//! Phone numbers: lengths of E.164, calling codes of the ITU (List of assigned country codes), and the
//! shape of North American numbers (NANPA: area code and exchange start with 2 to 9).
//!
//! Not done: the plan of each country. A number of a country whose plan is known to nobody here is
//! still a number that was written with a plus before it.

use super::{Match, Verdict, digits, stamp};

/// Every digits-run that is a calling code: one, two or three digits, no code is the start of another.
const CODES: &str = " 1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 \
65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 \
234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 \
264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 \
378 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 \
597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852 853 \
855 856 870 878 880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 \
993 994 995 996 998 ";

/// A number with `+` and a calling code.
pub(super) fn international(matched: Match<'_>) -> Verdict {
    let number: String = digits(matched.secret()).map(|digit| char::from(digit + b'0')).collect();
    let touches = |near: Option<&u8>| near.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let escape = matches!(matched.before(), [.., b'\\', b'n' | b'r' | b't']);
    let inside = (!escape && touches(matched.before().last()))
        || touches(matched.after().first())
        || matches!(matched.after(), [b'+' | b'~', ..])
        || is_term(&matched)
        || matched.in_longer_number();
    let Some(national) = national(&number) else { return Verdict::Reject };
    let plausible = match number.strip_prefix('1') {
        Some(american) => american.len() == 10 && american_shape(american),
        None => (8..=15).contains(&number.len()) && national.len() >= 5,
    };
    Verdict::keep_if(plausible && !inside && varied(national) && !is_added_day(matched.secret(), &number))
}

/// `+2015-11-05`, `+20031012`: a day of this century behind the plus of a diff. Numbers of Egypt, which has that code, are
/// longer.
fn is_added_day(text: &[u8], number: &str) -> bool {
    let parted = matches!(text, [b'+', _, _, _, _, b'-' | b'.' | b'/', ..]);
    let bare = text.len() == number.len() + 1;
    let of = |range: std::ops::Range<usize>| number.get(range).and_then(|digits| digits.parse::<u8>().ok());
    let is_day = matches!((of(4..6), of(6..8)), (Some(1..=12), Some(1..=31)));
    number.starts_with("20") && number.len() == 8 && is_day && (parted || bare)
}

/// A number of the North American plan without its code.
pub(super) fn nanp(matched: Match<'_>) -> Verdict {
    let number: String = digits(matched.secret()).map(|digit| char::from(digit + b'0')).collect();
    let shape = number.len() == 10 && american_shape(&number) && varied(&number);
    Verdict::keep_if(shape && !matched.in_longer_number())
}

/// A number as it is written at home: seven digits and more, and no day. What plan it follows is not asked,
/// for it stands behind what it is called.
pub(super) fn local(matched: Match<'_>) -> Verdict {
    let number: String = digits(matched.secret()).map(|digit| char::from(digit + b'0')).collect();
    let text = matched.secret();
    let is_day =
        number.len() == 8 && text.iter().filter(|byte| matches!(**byte, b'-' | b'/' | b'.')).count() == 2;
    // What follows the number of a publisher is an article's.
    let is_article = matches!(matched.before(), [.., b'0'..=b'9', b'/']);
    let is_other = is_day || is_article || is_row(text) || is_version(text) || stamp::is_stamp(text);
    let plausible = (7..=15).contains(&number.len()) && !is_other;
    Verdict::keep_if(plausible && varied(&number) && !matched.in_longer_number())
}

/// `x[8]+2272392833&4294967295`: a number that is added and masked.
fn is_term(matched: &Match<'_>) -> bool {
    matches!(matched.before(), [.., b']' | b')']) && matches!(matched.after(), [b'&' | b'^' | b'|', ..])
}

/// `0065 0302 0301`, `0031 2044 0032`: a row of a table of four digits each, of which more than the first begins with
/// a zero.
fn is_row(text: &[u8]) -> bool {
    let groups = || text.split(|byte| !byte.is_ascii_digit()).filter(|group| !group.is_empty());
    groups().all(|group| group.len() == 4) && groups().filter(|group| group.starts_with(b"0")).count() > 1
}

/// `5.006001`, `2024.01.1234`: a version.
const fn is_version(text: &[u8]) -> bool {
    matches!(text, [b'0'..=b'9', b'.', b'0', ..] | [b'2', b'0', _, _, b'.', ..])
}

/// What stands behind the calling code.
fn national(number: &str) -> Option<&str> {
    (1..=3).find_map(|length| {
        let (code, rest) = number.split_at_checked(length)?;
        CODES.contains(&format!(" {code} ")).then_some(rest)
    })
}

/// Area code and exchange start with 2 to 9, and neither ends in 11.
fn american_shape(number: &str) -> bool {
    let place =
        |part: Option<&str>| part.is_some_and(|part| !part.starts_with(['0', '1']) && !part.ends_with("11"));
    place(number.get(..3)) && place(number.get(3..6))
}

fn varied(number: &str) -> bool {
    let mut seen: Vec<char> = number.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len() > 2
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// Numbers that regulators keep free for fiction (Ofcom, NANPA 555-01xx), and public ones.
    #[test]
    fn numbers_that_could_ring_are_kept() {
        for number in
            ["+1 (415) 555-0178", "+49 30 90128431", "+442079460158", "+33 1 99 00 12 34", "+61 491 570 156"]
        {
            check(international, number, Verdict::Keep);
        }
        for number in ["(415) 555-0178", "415-555-0178", "415.555.0178"] {
            check(nanp, number, Verdict::Keep);
        }
    }

    #[test]
    fn a_number_at_home_is_no_day_and_no_count() {
        for number in ["030 901820", "0171/2345678", "(020) 7946 0018", "01 99 00 12 34", "555-0178"] {
            check(local, number, Verdict::Keep);
        }
        for number in [
            "2024-01-31",
            "31.01.2024",
            "123456",
            "000 000 000",
            "1234567890123456",
            "0065 0302 0301",
            "5.006001",
        ] {
            check(local, number, Verdict::Reject);
        }
    }

    #[test]
    fn numbers_that_could_not_are_rejected() {
        for number in [
            "+1 115 555 0178",
            "+1 415 55 0178",
            "+999 12 345 678",
            "+4912345",
            "+1234567890123456",
            "+000000000000",
        ] {
            check(international, number, Verdict::Reject);
        }
        check(international, "a)+s[8]\u{ab}+2272392833\u{bb}&4294967295", Verdict::Reject);
        check(international, "1.0\u{ab}+44207946015\u{bb}", Verdict::Reject);
        check(international, "\u{ab}+44207946015\u{bb}a", Verdict::Reject);
        check(international, "1:14~\u{ab}+20211230084136\u{bb}+a96fe1bf", Verdict::Reject);
        for number in ["(115) 555-0178", "415-155-0178", "911-555-0178", "222-222-2222"] {
            check(nanp, number, Verdict::Reject);
        }
        check(nanp, "1-\u{ab}415-555-0178\u{bb}-9", Verdict::Reject);
    }
}
