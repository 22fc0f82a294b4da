//! Every reason to turn a request away, and what each is called on the wire. The one place where
//! reasons become status codes.
//!
//! Promise: a text here is fixed, or built from the configuration and from offsets. Nothing a sender
//! wrote is in it: exporters print what we answer to their users' terminals.
//!
//! Codes follow the OTLP specification, which ties retries to them:
//! - 429 and 503 (`RESOURCE_EXHAUSTED` with `RetryInfo`, `UNAVAILABLE`) are retried by well-made
//!   exporters. We ask for one or two seconds and never more: the JS exporter has ten seconds in all,
//!   and drops a batch whose `Retry-After` does not fit into what is left.
//! - Too large is `RESOURCE_EXHAUSTED` *without* `RetryInfo`, which is not to be retried. tonic itself
//!   says `OUT_OF_RANGE` here, which OTLP counts as worth a retry: 64 MiB again and again.
//! - Our own fault is 500 / `INTERNAL`: it stems from these bytes, which would do the same again, so an
//!   answer that invites a retry (503) would make one bad batch a loop.
//! - One code serves both doors: the `google.rpc.Status` in an HTTP body carries the gRPC code.

use super::auth::Denied;
use super::inflate::{Compression, InflateError};
use crate::proxy::Refusal;
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tonic::Code;

/// Why a request was not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("this path takes nothing: send POST to {0}")]
    Path(Arc<str>),
    #[error("this service takes no such call: the trace, metrics and logs services have Export")]
    Service,
    #[error("profiles are not taken: send traces, metrics or logs, and turn the profiles exporter off")]
    Profiles,
    #[error("this path takes POST only")]
    Method,
    #[error("this web origin is not allowed: add it to cors_origins")]
    Origin,
    #[error("{0}")]
    Denied(#[from] Denied),
    #[error("this content type is not taken: send application/x-protobuf or application/json")]
    ContentType,
    #[error("over gRPC only application/grpc with protobuf messages is taken")]
    GrpcContentType,
    #[error("gRPC needs HTTP/2: this request came over HTTP/1")]
    GrpcVersion,
    #[error("this content encoding is not taken: send one of gzip, deflate, zstd, or none")]
    ContentEncoding,
    #[error("the request is larger than {limit} bytes on the wire: send smaller batches")]
    WireTooLarge { limit: usize },
    #[error("the request is larger than {limit} bytes once inflated: send smaller batches")]
    InflatedTooLarge { limit: usize },
    #[error("the request inflates to more than {limit} times its size: send smaller batches")]
    Ratio { limit: usize },
    #[error("the body is not complete, valid {0}")]
    Corrupt(&'static str),
    #[error("the body is not exactly one gRPC message")]
    Framing,
    #[error("the body did not arrive in time: send smaller batches, or sooner")]
    BodyTimeout,
    #[error("the body broke off")]
    BodyBroken,
    #[error("busy: no room for another request now")]
    NoRoom,
    #[error("{0}")]
    Line(#[from] Refusal),
}

/// What we ask for when we do not know better.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The most we ask for: see the module's word on the JS exporter.
const RETRY_AFTER_AT_MOST: Duration = Duration::from_secs(2);

impl Refused {
    /// The status of the answer over HTTP.
    pub(super) fn http(&self) -> StatusCode {
        match self {
            Self::Path(_) | Self::Service | Self::Profiles => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Denied(_) => StatusCode::UNAUTHORIZED,
            Self::ContentType | Self::GrpcContentType | Self::ContentEncoding => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::WireTooLarge { .. } | Self::InflatedTooLarge { .. } | Self::Ratio { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::Corrupt(_) | Self::Framing | Self::GrpcVersion | Self::BodyBroken => {
                StatusCode::BAD_REQUEST
            }
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom | Self::Line(Refusal::Busy { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::Line(Refusal::Malformed(_)) => StatusCode::BAD_REQUEST,
            Self::Line(Refusal::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Line(Refusal::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code of the answer over gRPC, and in the body over HTTP.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Path(_) | Self::Service | Self::Profiles | Self::Method => Code::Unimplemented,
            Self::ContentEncoding => Code::Unimplemented,
            Self::Origin => Code::PermissionDenied,
            Self::Denied(_) => Code::Unauthenticated,
            Self::ContentType | Self::GrpcContentType | Self::GrpcVersion => Code::InvalidArgument,
            Self::Corrupt(_) | Self::Framing | Self::BodyBroken => Code::InvalidArgument,
            Self::WireTooLarge { .. } | Self::InflatedTooLarge { .. } | Self::Ratio { .. } => {
                Code::ResourceExhausted
            }
            Self::BodyTimeout => Code::DeadlineExceeded,
            Self::NoRoom | Self::Line(Refusal::Busy { .. }) => Code::ResourceExhausted,
            Self::Line(Refusal::Malformed(_)) => Code::InvalidArgument,
            Self::Line(Refusal::Unavailable) => Code::Unavailable,
            Self::Line(Refusal::Internal) => Code::Internal,
        }
    }

    /// When to come back, in whole seconds; `None` where the same bytes would be refused again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let asked = match self {
            Self::NoRoom | Self::Line(Refusal::Unavailable) => RETRY_AFTER,
            Self::Line(Refusal::Busy { retry_after }) => *retry_after,
            _ => return None,
        };
        let whole = Duration::from_secs(asked.as_secs() + u64::from(asked.subsec_nanos() > 0));
        Some(whole.clamp(RETRY_AFTER, RETRY_AFTER_AT_MOST))
    }

    /// The label in our metrics; `None` for what the line refused, which the line counts itself.
    pub(super) fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Self::Path(_) => "path",
            Self::Service => "service",
            Self::Profiles => "profiles",
            Self::Method => "method",
            Self::Origin => "origin",
            Self::Denied(denied) => denied.reason(),
            Self::ContentType | Self::GrpcContentType => "content_type",
            Self::GrpcVersion => "grpc_version",
            Self::ContentEncoding => "content_encoding",
            Self::WireTooLarge { .. } => "wire_too_large",
            Self::InflatedTooLarge { .. } => "inflated_too_large",
            Self::Ratio { .. } => "inflate_ratio",
            Self::Corrupt(_) => "corrupt",
            Self::Framing => "framing",
            Self::BodyTimeout => "body_timeout",
            Self::BodyBroken => "body_broken",
            Self::NoRoom => "no_room",
            Self::Line(_) => return None,
        })
    }

    /// Whether (part of) the body was left unread, so that over HTTP/1 the connection cannot go on.
    pub(super) fn is_before_body(&self) -> bool {
        !matches!(
            self,
            Self::InflatedTooLarge { .. }
                | Self::Ratio { .. }
                | Self::Corrupt(_)
                | Self::Framing
                | Self::Line(_)
        )
    }

    /// What became of inflating, said of a body compressed like this.
    pub(super) fn inflating(compression: Compression, error: &InflateError) -> Self {
        match error {
            InflateError::TooLarge { limit } => Self::InflatedTooLarge { limit: *limit },
            InflateError::Ratio { limit } => Self::Ratio { limit: *limit },
            InflateError::Corrupt => Self::Corrupt(compression.name()),
            InflateError::NoRoom => Self::NoRoom,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_one_or_two_whole_seconds() {
        for (asked, told) in [(0, 1), (1, 1), (999, 1), (1000, 1), (1001, 2), (2000, 2), (60_000, 2)] {
            let busy = Refused::Line(Refusal::Busy { retry_after: Duration::from_millis(asked) });
            assert_eq!(busy.retry_after(), Some(Duration::from_secs(told)), "{asked} ms");
        }
    }

    #[test]
    fn only_what_may_pass_later_asks_for_a_retry() {
        assert!(Refused::NoRoom.retry_after().is_some());
        assert!(Refused::Line(Refusal::Unavailable).retry_after().is_some());
        for refused in [
            Refused::WireTooLarge { limit: 1 },
            Refused::Line(Refusal::Internal),
            Refused::Line(Refusal::Malformed(crate::otlp::DecodeError::TooDeep)),
            Refused::BodyTimeout,
            Refused::Framing,
        ] {
            assert_eq!(refused.retry_after(), None, "{refused}");
        }
    }
}
