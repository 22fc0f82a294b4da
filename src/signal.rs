//! The three signals of OpenTelemetry.

use std::fmt;

/// What an export request carries. Profiles are not taken: see `receive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// One of something for each signal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerSignal<T> {
    /// For traces.
    pub traces: T,
    /// For metrics.
    pub metrics: T,
    /// For logs.
    pub logs: T,
}

impl<T> PerSignal<T> {
    /// The one of this signal.
    #[must_use]
    pub const fn of(&self, signal: Signal) -> &T {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        }
    }

    /// The one of this signal, to change it.
    #[must_use]
    pub const fn of_mut(&mut self, signal: Signal) -> &mut T {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Metrics => &mut self.metrics,
            Signal::Logs => &mut self.logs,
        }
    }

    /// One for each, made in the order of [`Signal::ALL`].
    ///
    /// # Errors
    /// The first error of `make`.
    pub fn try_from_fn<E>(mut make: impl FnMut(Signal) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self { traces: make(Signal::Traces)?, metrics: make(Signal::Metrics)?, logs: make(Signal::Logs)? })
    }
}
