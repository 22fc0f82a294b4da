//! The whole program, from outside: the real binary on ephemeral loopback ports, sent the fixtures and
//! hostile input by every route, between a client and an upstream.
//!
//! What the program has to print when it starts, on either stream, one address a line:
//! `listening on http://127.0.0.1:PORT`, and a line with `admin` and `http://127.0.0.1:PORT`. The first
//! line with `listen` and without `admin` counts, and the first with `admin`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod actions;
mod application_insights;
mod azure;
mod azure_monitor;
mod benign;
mod certificate;
mod client;
mod fixture;
mod hostile;
mod measure;
mod oracle;
mod proxy;
mod reload;
mod routes;
mod sentinel;
mod signed;
mod syslog;
mod track;
mod upstream;
mod upstreams;
