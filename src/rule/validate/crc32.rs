//! The checksum of GitHub and npm tokens: thirty characters, and their CRC-32 in base 62 as six more.
//! Source: "Behind GitHub's new authentication token formats" (GitHub, 2021). It makes a finding
//! certain and never rejects one: half of the tokens that are found anywhere do not pass.

use super::{Match, Verdict};

/// How many characters the checksum takes.
const WIDTH: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Judges the part behind the last `_` of a token.
pub(super) fn base62(matched: Match<'_>) -> Verdict {
    let token = matched.secret();
    let body = token.rsplit(|byte| *byte == b'_').next().unwrap_or_default();
    let (payload, checksum) = body.split_at(body.len().saturating_sub(WIDTH));
    Verdict::certain_if(encode(crc32(payload)) == checksum)
}

/// CRC-32 as in ISO-HDLC (zip, gzip, PNG), a bit at a time: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

fn encode(mut number: u32) -> [u8; WIDTH] {
    let mut text = [b'0'; WIDTH];
    for place in text.iter_mut().rev() {
        *place = BASE62.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn the_check_value_of_the_algorithm() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(&encode(61), b"00000z");
    }

    #[test]
    fn a_checksum_makes_certain_and_never_rejects() {
        let body = "blackbarEXAMPLEblackbarEXAMPLE";
        let token = format!("ghp_{body}{}", String::from_utf8_lossy(&encode(crc32(body.as_bytes()))));
        check(base62, &token, Verdict::Certain);
        check(base62, &format!("ghp_{body}000000"), Verdict::Keep);
        check(base62, "ghp_", Verdict::Keep);
    }
}
