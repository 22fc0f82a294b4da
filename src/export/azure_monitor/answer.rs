//! What an answer means for the request: the table of the module above.

use super::super::otlp::success;
use super::super::runner::{Cause, Reason, Sent};
use crate::limits;
use crate::upstream::{Answer, Body, retry_after};
use std::time::SystemTime;

/// What to do now. `now` is for a `Retry-After` that is a date.
pub(super) fn classify(answer: &Answer, now: SystemTime) -> Sent {
    let slowly = |cause| Sent::Retry { cause, after: Some(limits::RETRY_MISTAKE) };
    match answer.status.as_u16() {
        200..=299 => success(&answer.body),
        401 => Sent::Retry { cause: Cause::Unauthorized, after: None },
        403 => slowly(Cause::Forbidden),
        404 => slowly(Cause::NotThere),
        400 if names_no_stream(&answer.body) => slowly(Cause::NotThere),
        413 => Sent::TooLarge,
        code @ (408 | 429 | 500..=599) => {
            Sent::Retry { cause: Cause::Status(code), after: retry_after(&answer.headers, now) }
        }
        code => Sent::Drop(Reason::Status(code)),
    }
}

/// Whether the gateway says that the URL names a stream the rule does not have: a mistake in the URL, not in
/// what was sent. Only the code is read.
pub(in crate::export) fn names_no_stream(body: &Body) -> bool {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: Code,
    }
    #[derive(serde::Deserialize)]
    struct Code {
        code: String,
    }
    let Body::Whole(bytes) = body else { return false };
    serde_json::from_slice::<Refusal>(bytes).is_ok_and(|refusal| refusal.error.code == "InvalidStream")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};
    use std::time::Duration;

    #[test]
    fn a_stream_that_is_not_there_is_a_mistake_of_the_url() {
        for (body, held) in [
            (r#"{"error":{"code":"InvalidStream","message":"x"}}"#, true),
            (r#"{"error":{"code":"InvalidPayload"}}"#, false),
            ("InvalidStream", false),
        ] {
            let (status, headers) = (StatusCode::BAD_REQUEST, HeaderMap::new());
            let answer = Answer { status, headers, body: Body::Whole(Bytes::from_static(body.as_bytes())) };
            let sent = classify(&answer, SystemTime::UNIX_EPOCH);
            assert_eq!(matches!(sent, Sent::Retry { cause: Cause::NotThere, .. }), held, "{body}");
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        let (asked, slowly) = (Some(Duration::from_secs(7)), Some(limits::RETRY_MISTAKE));
        for code in 200..=599 {
            let Ok(status) = StatusCode::from_u16(code) else { continue };
            let expected = match code {
                200..=299 => Sent::Done { rejected: 0 },
                401 => Sent::Retry { cause: Cause::Unauthorized, after: None },
                403 => Sent::Retry { cause: Cause::Forbidden, after: slowly },
                404 => Sent::Retry { cause: Cause::NotThere, after: slowly },
                413 => Sent::TooLarge,
                408 | 429 => Sent::Retry { cause: Cause::Status(code), after: asked },
                _ if code >= 500 => Sent::Retry { cause: Cause::Status(code), after: asked },
                _ => Sent::Drop(Reason::Status(code)),
            };
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7"))]);
            let answer = Answer { status, headers, body: Body::Whole(Bytes::new()) };
            assert_eq!(classify(&answer, SystemTime::UNIX_EPOCH), expected, "{code}");
        }
    }
}
