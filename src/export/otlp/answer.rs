//! What an answer means for the request, by OTLP's table.

use super::super::runner::{Cause, Reason, Sent};
use crate::upstream::{Answer, Body, Failure, rejected, retry_after};
use std::time::SystemTime;

/// What to do now. `now` is for a `Retry-After` that is a date.
pub(super) fn classify(answer: &Answer, now: SystemTime) -> Sent {
    match answer.status.as_u16() {
        200..=299 => success(&answer.body),
        code @ (429 | 502 | 503 | 504) => {
            Sent::Retry { cause: Cause::Status(code), after: retry_after(&answer.headers, now) }
        }
        413 => Sent::TooLarge,
        code => Sent::Drop(Reason::Status(code)),
    }
}

/// An answer that broke off might have told of rejected records, or never have been meant: sending twice
/// is better than not at all. One that is no protobuf, or too long, is a success all the same.
pub(in crate::export) fn success(body: &Body) -> Sent {
    match body {
        Body::Whole(bytes) => Sent::Done { rejected: rejected(bytes) },
        Body::TooLong => Sent::Done { rejected: 0 },
        Body::Cut => Sent::Retry { cause: Cause::Failed(Failure::Broken), after: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};
    use opentelemetry_proto::tonic::collector::logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceResponse,
    };
    use prost::Message as _;
    use std::time::Duration;

    fn check(status: StatusCode, body: Body, expected: Sent) {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7"))]);
        let answer = Answer { status, headers, body };
        assert_eq!(classify(&answer, SystemTime::UNIX_EPOCH), expected, "{status}");
    }

    #[test]
    fn every_status_has_its_meaning() {
        for code in 200..=599 {
            let Ok(status) = StatusCode::from_u16(code) else { continue };
            let expected = match code {
                200..=299 => Sent::Done { rejected: 0 },
                429 | 502 | 503 | 504 => {
                    Sent::Retry { cause: Cause::Status(code), after: Some(Duration::from_secs(7)) }
                }
                413 => Sent::TooLarge,
                _ => Sent::Drop(Reason::Status(code)),
            };
            check(status, Body::Whole(Bytes::new()), expected);
        }
    }

    #[test]
    fn a_broken_body_matters_only_where_it_would_have_been_read() {
        check(StatusCode::OK, Body::Cut, Sent::Retry { cause: Cause::Failed(Failure::Broken), after: None });
        check(StatusCode::OK, Body::TooLong, Sent::Done { rejected: 0 });
        check(StatusCode::BAD_REQUEST, Body::Cut, Sent::Drop(Reason::Status(400)));
    }

    #[test]
    fn partial_success_is_read_as_the_specification_writes_it() {
        for (rejected, expected) in [(0, 0), (3, 3), (-1, 0), (i64::MAX, i64::MAX.unsigned_abs())] {
            let partial = ExportLogsPartialSuccess {
                rejected_log_records: rejected,
                error_message: "secret".to_owned(),
            };
            let response = ExportLogsServiceResponse { partial_success: Some(partial) };
            let body = Body::Whole(response.encode_to_vec().into());
            check(StatusCode::OK, body, Sent::Done { rejected: expected });
        }
        let html = Body::Whole(Bytes::from_static(b"<html>welcome</html>"));
        check(StatusCode::OK, html, Sent::Done { rejected: 0 });
    }
}
