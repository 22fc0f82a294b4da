//! Posting records, and what an answer means for them.
//!
//! Alerts are few and must not be lost to a mistake somebody can put right: what is refused is tried again,
//! slowly where a person has to do something, and dropped only when the endpoint says that it does not
//! understand these records (400, 415, 422).

use super::{Cause, SinkError};
use crate::limits;
use crate::upstream::{Answer, Endpoint, NoTrustStore, Upstream, retry_after};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Uri};
use std::time::SystemTime;

/// An endpoint that takes bodies of one media type.
pub(super) struct Post {
    upstream: Upstream,
    uri: Uri,
    media: HeaderValue,
}

impl Post {
    pub(super) fn new(endpoint: &Endpoint, media: &'static str) -> Result<Self, NoTrustStore> {
        let (upstream, uri) = (Upstream::new(endpoint.is_https())?, endpoint.uri().clone());
        Ok(Self { upstream, uri, media: HeaderValue::from_static(media) })
    }

    /// Posts a body with these headers besides.
    pub(super) async fn send(&self, body: Bytes, mut headers: HeaderMap) -> Result<Answer, SinkError> {
        headers.insert(CONTENT_TYPE, self.media.clone());
        let (most, timeout) = (limits::EXPORT_ANSWER_BYTES, limits::ALERT_TIMEOUT);
        let answer = self.upstream.send(Method::POST, &self.uri, &headers, body, most, timeout);
        answer.await.map_err(|failure| SinkError::Retry { cause: Cause::Failed(failure), after: None })
    }
}

/// What an answer means; what was accepted of it is not looked at.
pub(super) fn settle(answer: &Answer, now: SystemTime) -> Result<(), SinkError> {
    let code = answer.status.as_u16();
    let slowly = |cause| Err(SinkError::Retry { cause, after: Some(limits::RETRY_MISTAKE) });
    match code {
        200..=299 => Ok(()),
        413 => Err(SinkError::TooLarge),
        400 | 415 | 422 => Err(SinkError::Refused(Cause::Status(code))),
        401 => Err(SinkError::Retry { cause: Cause::Status(code), after: None }),
        403 => slowly(Cause::Forbidden),
        408 | 425 | 429 | 500..=599 => {
            Err(SinkError::Retry { cause: Cause::Status(code), after: retry_after(&answer.headers, now) })
        }
        _ => slowly(Cause::Status(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::Body;
    use http::StatusCode;

    #[test]
    fn only_what_is_not_understood_is_refused_for_good() {
        for code in 200..=599 {
            let Ok(status) = StatusCode::from_u16(code) else { continue };
            let answer = Answer { status, headers: HeaderMap::new(), body: Body::Whole(Bytes::new()) };
            let settled = settle(&answer, SystemTime::UNIX_EPOCH);
            match code {
                200..=299 => assert_eq!(settled, Ok(())),
                413 => assert_eq!(settled, Err(SinkError::TooLarge)),
                400 | 415 | 422 => assert_eq!(settled, Err(SinkError::Refused(Cause::Status(code)))),
                _ => assert!(matches!(settled, Err(SinkError::Retry { .. })), "{code}: {settled:?}"),
            }
        }
    }
}
