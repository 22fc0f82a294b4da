//! Addresses of Monero: base 58 in blocks, and four bytes of Keccak-256.

use super::{Match, Verdict, crypto};
use sha3::{Digest, Keccak256};

/// Characters of a block, and the bytes it is.
const BLOCK: (usize, usize) = (11, 8);
/// The same of the last, which is shorter.
const LAST: (usize, usize) = (7, 5);

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let fits = bytes(matched.secret()).is_some_and(|bytes| {
        let (body, check) = bytes.split_at(bytes.len().saturating_sub(4));
        Keccak256::digest(body).starts_with(check)
    });
    if fits { Verdict::Certain } else { Verdict::Reject }
}

fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for block in text.chunks(BLOCK.0) {
        let (_, size) = [BLOCK, LAST].into_iter().find(|(characters, _)| *characters == block.len())?;
        let number = block.iter().try_fold(0u128, |number, character| {
            Some(number * 58 + u128::try_from(crypto::place58(*character)?).ok()?)
        })?;
        let all = number.to_be_bytes();
        let (above, held) = all.split_at_checked(all.len() - size)?;
        if above.iter().any(|byte| *byte > 0) {
            return None;
        }
        out.extend(held);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// The address that the project takes donations at.
    #[test]
    fn a_published_address_fits_and_others_do_not() {
        let address =
            "888tNkZrPN6JsEgekjMnABU4TBzc2Dt29EPAvkRxbANsAnjyPbb3iQ1YBRk1UXcdRsiKc9dhwMVgN5S9cQUiyoogDavup3H";
        check(judge, address, Verdict::Certain);
        check(judge, &address.replacen("tN", "tM", 1), Verdict::Reject);
        check(judge, &address.replacen('8', "0", 1), Verdict::Reject);
        check(judge, &"z".repeat(95), Verdict::Reject);
        check(judge, "888", Verdict::Reject);
    }
}
