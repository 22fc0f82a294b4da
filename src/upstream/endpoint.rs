//! Where requests go. A URL may carry a key in its query, so not all of it is printed.

use crate::signal::{PerSignal, Signal};
use http::Uri;
use std::fmt;
use std::net::IpAddr;

/// An absolute `http` or `https` URL, without user or password. What is printed of it ends before the query,
/// which may hold a key; `Debug` tells the [`origin`](Self::origin) alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Uri);

/// Why a text is not an endpoint. Does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL at all.
    #[error("the endpoint is not a URL: write it like https://otlp.example.com")]
    NotAUrl,
    /// Another scheme, or none, or no host.
    #[error("the endpoint must begin with https:// or http:// and a host")]
    Scheme,
    /// A user or password before the host.
    #[error("the endpoint has a user or password in it: put credentials into headers")]
    Userinfo,
    /// A query where a path has to be added.
    #[error("a base endpoint must not have a query: give the full endpoint of each signal instead")]
    Query,
}

impl Endpoint {
    /// The full URL for one signal.
    ///
    /// # Errors
    /// [`EndpointError`], if it is not one that can be sent to.
    pub fn full(url: &str) -> Result<Self, EndpointError> {
        let uri: Uri = url.trim().parse().map_err(|_| EndpointError::NotAUrl)?;
        let authority = uri.authority().ok_or(EndpointError::Scheme)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
            return Err(EndpointError::Scheme);
        }
        if authority.as_str().contains('@') {
            return Err(EndpointError::Userinfo);
        }
        Ok(Self(uri))
    }

    /// The endpoints below a base URL: `/v1/traces`, `/v1/metrics`, `/v1/logs`.
    ///
    /// # Errors
    /// [`EndpointError`], if it is not one that can be sent to.
    pub fn below(base: &str) -> Result<PerSignal<Self>, EndpointError> {
        if Self::full(base)?.0.query().is_some() {
            return Err(EndpointError::Query);
        }
        let base = base.trim().trim_end_matches('/');
        PerSignal::try_from_fn(|signal: Signal| Self::full(&format!("{base}/v1/{signal}")))
    }

    /// Scheme, host and port: the part that is not secret.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let authority = self.0.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        format!("{scheme}://{authority}")
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.0.host().unwrap_or_default();
        let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        host == "localhost" || ip.is_some_and(|ip| ip.is_loopback())
    }

    /// Whether a network may read along.
    pub(crate) fn is_plain_to_others(&self) -> bool {
        !self.is_https() && !self.is_loopback()
    }

    /// The same with a query, in place of what it may have.
    pub(crate) fn with_query(&self, query: &str) -> Option<Uri> {
        let mut parts = self.0.clone().into_parts();
        parts.path_and_query = Some(format!("{}?{query}", self.0.path()).parse().ok()?);
        Uri::from_parts(parts).ok()
    }

    /// The whole of it, for sending.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.0.path())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_base_gets_the_path_of_each_signal() {
        for (base, expected) in [
            ("https://h.example", "https://h.example/v1/logs"),
            ("https://h.example/", "https://h.example/v1/logs"),
            ("http://127.0.0.1:4318/otlp/", "http://127.0.0.1:4318/otlp/v1/logs"),
        ] {
            assert_eq!(Endpoint::below(base).unwrap().logs.0.to_string(), expected);
        }
    }

    #[test]
    fn what_cannot_be_sent_to_is_refused_and_not_repeated() {
        for (url, expected) in [
            ("", EndpointError::NotAUrl),
            ("h.example:4318", EndpointError::Scheme),
            ("/v1/logs", EndpointError::Scheme),
            ("ftp://h.example", EndpointError::Scheme),
            ("https://user:secret@h.example", EndpointError::Userinfo),
            ("https://h.example?key=secret", EndpointError::Query),
            ("https://h example", EndpointError::NotAUrl),
        ] {
            let error = Endpoint::below(url).err().unwrap();
            assert_eq!(error, expected, "{url}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_query_of_a_full_endpoint_is_kept_and_not_shown() {
        let endpoint = Endpoint::full("https://h.example:8443/in?key=secret").unwrap();
        assert_eq!(endpoint.0.query(), Some("key=secret"));
        assert_eq!(endpoint.origin(), "https://h.example:8443");
    }
}
