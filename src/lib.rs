//! blackbar: an inline OTLP proxy.

pub mod cli;
pub mod config;
pub mod content;

pub mod harden;
pub mod limits;
pub mod otlp;
pub mod path;
pub mod principal;
pub mod proxy;
pub mod redact;
pub mod rule;
pub mod scan;
pub mod signal;
pub mod telemetry;
pub mod untrusted;
