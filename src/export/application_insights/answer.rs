//! What an answer means for the items that were sent: the table of the module above.

use super::super::runner::Cause;
use crate::limits;
use crate::upstream::{Answer, Body, Failure, retry_after};
use http::header::LOCATION;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The service has them, but for those it refused.
    Settled(Refused),
    /// Some of them may not have been taken, and it is not said which: twice is better than not at all.
    Unclear { after: Option<Duration> },
    /// All of them may be taken later.
    Retry { cause: Cause, after: Option<Duration> },
    /// They may be taken in smaller pieces.
    TooLarge,
    /// They are taken elsewhere.
    Elsewhere(String),
    /// None of them will ever be taken.
    Never(u16),
}

/// What was not taken of a request, by index.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Refused {
    /// For a time: why, and how long.
    pub(super) for_now: BTreeSet<usize>,
    pub(super) cause: Option<Cause>,
    pub(super) after: Option<Duration>,
    /// For good.
    pub(super) for_good: BTreeSet<usize>,
}

/// What the service says of the items. A message may quote what was sent: one is compared with a single text of the
/// service's own, and none is kept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    items_received: Option<usize>,
    items_accepted: Option<usize>,
    #[serde(default)]
    errors: Vec<Error>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Error {
    index: usize,
    status_code: u16,
    #[serde(default)]
    message: Option<String>,
}

/// What an answer to so many items means. `now` is for a `Retry-After` that is a date.
pub(super) fn classify(answer: &Answer, items: usize, with_token: bool, now: SystemTime) -> Meaning {
    let after = retry_after(&answer.headers, now);
    let slowly = |cause| Meaning::Retry { cause, after: Some(after.unwrap_or(limits::RETRY_MISTAKE)) };
    match answer.status.as_u16() {
        206 => partial(&answer.body, items, after),
        200..=299 => taken(&answer.body, items, after),
        code @ (307 | 308) => match answer.headers.get(LOCATION).and_then(|to| to.to_str().ok()) {
            Some(to) => Meaning::Elsewhere(to.to_owned()),
            None => slowly(Cause::Mistake(code, ELSEWHERE)),
        },
        400 => bad(&answer.body, items, after),
        401 if with_token => Meaning::Retry { cause: Cause::Unauthorized, after: None },
        401 => slowly(Cause::Mistake(401, LOCAL_AUTH)),
        403 => slowly(Cause::Mistake(403, ROLE)),
        404 => slowly(Cause::Mistake(404, NOT_THERE)),
        code @ (402 | 439) => slowly(Cause::Mistake(code, QUOTA)),
        413 => Meaning::TooLarge,
        code @ (408 | 429 | 500..=599) => Meaning::Retry { cause: Cause::Status(code), after },
        code => Meaning::Never(code),
    }
}

pub(super) const ELSEWHERE: &str = "the service sends us to a host that is not Azure's, and telemetry is not sent \
                                    there: give its address in connection_string, if it is right";
const LOCAL_AUTH: &str = "local authentication is off for this resource: give the exporter auth, and the identity the \
                          role Monitoring Metrics Publisher on it";
const ROLE: &str = "give the identity the role Monitoring Metrics Publisher on the Application Insights resource; a new \
                    assignment takes up to half an hour";
const NOT_THERE: &str =
    "nothing takes telemetry there: compare IngestionEndpoint with the resource's connection string";
const QUOTA: &str = "the quota or daily cap of the resource is used up: raise it, or wait for it to be reset";
const KEY: &str =
    "there is no resource of this InstrumentationKey: compare it with the resource's connection string";

/// Whether an item may be taken later: what the clients of Microsoft send again, and what a quota stands against.
const fn is_for_now(code: u16) -> bool {
    matches!(code, 206 | 402 | 408 | 429 | 439 | 500..=599)
}

/// A success that tells of items is read like a partial one; one that tells nothing is a success.
fn taken(body: &Body, items: usize, after: Option<Duration>) -> Meaning {
    match body {
        Body::Cut => Meaning::Retry { cause: Cause::Failed(Failure::Broken), after: None },
        Body::Whole(bytes) if bytes.trim_ascii_start().starts_with(b"{") => {
            match serde_json::from_slice(bytes) {
                Ok(Told { items_received: None, items_accepted: None, errors }) if errors.is_empty() => {
                    Meaning::Settled(Refused::default())
                }
                Ok(told) => settled(&told, items, after),
                Err(_) => Meaning::Unclear { after },
            }
        }
        Body::Whole(_) | Body::TooLong => Meaning::Settled(Refused::default()),
    }
}

/// A partial success that does not say which items were taken is none.
fn partial(body: &Body, items: usize, after: Option<Duration>) -> Meaning {
    match body {
        Body::Cut => Meaning::Retry { cause: Cause::Failed(Failure::Broken), after },
        Body::TooLong => Meaning::Unclear { after },
        Body::Whole(bytes) => match serde_json::from_slice(bytes) {
            Ok(told) => settled(&told, items, after),
            Err(_) => Meaning::Unclear { after },
        },
    }
}

/// Settled, if every item that was sent is either named or accepted.
fn settled(told: &Told, items: usize, after: Option<Duration>) -> Meaning {
    let refused = refused(told, items, after);
    let named = refused.for_now.len() + refused.for_good.len();
    let whole = told.items_received == Some(items)
        && told.items_accepted == items.checked_sub(named)
        && told.errors.iter().all(|error| error.index < items);
    if whole { Meaning::Settled(refused) } else { Meaning::Unclear { after } }
}

/// Every item is wrong, or the request is. A key that nobody knows is a mistake, and not of the items.
fn bad(body: &Body, items: usize, after: Option<Duration>) -> Meaning {
    let told = match body {
        Body::Whole(bytes) => serde_json::from_slice::<Told>(bytes).ok(),
        Body::TooLong | Body::Cut => None,
    };
    let Some(told) = told.filter(|told| !told.errors.is_empty()) else { return Meaning::Never(400) };
    let unknown_key = |error: &Error| {
        error
            .message
            .as_ref()
            .is_some_and(|message| message.eq_ignore_ascii_case("Invalid instrumentation key"))
    };
    if told.errors.iter().any(unknown_key) {
        let after = Some(after.unwrap_or(limits::RETRY_MISTAKE));
        return Meaning::Retry { cause: Cause::Mistake(400, KEY), after };
    }
    let refused = refused(&told, items, after);
    if refused.for_now.is_empty() { Meaning::Never(400) } else { settled(&told, items, after) }
}

fn refused(told: &Told, items: usize, after: Option<Duration>) -> Refused {
    let named = || told.errors.iter().filter(|error| error.index < items);
    let (for_now, for_good): (Vec<&Error>, Vec<&Error>) =
        named().partition(|error| is_for_now(error.status_code));
    let cause = for_now.first().map(|error| Cause::Status(error.status_code));
    let index = |errors: Vec<&Error>| errors.into_iter().map(|error| error.index).collect::<BTreeSet<_>>();
    let (for_now, mut for_good) = (index(for_now), index(for_good));
    for_good.retain(|index| !for_now.contains(index));
    Refused { for_now, cause, after, for_good }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use bytes::Bytes;
    use http::header::RETRY_AFTER;
    use http::{HeaderMap, HeaderValue, StatusCode};

    fn answer(code: u16, body: Body) -> Answer {
        let headers = HeaderMap::from_iter([
            (RETRY_AFTER, HeaderValue::from_static("7")),
            (LOCATION, HeaderValue::from_static("https://h.example/v2.1/track")),
        ]);
        Answer { status: StatusCode::from_u16(code).unwrap(), headers, body }
    }

    fn whole(text: &str) -> Body {
        Body::Whole(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn every_status_has_its_meaning() {
        let after = Some(Duration::from_secs(7));
        for code in 200..=599 {
            for with_token in [false, true] {
                let held = |words| Meaning::Retry { cause: Cause::Mistake(code, words), after };
                let expected = match code {
                    206 => Meaning::Unclear { after },
                    200..=299 => Meaning::Settled(Refused::default()),
                    307 | 308 => Meaning::Elsewhere("https://h.example/v2.1/track".to_owned()),
                    401 if with_token => Meaning::Retry { cause: Cause::Unauthorized, after: None },
                    401 => held(LOCAL_AUTH),
                    403 => held(ROLE),
                    404 => held(NOT_THERE),
                    402 | 439 => held(QUOTA),
                    413 => Meaning::TooLarge,
                    408 | 429 => Meaning::Retry { cause: Cause::Status(code), after },
                    _ if code >= 500 => Meaning::Retry { cause: Cause::Status(code), after },
                    _ => Meaning::Never(code),
                };
                let meaning = classify(&answer(code, whole("")), 3, with_token, SystemTime::UNIX_EPOCH);
                assert_eq!(meaning, expected, "{code}");
            }
        }
    }

    #[test]
    fn items_are_refused_for_now_or_for_good_each_by_its_own_status() {
        for (code, for_now) in [
            (206, true),
            (402, true),
            (408, true),
            (429, true),
            (439, true),
            (500, true),
            (502, true),
            (503, true),
            (504, true),
            (400, false),
            (404, false),
            (413, false),
            (200, false),
        ] {
            let body = format!(
                r#"{{"itemsReceived":3,"itemsAccepted":2,"errors":[{{"index":1,"statusCode":{code},"message":"secret"}}]}}"#
            );
            for status in [200, 206] {
                let meaning = classify(&answer(status, whole(&body)), 3, true, SystemTime::UNIX_EPOCH);
                let one = BTreeSet::from([1]);
                let after = Some(Duration::from_secs(7));
                let expected = if for_now {
                    Refused { for_now: one, cause: Some(Cause::Status(code)), after, ..Refused::default() }
                } else {
                    Refused { for_good: one, after, ..Refused::default() }
                };
                assert_eq!(meaning, Meaning::Settled(expected), "{status} {code}");
            }
        }
    }

    #[test]
    fn what_does_not_account_for_every_item_settles_none() {
        let unclear = Meaning::Unclear { after: Some(Duration::from_secs(7)) };
        for body in [
            r#"{"itemsReceived":3,"itemsAccepted":1,"errors":[{"index":0,"statusCode":400}]}"#,
            r#"{"itemsReceived":3,"itemsAccepted":1,"errors":[{"index":0,"statusCode":503}]}"#,
            r#"{"itemsReceived":2,"itemsAccepted":2,"errors":[]}"#,
            r#"{"itemsReceived":2,"itemsAccepted":2}"#,
            r#"{"itemsReceived":3}"#,
            r#"{"itemsAccepted":3}"#,
            r#"{"itemsReceived":3,"itemsAccepted":0,"errors":[]}"#,
            r#"{"itemsReceived":900,"itemsAccepted":0}"#,
            r#"{"itemsReceived":3,"itemsAccepted":3,"errors":[{"index":0,"statusCode":400}]}"#,
            r#"{"itemsReceived":3,"itemsAccepted":3,"errors":[{"index":3,"statusCode":400}]}"#,
            r#"{"itemsReceived":3,"itemsAccepted":2,"errors":[{"index":3,"statusCode":400}]}"#,
            r#"{"itemsReceived":3,"itemsAccepted":2,"errors":[{"index":-1,"statusCode":400}]}"#,
            r#"{"itemsReceived":3,"itemsAccepted":1,"errors":[{"index":1,"statusCode":400},{"index":1,"statusCode":500}]}"#,
            r#"{"errors":[{"index":0,"statusCode":400}]}"#,
            r#" {"itemsReceived":3,"#,
        ] {
            for status in [200, 206] {
                let meaning = classify(&answer(status, whole(body)), 3, true, SystemTime::UNIX_EPOCH);
                assert_eq!(meaning, unclear, "{status} {body}");
            }
        }
        let refused = r#"{"itemsReceived":3,"itemsAccepted":0,"errors":[{"index":0,"statusCode":503}]}"#;
        assert_eq!(classify(&answer(400, whole(refused)), 3, true, SystemTime::UNIX_EPOCH), unclear);
        let all = r#"{"itemsReceived":3,"itemsAccepted":3,"errors":[],"appId":null}"#;
        for (status, body) in [(200, all), (206, all), (200, "{}"), (200, "")] {
            let meaning = classify(&answer(status, whole(body)), 3, true, SystemTime::UNIX_EPOCH);
            let after = (body == all).then_some(Duration::from_secs(7));
            assert_eq!(meaning, Meaning::Settled(Refused { after, ..Refused::default() }), "{status} {body}");
        }
        assert_eq!(classify(&answer(206, whole("{}")), 3, true, SystemTime::UNIX_EPOCH), unclear);
    }

    #[test]
    fn an_answer_that_breaks_off_or_says_nothing_of_the_items_is_not_a_loss() {
        let broken = Meaning::Retry { cause: Cause::Failed(Failure::Broken), after: None };
        assert_eq!(classify(&answer(200, Body::Cut), 3, true, SystemTime::UNIX_EPOCH), broken);
        for body in [Body::Cut, Body::TooLong, whole("<html>"), whole("{\"errors\":1}")] {
            let meaning = classify(&answer(206, body), 3, true, SystemTime::UNIX_EPOCH);
            assert!(matches!(meaning, Meaning::Retry { .. } | Meaning::Unclear { .. }), "{meaning:?}");
        }
        for body in [Body::TooLong, whole("<html>")] {
            let meaning = classify(&answer(200, body), 3, true, SystemTime::UNIX_EPOCH);
            assert_eq!(meaning, Meaning::Settled(Refused::default()));
        }
    }

    #[test]
    fn a_key_that_nobody_knows_is_a_mistake_and_items_that_are_wrong_are_not() {
        let body = |code: u16, message: &str| {
            format!(
                r#"{{"itemsReceived":1,"itemsAccepted":0,"errors":[{{"index":0,"statusCode":{code},"message":"{message}"}}]}}"#
            )
        };
        let classify = |body: &str| classify(&answer(400, whole(body)), 1, true, SystemTime::UNIX_EPOCH);
        let held = Meaning::Retry { cause: Cause::Mistake(400, KEY), after: Some(Duration::from_secs(7)) };
        assert_eq!(classify(&body(400, "Invalid instrumentation key")), held);
        assert_eq!(classify(&body(400, "109: Field 'x' on type 'y' is too long")), Meaning::Never(400));
        assert_eq!(classify(&body(400, "said Invalid instrumentation key")), Meaning::Never(400));
        assert_eq!(classify("no JSON"), Meaning::Never(400));
        assert!(
            matches!(classify(&body(503, "")), Meaning::Settled(Refused { for_now, .. }) if for_now.len() == 1)
        );
    }
}
