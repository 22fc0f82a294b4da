//! Headers an operator wants sent along: API keys, mostly.

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, HeaderValue};

/// The headers that say what a request is; ours to set.
const OURS: [HeaderName; 8] =
    [CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING, UPGRADE];

/// A header with a secret value. It has neither `Debug` nor `Display`, and no way back to the text.
pub struct SecretHeader {
    name: HeaderName,
    value: HeaderValue,
}

/// Why it is not a header. Names the header, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a header name. It is not repeated: a value may have been written in its place.
    #[error("a header name has characters that HTTP does not allow")]
    Name,
    /// Not a header value.
    #[error("the value of header {0} has characters that HTTP does not allow, such as a newline")]
    Value(HeaderName),
    /// One that the exporter sets.
    #[error("header {0} is set by the exporter: take it out")]
    Ours(HeaderName),
}

impl SecretHeader {
    /// A header for every request. Space around the value, such as the newline at the end of a file, is
    /// not part of it.
    ///
    /// # Errors
    /// [`HeaderError`], if HTTP has no such header, or it is not the operator's to set.
    pub fn new(name: &str, value: &str) -> Result<Self, HeaderError> {
        let name: HeaderName = name.trim().parse().map_err(|_| HeaderError::Name)?;
        if OURS.contains(&name) {
            return Err(HeaderError::Ours(name));
        }
        let mut value = HeaderValue::from_str(value.trim()).map_err(|_| HeaderError::Value(name.clone()))?;
        value.set_sensitive(true);
        Ok(Self { name, value })
    }

    pub(crate) fn pair(&self) -> (HeaderName, HeaderValue) {
        (self.name.clone(), self.value.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn headers_are_checked_and_values_not_repeated() {
        let name = |text: &'static str| HeaderName::from_static(text);
        for (header, value, expected) in [
            ("Authorization", "Bearer secret\n", None),
            ("x-api-key", "", None),
            ("bad name", "secret", Some(HeaderError::Name)),
            ("", "secret", Some(HeaderError::Name)),
            ("x-api-key", "secret\r\nx-other: 1", Some(HeaderError::Value(name("x-api-key")))),
            ("Content-Length", "secret", Some(HeaderError::Ours(name("content-length")))),
            ("HOST", "secret", Some(HeaderError::Ours(name("host")))),
        ] {
            let error = SecretHeader::new(header, value).err();
            assert_eq!(error, expected, "{header}");
            assert!(!error.is_some_and(|error| error.to_string().contains("secret")));
        }
    }

    #[test]
    fn values_are_marked_as_secret() {
        let (_, value) = SecretHeader::new("x-api-key", "secret\n").unwrap().pair();
        assert!(value.is_sensitive());
        assert_eq!(value, "secret");
    }
}
