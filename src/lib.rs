//! blackbar: an inline OTLP proxy.

pub mod attribution;
pub mod content;
pub mod limits;
pub mod otlp;
pub mod path;
pub mod pipeline;
pub mod policy;
pub mod principal;
pub mod proxy;
pub mod redact;
pub mod rule;
pub mod scan;
pub mod signal;
pub mod telemetry;
pub mod token;
pub mod untrusted;
