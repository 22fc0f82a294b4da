//! Addresses of Ethereum, whose capitals are a checksum (EIP-55).

use super::{Match, Verdict};
use sha3::{Digest, Keccak256};

/// Certain of an address whose capitals fit. In one case alone there is no checksum, and nothing to be certain of.
pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let Some(digits) = matched.secret().strip_prefix(b"0x") else { return Verdict::Reject };
    let one_case = !digits.iter().any(u8::is_ascii_uppercase) || !digits.iter().any(u8::is_ascii_lowercase);
    if one_case {
        Verdict::Keep
    } else if fits(digits) {
        Verdict::Certain
    } else {
        Verdict::Reject
    }
}

/// A letter is a capital where the digest of the digits in lower case has eight or more.
fn fits(digits: &[u8]) -> bool {
    let digest = Keccak256::digest(digits.to_ascii_lowercase());
    let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .iter()
        .zip(nibbles)
        .all(|(digit, nibble)| !digit.is_ascii_alphabetic() || digit.is_ascii_uppercase() == (nibble >= 8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// Addresses of EIP-55.
    #[test]
    fn published_addresses_fit_and_others_do_not() {
        for address in
            ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"]
        {
            check(judge, address, Verdict::Certain);
            check(judge, &address.replacen('A', "a", 1).replacen('B', "b", 1), Verdict::Reject);
            check(judge, &address.to_ascii_lowercase(), Verdict::Keep);
        }
    }
}
