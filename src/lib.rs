//! blackbar: an inline OTLP proxy.

pub mod alert;
mod backoff;
pub mod content;
pub mod export;
pub mod limits;
mod lines;
pub mod otlp;
pub mod path;
pub mod principal;
pub mod proxy;
pub mod queue;
pub mod redact;
pub mod rule;
pub mod scan;
pub mod signal;
pub mod telemetry;
pub mod untrusted;
mod upstream;
