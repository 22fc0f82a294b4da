//! Asking upstreams whether they would take telemetry, with an empty request: what `check --live` does.

use super::runner::{Export as _, Reason, Request, Sent};
use super::{Config, Exporter, Kind, StartError, exporters_of};
use crate::redact::Redacted;
use crate::signal::Signal;

/// What came of one upstream.
pub struct Probe {
    /// For which signal it was asked.
    pub signal: Signal,
    /// What is wrong, in words; `None`: nothing.
    pub wrong: Option<String>,
}

/// Sends an empty request for each signal the exporter has an endpoint for. Nothing for files.
///
/// # Errors
/// [`StartError`], if the exporter would not start.
pub async fn probe(config: &Config) -> Result<Vec<Probe>, StartError> {
    if let Kind::File { .. } = config.kind {
        return Ok(Vec::new());
    }
    let mut probes = Vec::new();
    for (signal, mut exporter) in exporters_of(config)? {
        if exporter.takes(signal) {
            let sent = exporter.probe(signal).await;
            probes.push(Probe { signal, wrong: exporter.trouble().or_else(|| wrong(sent)) });
        }
    }
    Ok(probes)
}

fn wrong(sent: Sent) -> Option<String> {
    match sent {
        // Whoever looks at what is in a request has taken the token and the URL.
        Sent::Done { .. } | Sent::Drop(Reason::Status(400)) => None,
        Sent::Retry { cause, .. } => Some(cause.to_string()),
        Sent::TooLarge => {
            Some("status 413 for an empty request: is this an endpoint for telemetry?".to_owned())
        }
        Sent::Drop(reason) => Some(reason.to_string()),
    }
}

impl Exporter {
    async fn probe(&mut self, signal: Signal) -> Sent {
        match self {
            Self::ApplicationInsights(insights) => insights.probe().await,
            _ => self.send(&Request { signal, redacted: Redacted::concat(&[]) }).await,
        }
    }

    fn takes(&self, signal: Signal) -> bool {
        match self {
            Self::File(_) | Self::ApplicationInsights(_) => true,
            Self::Otlp(otlp) => otlp.takes(signal),
            Self::AzureMonitor(azure) => azure.takes(signal),
        }
    }

    /// Why there is no access token.
    fn trouble(&self) -> Option<String> {
        match self {
            Self::AzureMonitor(azure) => azure.trouble(),
            Self::ApplicationInsights(insights) => insights.trouble(),
            Self::File(_) | Self::Otlp(_) => None,
        }
    }
}
