//! blackbar: an inline OTLP proxy that blacks out secrets and personal data.
//!
//! # The line
//!
//! An export request is **received**, **decoded**; the **content** in it is located; each piece is
//! **scanned**; findings are **decided** on; the text is **rewritten**; people are **alerted**; what is now
//! clean is **queued**; and the queue is **exported**.
//!
//! | step | module | in, out | may fail? |
//! |---|---|---|---|
//! | receive | [`receive`] | a socket; a principal, bounded bytes, a signal, an encoding | yes: unauthenticated, too large, busy |
//! | decode | [`otlp`] | bytes; a `Payload` | yes: malformed, too deep |
//! | locate | [`otlp`], [`content`] | a payload; every place with text, opened | no |
//! | scan | [`scan`] | text; findings: a rule and a range | no: nothing depends on the bytes |
//! | decide | [`policy`] | findings; united ranges and what stands there instead | no |
//! | rewrite | [`redact`] | a payload and decisions; `Redacted<Payload>` | no |
//! | alert | [`alert`] | findings and attribution; records in a sink | waits for the disk, never for a sink; drops are counted |
//! | queue | [`queue`] | `Redacted<Bytes>`; batches | yes: full, and then the sender is told |
//! | export | [`export`] | batches; an upstream | retried there |
//!
//! Start reading at [`pipeline::process`]: the middle of the line, one pure function.
//!
//! # Bias
//!
//! Confidentiality over availability. What cannot be scanned is not passed on. Everything that leaves is
//! encoded again from the decoded model: received bytes are never passed on. Nothing that was not redacted
//! is ever written to disk, to a log, to a metric, to an error or to an alert.
//!
//! # Invariants, mostly absences
//!
//! - Imports point downwards only, in the order below; `tests/layers.rs` holds the code to it.
//! - Nothing below [`telemetry`] logs, awaits, reads a clock, a file or the environment.
//! - [`scan`] knows nothing of OTLP, [`otlp`] nothing of rules. They meet in [`redact`].
//! - Only [`redact`] makes a [`redact::Redacted`] of what was received; only that enters [`queue`].
//! - No type that holds a sender's text implements `Display`, or prints it in `Debug`. Findings hold
//!   ranges, not text. The generated protobuf types stay private in [`otlp::Payload`].
//! - Receivers and exporters never import each other. No signal is a special case outside [`otlp`], but in the
//!   exporter that writes another format than OTLP.
//! - Overlapping findings are united, never resolved to one winner.
//! - The prefilter has no false negatives; a property test compares it with the plain patterns.
//! - There is no `unsafe` code.

// rank 0: words
pub mod agent;
pub mod limits;
mod numbered;
pub mod path;
pub mod principal;
pub mod secret;
mod side_by_side;
pub mod signal;
pub mod tree;
pub mod untrusted;
// rank 1: data
pub mod otlp;
pub mod rule;
pub mod seal;
pub mod token;
// ranks 2 to 6: the mind
pub mod attribution;
pub mod content;
pub mod pipeline;
pub mod policy;
pub mod redact;
pub mod scan;
// ranks 7 to 13: the doors
pub mod admin;
pub mod alert;
pub mod azure;
mod backoff;
pub mod export;
mod lane;
mod lines;
pub mod pack;
pub mod proxy;
pub mod queue;
pub mod receive;
pub mod telemetry;
mod upstream;
// ranks 14 to 16: the house
pub mod app;
pub mod cli;
pub mod config;
pub mod harden;
