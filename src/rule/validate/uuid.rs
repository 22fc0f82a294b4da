//! UUIDs (RFC 9562): identifiers, where nothing says that one is a key.

use super::{Match, Verdict};

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    Verdict::keep_if(!is(matched.secret()))
}

pub(super) fn is(text: &[u8]) -> bool {
    let mut lengths = text.split(|byte| *byte == b'-').map(<[u8]>::len);
    let shape =
        [8, 4, 4, 4, 12].iter().all(|length| lengths.next() == Some(*length)) && lengths.next().is_none();
    shape && text.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
}

/// Its digits alone.
pub(super) fn digits(uuid: &[u8]) -> Vec<u8> {
    uuid.iter().filter(|byte| **byte != b'-').copied().collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn only_a_uuid_is_one() {
        check(judge, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", Verdict::Reject);
        check(judge, "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", Verdict::Reject);
        check(judge, "f81d4fae-7dec-11d0-a765-00a0c91e6bf", Verdict::Keep);
        check(judge, "f81d4fae7dec11d0a76500a0c91e6bf6", Verdict::Keep);
        check(judge, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6-1", Verdict::Keep);
    }
}
