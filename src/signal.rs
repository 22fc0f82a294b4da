//! The three signals of OpenTelemetry.

use std::fmt;

/// What an export request carries. Profiles are not taken: see `receive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signal {
    /// `/v1/traces`, spans.
    Traces,
    /// `/v1/metrics`, data points.
    Metrics,
    /// `/v1/logs`, log records.
    Logs,
}

impl Signal {
    /// Every signal, in the order the OTLP specification names them.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// The word used in URL paths, file names and metric labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// The signal of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.name() == name)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
