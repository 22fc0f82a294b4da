//! blackbar: an inline OTLP proxy.

pub mod admin;
pub mod content;
pub mod limits;
pub mod otlp;
pub mod path;
pub mod principal;
pub mod proxy;
pub mod receive;
pub mod redact;
pub mod rule;
pub mod scan;
pub mod signal;
pub mod telemetry;
pub mod untrusted;
