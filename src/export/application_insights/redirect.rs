//! Where the service sends us: it moves resources between regions, and says so with 307 and 308.
//!
//! **Bias: telemetry goes where the operator said, or to Azure.** A redirect is followed to the same host, or to one
//! that takes telemetry for Application Insights, over https; anything else is a mistake that is told. The path is
//! ours, whatever the answer says. A stand-in on this machine may name another place on it.

use crate::limits;
use crate::upstream::Endpoint;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

const PATH: &str = "/v2.1/track";

/// The domains of the ingestion, as connection strings name them.
/// <https://learn.microsoft.com/azure/azure-monitor/app/connection-strings>
const DOMAINS: [&str; 4] = [
    ".applicationinsights.azure.com",
    ".applicationinsights.azure.us",
    ".applicationinsights.azure.cn",
    ".services.visualstudio.com",
];

/// Where to send, and where we were sent since.
pub(super) struct Place {
    configured: Endpoint,
    moved: Mutex<Option<(Endpoint, Instant)>>,
}

impl Place {
    pub(super) const fn new(configured: Endpoint) -> Self {
        Self { configured, moved: Mutex::new(None) }
    }

    /// Where to send now.
    pub(super) fn now(&self) -> Endpoint {
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = moved.take_if(|(_, since)| since.elapsed() >= limits::REDIRECT_KEPT).is_none();
        let there = moved.as_ref().filter(|_| fresh).map(|(there, _)| there.clone());
        there.unwrap_or_else(|| self.configured.clone())
    }

    /// Goes where the service says. `false`: not there.
    pub(super) fn follow(&self, location: &str) -> bool {
        let Some(there) = allowed(&self.configured, location) else { return false };
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Some((there, Instant::now()));
        true
    }

    /// Begins again where the configuration says.
    pub(super) fn forget(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether both certificates and a trust store are needed.
    pub(super) fn is_https(&self) -> bool {
        self.configured.is_https()
    }
}

fn allowed(from: &Endpoint, location: &str) -> Option<Endpoint> {
    let to = Endpoint::full(&format!("{}{PATH}", Endpoint::full(location).ok()?.origin())).ok()?;
    let host = to.uri().host()?.to_ascii_lowercase();
    let same = from.uri().host().is_some_and(|from| from.eq_ignore_ascii_case(&host));
    let azure = DOMAINS.iter().any(|domain| host.ends_with(domain));
    let safe = to.is_https() && (same || azure) || from.is_loopback() && to.is_loopback();
    safe.then_some(to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::time::Duration;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::full(url).unwrap()
    }

    #[test]
    fn only_azure_and_the_host_itself_are_followed() {
        let azure = "https://westeurope-5.in.applicationinsights.azure.com/v2.1/track";
        for (from, to, expected) in [
            (azure, "https://westeurope-1.in.applicationinsights.azure.com/v2.1/track", true),
            (azure, "https://WESTEUROPE-1.in.applicationinsights.azure.COM:443/", true),
            (azure, "https://dc.services.visualstudio.com/v2/track?x=y", true),
            (azure, "https://westeurope-5.in.applicationinsights.azure.com:8443/other", true),
            (azure, "http://westeurope-1.in.applicationinsights.azure.com/v2.1/track", false),
            (azure, "https://applicationinsights.azure.com.evil.example/v2.1/track", false),
            (azure, "https://evil-applicationinsights.azure.com/v2.1/track", false),
            (azure, "https://user@dc.services.visualstudio.com/v2.1/track", false),
            (azure, "https://evil.example/v2.1/track", false),
            (azure, "/v2.1/track", false),
            (azure, "", false),
            (azure, "https://127.0.0.1/v2.1/track", false),
            (azure, "http://169.254.169.254/metadata", false),
            ("http://127.0.0.1:1/v2.1/track", "http://127.0.0.1:2/v2.1/track", true),
            ("http://127.0.0.1:1/v2.1/track", "http://evil.example/v2.1/track", false),
        ] {
            let allowed = allowed(&endpoint(from), to);
            assert_eq!(allowed.is_some(), expected, "{to}");
            assert!(allowed.is_none_or(|to| to.uri().path() == PATH && to.uri().query().is_none()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_redirect_is_remembered_for_a_time() {
        let place = Place::new(endpoint("https://a.services.visualstudio.com/v2.1/track"));
        assert!(place.follow("https://b.services.visualstudio.com/v2.1/track"));
        tokio::time::advance(limits::REDIRECT_KEPT - Duration::from_secs(1)).await;
        assert_eq!(place.now().origin(), "https://b.services.visualstudio.com");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(place.now().origin(), "https://a.services.visualstudio.com");
        assert!(place.follow("https://b.services.visualstudio.com/v2.1/track"));
        assert!(!place.follow("https://evil.example"));
        place.forget();
        assert_eq!(place.now().origin(), "https://a.services.visualstudio.com");
    }
}
