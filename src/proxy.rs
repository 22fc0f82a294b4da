//! The inline path of one request: process it, tell of what was found, queue what is clean.

use crate::otlp::DecodeError;
use crate::principal::Principal;
use crate::signal::Signal;
use bytes::Bytes;
use std::future::Future;
use std::time::Duration;

/// How a request is encoded; the answer is encoded the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`, or gRPC.
    Protobuf,
    /// `application/json`.
    Json,
}

/// One authenticated, inflated, bounded request.
pub struct Received {
    /// Who sent it.
    pub principal: Principal,
    /// From the path or method it was sent to.
    pub signal: Signal,
    /// From its content type.
    pub encoding: Encoding,
    /// The body, inflated.
    pub body: Bytes,
}

/// It is ours now: redacted, and queued for every exporter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Records a rule or limit took out; told to the sender as `partial_success`.
    pub rejected: u64,
}

/// It is not ours, and nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The sender's fault; the same bytes will be refused again.
    #[error("{0}")]
    Malformed(#[from] DecodeError),
    /// No room; worth a retry.
    #[error("busy: come back in {} ms", retry_after.as_millis())]
    Busy {
        /// Not before this has passed.
        retry_after: Duration,
    },
    /// We are stopping, or not ready; worth a retry, elsewhere or later.
    #[error("not taking requests")]
    Unavailable,
    /// Our fault. Nothing was passed on.
    #[error("the request could not be processed")]
    Internal,
}

/// Where receivers hand requests in.
pub trait Line: Send + Sync + 'static {
    /// Takes one request. When this answers [`Accepted`], what was clean in it is queued.
    fn take(&self, received: Received) -> impl Future<Output = Result<Accepted, Refusal>> + Send;
}
