//! OTLP over HTTP, in protobuf, to any backend that speaks it.
//!
//! Answers are read by the table of the specification
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>): 429, 502, 503 and 504 are tried
//! again, as is everything without an answer; 413 makes the request smaller; any other refusal is for
//! good, and counted. A redirect is such a refusal.
//!
//! Considered and not done: gRPC to upstreams (every backend takes HTTP, and one client has half the
//! faults of two); reading the message of a partial success (it may quote what was sent).

mod answer;

pub use crate::upstream::{Endpoint, EndpointError, HeaderError, SecretHeader};
pub(super) use answer::success;

use super::runner::{Cause, Export, Request, Sent};
use crate::limits;
use crate::signal::{PerSignal, Signal};
use crate::upstream::{Answer, Failure, NoTrustStore, Upstream, gzipped};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where to send, and how. Holds secrets: no `Debug`.
pub struct Config {
    /// Where each signal goes; a signal without an endpoint is not wanted there.
    pub endpoints: PerSignal<Option<Endpoint>>,
    /// Sent with every request.
    pub headers: Vec<SecretHeader>,
    /// The gzip level, 1 (fast, the default) to 9; `None` sends as it is.
    pub gzip: Option<u32>,
    /// For one request, from connecting to the end of the answer.
    pub timeout: Duration,
}

impl Config {
    /// The defaults: level 1, ten seconds, no headers.
    #[must_use]
    pub fn new(endpoints: PerSignal<Endpoint>) -> Self {
        let PerSignal { traces, metrics, logs } = endpoints;
        let endpoints = PerSignal { traces: Some(traces), metrics: Some(metrics), logs: Some(logs) };
        Self { endpoints, headers: Vec::new(), gzip: Some(1), timeout: limits::EXPORT_TIMEOUT }
    }
}

/// Sends to one backend. Clones share connections.
#[derive(Clone)]
pub(super) struct OtlpExporter(Post);

impl OtlpExporter {
    pub(super) fn new(config: &Config) -> Result<Self, NoTrustStore> {
        Post::new(config).map(Self)
    }

    /// Whether the signal has an endpoint.
    pub(super) fn takes(&self, signal: Signal) -> bool {
        self.0.takes(signal)
    }
}

impl Export for OtlpExporter {
    async fn send(&mut self, request: &Request) -> Sent {
        match self.0.send(request, None).await {
            None => Sent::Done { rejected: 0 },
            Some(Ok(answer)) => answer::classify(&answer, SystemTime::now()),
            Some(Err(cause)) => Sent::Retry { cause, after: None },
        }
    }
}

/// Posts OTLP requests to the endpoints of a configuration. Clones share connections.
#[derive(Clone)]
pub(super) struct Post(Arc<Shared>);

struct Shared {
    upstream: Upstream,
    endpoints: PerSignal<Option<Endpoint>>,
    headers: HeaderMap,
    gzip: Option<u32>,
    timeout: Duration,
}

impl Post {
    pub(super) fn new(config: &Config) -> Result<Self, NoTrustStore> {
        let PerSignal { traces, metrics, logs } = &config.endpoints;
        let upstream = Upstream::new([traces, metrics, logs].into_iter().flatten().any(Endpoint::is_https))?;
        let (endpoints, headers) = (config.endpoints.clone(), headers(config));
        let (gzip, timeout) = (config.gzip, config.timeout);
        Ok(Self(Arc::new(Shared { upstream, endpoints, headers, gzip, timeout })))
    }

    /// Whether the signal has an endpoint.
    pub(super) fn takes(&self, signal: Signal) -> bool {
        self.0.endpoints.of(signal).is_some()
    }

    /// The answer, or why there is none; `None`, if the signal has no endpoint.
    pub(super) async fn send(
        &self,
        request: &Request,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Answer, Cause>> {
        let Shared { upstream, endpoints, headers, gzip, timeout } = &*self.0;
        let endpoint = endpoints.of(request.signal).as_ref()?;
        let Some(body) = compress(request.redacted.bytes().clone(), *gzip).await else {
            return Some(Err(Cause::Failed(Failure::Broken)));
        };
        let mut headers = headers.clone();
        headers.extend(authorization.map(|value| (AUTHORIZATION, value.clone())));
        let answer = upstream.send(
            Method::POST,
            endpoint.uri(),
            &headers,
            body,
            limits::EXPORT_ANSWER_BYTES,
            *timeout,
        );
        Some(answer.await.map_err(Cause::Failed))
    }
}

fn headers(config: &Config) -> HeaderMap {
    let mut headers: HeaderMap = config.headers.iter().map(SecretHeader::pair).collect();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    if config.gzip.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers
}

/// Off the threads that serve requests: megabytes take milliseconds.
pub(super) async fn compress(body: Bytes, gzip: Option<u32>) -> Option<Bytes> {
    let Some(level) = gzip else { return Some(body) };
    tokio::task::spawn_blocking(move || gzipped(&body, level)).await.ok()?.ok()
}
