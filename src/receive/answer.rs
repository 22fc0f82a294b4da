//! Answers, byte for byte as the OTLP specification has them.
//!
//! A success is `ExportXServiceResponse` in the request's own encoding. The three messages differ in
//! name only (on the wire not at all, in JSON by one key), so one pair of structs stands for them: a
//! third copy of this code could not drift from the other two.
//!
//! A refusal is a `google.rpc.Status`: in the request's encoding over HTTP (JSON where that is not
//! known, since people read it), in trailers over gRPC.
//!
//! The message of a partial success is fixed. Exporters print it to their users' terminals.

use super::inflate::Compression;
use super::refused::Refused;
use crate::proxy::{Accepted, Encoding};
use crate::signal::Signal;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{
    ACCEPT_ENCODING, ALLOW, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use prost::Message;
use std::convert::Infallible;
use tonic_types::{ErrorDetails, StatusExt};

/// The body of every answer.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// What senders are told of records that were taken out.
const REJECTED: &str = "records were rejected by the rules in force here; the others were accepted";

const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// `ExportTraceServiceResponse`, and the other two.
#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

/// `ExportTracePartialSuccess`, and the other two.
#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

impl ExportResponse {
    fn new(accepted: Accepted) -> Self {
        let partial_success = (accepted.rejected > 0).then(|| PartialSuccess {
            rejected: i64::try_from(accepted.rejected).unwrap_or(i64::MAX),
            error_message: REJECTED.to_owned(),
        });
        Self { partial_success }
    }

    fn to_json(&self, signal: Signal) -> Bytes {
        let key = match signal {
            Signal::Traces => "rejectedSpans",
            Signal::Metrics => "rejectedDataPoints",
            Signal::Logs => "rejectedLogRecords",
        };
        let json = match &self.partial_success {
            None => serde_json::json!({}),
            Some(PartialSuccess { rejected, error_message }) => serde_json::json!({
                "partialSuccess": { key: rejected.to_string(), "errorMessage": error_message }
            }),
        };
        json.to_string().into()
    }
}

/// The answer over HTTP to what was accepted.
pub(super) fn http_success(signal: Signal, encoding: Encoding, accepted: Accepted) -> Response<Body> {
    let message = ExportResponse::new(accepted);
    let body = match encoding {
        Encoding::Protobuf => message.encode_to_vec().into(),
        Encoding::Json => message.to_json(signal),
    };
    http(StatusCode::OK, encoding, body)
}

/// The answer over HTTP to what was refused. `close` where the body was not read: what follows on the
/// connection is then no request.
pub(super) fn http_refusal(encoding: Encoding, refused: &Refused, close: bool) -> Response<Body> {
    let (code, message) = (refused.code() as i32, refused.to_string());
    let body = match encoding {
        Encoding::Protobuf => {
            tonic_types::Status { code, message, details: Vec::new() }.encode_to_vec().into()
        }
        Encoding::Json => serde_json::json!({ "code": code, "message": message }).to_string().into(),
    };
    let mut response = http(refused.http(), encoding, body);
    let headers = response.headers_mut();
    if let Some(seconds) = refused.retry_after() {
        headers.insert(RETRY_AFTER, seconds.as_secs().into());
    }
    if close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some((name, value)) = hint(refused) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The header that goes with a status.
fn hint(refused: &Refused) -> Option<(HeaderName, &'static str)> {
    match refused {
        Refused::Denied(_) => Some((WWW_AUTHENTICATE, "Bearer")),
        Refused::Method => Some((ALLOW, "POST, OPTIONS")),
        Refused::ContentEncoding => Some((ACCEPT_ENCODING, Compression::ACCEPTED)),
        _ => None,
    }
}

/// The answer to an allowed preflight, before its headers.
pub(super) fn http_no_content() -> Response<Body> {
    let mut response = Response::new(Empty::new().boxed_unsync());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn http(status: StatusCode, encoding: Encoding, body: Bytes) -> Response<Body> {
    let content_type = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    let mut response = Response::new(Full::new(body).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The answer over gRPC to what was accepted. Never compressed: it is smaller than a header.
pub(super) fn grpc_success(accepted: Accepted) -> Response<Body> {
    let message = ExportResponse::new(accepted).encode_to_vec();
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(&message);
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(frame.freeze()).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(body.boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// The answer over gRPC to what was refused: trailers only, under a 200.
pub(super) fn grpc_refusal(refused: &Refused) -> Response<Body> {
    let (code, message) = (refused.code(), refused.to_string());
    let status = match refused.retry_after() {
        Some(delay) => {
            let details = ErrorDetails::with_retry_info(Some(delay));
            tonic::Status::with_error_details(code, message, details)
        }
        None => tonic::Status::new(code, message),
    };
    let mut response = status.into_http::<Empty<Bytes>>().map(BodyExt::boxed_unsync);
    if matches!(refused, Refused::ContentEncoding) {
        let accepted = HeaderValue::from_static(Compression::ACCEPTED);
        response.headers_mut().insert(GRPC_ACCEPT_ENCODING, accepted);
    }
    response
}
