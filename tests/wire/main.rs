//! The wire, as clients see it: real sockets on loopback, and a line that only takes notes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod admin;
mod connections;
mod grpc;
mod http;
mod refusals;
mod support;
