//! Letting agents that live in a web view (office add-ins) send from their origin.
//!
//! Bias: closed. With no origins configured there is not one CORS header in any answer, and browsers
//! keep every page away: what we take has content types no page can send without asking first, and
//! what a page can send (`text/plain`, forms) is an unsupported media type. What is answered is the origin as configured, never as sent.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};

/// The web origins that may send.
pub(super) struct Cors {
    any: bool,
    origins: Vec<HeaderValue>,
}

/// An origin that was sent and is allowed.
pub(super) struct Allowed(HeaderValue);

const PRIVATE_NETWORK_ASKED: HeaderName = HeaderName::from_static("access-control-request-private-network");
const PRIVATE_NETWORK_ALLOWED: HeaderName = HeaderName::from_static("access-control-allow-private-network");

impl Cors {
    /// The configured origins; `*` stands for all. The wrong one is the error.
    pub(super) fn new(origins: &[String]) -> Result<Self, String> {
        let any = origins.iter().any(|origin| origin == "*");
        let value = |origin: &String| HeaderValue::from_str(origin).map_err(|_| origin.clone());
        Ok(Self { any, origins: origins.iter().map(value).collect::<Result<_, _>>()? })
    }

    /// Whether the sender names an origin we allow.
    pub(super) fn allowed(&self, headers: &HeaderMap) -> Option<Allowed> {
        let origin = headers.get(ORIGIN)?;
        if self.any {
            return Some(Allowed(HeaderValue::from_static("*")));
        }
        self.origins.iter().find(|known| *known == origin).cloned().map(Allowed)
    }
}

impl Allowed {
    /// Lets the page read an answer.
    pub(super) fn expose(&self, answer: &mut HeaderMap) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.0.clone());
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
        answer.append(VARY, HeaderValue::from_static("origin"));
    }

    /// Answers a preflight. Pages on the internet that send to this machine ask for the private
    /// network as well.
    pub(super) fn preflight(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        self.expose(answer);
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        let headers = HeaderValue::from_static("content-type, authorization, content-encoding");
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
        if asked.get(PRIVATE_NETWORK_ASKED).is_some_and(|value| value == "true") {
            answer.insert(PRIVATE_NETWORK_ALLOWED, HeaderValue::from_static("true"));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn allows_what_is_configured_and_answers_what_is_configured() {
        let origin = "https://office.example";
        for (configured, sent, answered) in [
            (&[][..], Some(origin), None),
            (&[origin], Some(origin), Some(origin)),
            (&[origin], Some("https://evil.example"), None),
            (&[origin], Some("https://office.example.evil.example"), None),
            (&[origin], Some("null"), None),
            (&[origin], None, None),
            (&["*"], Some("https://any.example"), Some("*")),
            (&["*"], None, None),
        ] {
            let configured: Vec<String> = configured.iter().map(|origin| (*origin).to_owned()).collect();
            let mut headers = HeaderMap::new();
            if let Some(sent) = sent {
                headers.insert(ORIGIN, sent.parse().unwrap());
            }
            let allowed = Cors::new(&configured).unwrap().allowed(&headers);
            let found = allowed.map(|allowed| allowed.0.to_str().unwrap().to_owned());
            assert_eq!(found.as_deref(), answered, "{configured:?} {sent:?}");
        }
    }

    #[test]
    fn an_origin_that_cannot_be_a_header_is_named() {
        assert_eq!(Cors::new(&["a\nb".to_owned()]).err(), Some("a\nb".to_owned()));
    }
}
