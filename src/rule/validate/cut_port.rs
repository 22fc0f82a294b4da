//! The port of a URL that was cut off, which stands where a password would: `redis://cache:6379/0`.

use super::{Match, Verdict};

/// Judges what may be the password of a URL that was cut off: the port of one without a password is none.
pub(super) fn beginning(matched: Match<'_>) -> Verdict {
    let digits = matched.secret().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = matched.secret().get(digits..).unwrap_or_default();
    let is_port = (2..=5).contains(&digits) && rest.first().is_none_or(|byte| b"/?,;)]}".contains(byte));
    Verdict::keep_if(!is_port)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn a_port_is_no_beginning_of_a_password() {
        check(beginning, "redis://cache:\u{ab}6379/0\u{bb}", Verdict::Reject);
        check(beginning, "redis://cache:\u{ab}6379\u{bb}", Verdict::Reject);
        check(beginning, "redis://app:\u{ab}63b1ack\u{bb}", Verdict::Keep);
        check(beginning, "redis://app:\u{ab}6379b1\u{bb}", Verdict::Keep);
    }
}
