//! What stands between the scheme and the host of a URL (RFC 3986, section 3.2.1).

use super::SEPARATOR;

/// The text before the user of a URL, up to `://`, and what stands behind that, where a text ends before the `@` of its
/// host: `x https://` and `ada:pass` of `x https://ada:pass`.
pub(crate) fn before(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == SEPARATOR || b"/?#@\"'`<>(".contains(byte);
    let start = text.iter().rposition(ends)? + 1;
    let (scheme, user) = text.split_at_checked(start)?;
    Some((scheme.strip_suffix(b"://")?, user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_stands_behind_a_scheme_and_before_a_host() {
        let user = |text: &'static str| before(text.as_bytes()).map(|(_, user)| user);
        assert_eq!(user("x https://ada:pass"), Some(&b"ada:pass"[..]));
        assert_eq!(user("https://"), Some(&b""[..]));
        for text in ["ada:pass", "https://host/ada", "https://host?token:", "https://a@b", "https://a b", ""]
        {
            assert_eq!(user(text), None, "{text}");
        }
    }
}
