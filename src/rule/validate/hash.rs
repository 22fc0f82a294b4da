//! Digests: MD5, SHA-1, SHA-256, SHA-384 and SHA-512 in hexadecimal, and `sha256-` in base64. For rules
//! whose secrets are never written so.

use super::{Match, Verdict};

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let secret = matched.secret();
    let hex = matches!(secret.len(), 32 | 40 | 64 | 96 | 128) && secret.iter().all(u8::is_ascii_hexdigit);
    let named = [&b"sha1-"[..], b"sha256-", b"sha384-", b"sha512-", b"sha256:", b"sha512:"];
    Verdict::keep_if(!hex && !named.iter().any(|name| secret.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn digests_are_rejected() {
        check(judge, "da39a3ee5e6b4b0d3255bfef95601890afd80709", Verdict::Reject);
        check(judge, "d41d8cd98f00b204e9800998ecf8427e", Verdict::Reject);
        check(judge, "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Verdict::Reject);
        check(judge, "da39a3ee5e6b4b0d3255bfef95601890afd8070", Verdict::Keep);
        check(judge, "d41d8cd98f00b204e9800998ecf8427z", Verdict::Keep);
    }
}
