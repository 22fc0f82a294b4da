//! Addresses of wallets, which tell who paid whom: base58 with four bytes of a double SHA-256 (Bitcoin and
//! those that were made of it, Tron, Ripple in an order of its own), bech32 (BIP 173, BIP 350) and the addresses of
//! Bitcoin Cash, each with its polynomial.
//!
//! Not done: addresses without any checksum.

use super::{Match, Verdict};
use sha2::{Digest, Sha256};

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// The order in which Ripple has the same characters.
const RIPPLE: &[u8] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Bytes of an address: version, twenty of a hash, four of its checksum.
const ADDRESS: usize = 25;

pub(super) fn base58check(matched: Match<'_>) -> Verdict {
    checked(matched, BASE58)
}

pub(super) fn ripple(matched: Match<'_>) -> Verdict {
    checked(matched, RIPPLE)
}

/// What a character counts in base 58.
pub(super) fn place58(character: u8) -> Option<usize> {
    BASE58.iter().position(|other| *other == character)
}

fn checked(matched: Match<'_>, alphabet: &[u8]) -> Verdict {
    let fits = decode58(matched.secret(), alphabet).is_some_and(|bytes| {
        let (body, check) = bytes.split_at(ADDRESS - 4);
        Sha256::digest(Sha256::digest(body)).starts_with(check)
    });
    if fits { Verdict::Certain } else { Verdict::Reject }
}

/// The number that the characters are in base 58, most significant byte first.
fn decode58(text: &[u8], alphabet: &[u8]) -> Option<[u8; ADDRESS]> {
    let mut bytes = [0u8; ADDRESS];
    for character in text {
        let mut carry = alphabet.iter().position(|other| other == character)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry % 256).unwrap_or(0);
            carry /= 256;
        }
        if carry > 0 {
            return None;
        }
    }
    Some(bytes)
}

pub(super) fn bech32(matched: Match<'_>) -> Verdict {
    if is_bech32(&matched.secret().to_ascii_lowercase()) { Verdict::Certain } else { Verdict::Reject }
}

fn is_bech32(text: &[u8]) -> bool {
    let Some(one) = text.iter().rposition(|byte| *byte == b'1') else { return false };
    let (human, data) = (text.get(..one).unwrap_or_default(), text.get(one + 1..).unwrap_or_default());
    let places = data.iter().map(|byte| BECH32.iter().position(|other| other == byte));
    let Some(data) = places.collect::<Option<Vec<usize>>>() else { return false };
    let high = human.iter().map(|byte| usize::from(byte >> 5));
    let low = human.iter().map(|byte| usize::from(byte & 31));
    let left = high.chain([0]).chain(low).chain(data).fold(1, step);
    matches!(left, 1 | 0x2bc8_30a3)
}

/// Certain of an address of Bitcoin Cash, with what goes before its colon.
pub(super) fn cash(matched: Match<'_>) -> Verdict {
    if is_cash(&matched.secret().to_ascii_lowercase()) { Verdict::Certain } else { Verdict::Reject }
}

fn is_cash(text: &[u8]) -> bool {
    let human = b"bitcoincash".iter().map(|byte| u64::from(byte & 31)).chain([0]);
    let data = text.strip_prefix(b"bitcoincash:").unwrap_or(text);
    let place =
        |byte: &u8| BECH32.iter().position(|other| other == byte).and_then(|at| u64::try_from(at).ok());
    let Some(data) = data.iter().map(place).collect::<Option<Vec<u64>>>() else { return false };
    human.chain(data).fold(1, step_cash) == 1
}

fn step_cash(sum: u64, value: u64) -> u64 {
    const GENERATOR: [u64; 5] =
        [0x98_f2bc_8e61, 0x79_b76d_99e2, 0xf3_3e5f_b3c4, 0xae_2eab_e2a8, 0x1e_4f43_e470];
    let next = (sum & 0x07_ffff_ffff) << 5 ^ value;
    let bits = GENERATOR.iter().enumerate().filter(|(bit, _)| sum >> 35 >> bit & 1 == 1);
    bits.fold(next, |next, (_, generator)| next ^ generator)
}

fn step(sum: usize, value: usize) -> usize {
    const GENERATOR: [usize; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let next = (sum & 0x01ff_ffff) << 5 ^ value;
    let bits = GENERATOR.iter().enumerate().filter(|(bit, _)| sum >> 25 >> bit & 1 == 1);
    bits.fold(next, |next, (_, generator)| next ^ generator)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// The first address there was, and those of BIP 173, BIP 350 and other specifications.
    #[test]
    fn published_addresses_fit_and_others_do_not() {
        for address in ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3P14159f73E4gFr7JterCCQh9QjiTjiZrG"] {
            check(base58check, address, Verdict::Certain);
            check(base58check, &address.replacen('1', "2", 1), Verdict::Reject);
        }
        check(base58check, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN0", Verdict::Reject);
        check(base58check, "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", Verdict::Reject);
        for address in [
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ] {
            check(bech32, address, Verdict::Certain);
            check(bech32, &address.replacen(['q', 'Q', 'p'], "z", 1), Verdict::Reject);
        }
        check(bech32, "bc1", Verdict::Reject);
        check(bech32, "nothing", Verdict::Reject);
        let address = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a";
        check(cash, address, Verdict::Certain);
        check(cash, &address.replacen("qpm", "qpn", 1), Verdict::Reject);
        check(cash, "bitcoincash:", Verdict::Reject);
        check(ripple, "rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmN", Verdict::Certain);
        check(ripple, "rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmM", Verdict::Reject);
    }
}
