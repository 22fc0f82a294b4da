//! The HTTP client for everything we send to: one request, one bounded answer.
//!
//! **Bias: an upstream is trusted with what was redacted, and with nothing else.** No redirect is
//! followed here (a request goes where its caller says, or nowhere; one exporter has a list of hosts it may be sent
//! to), no more of an answer is read than its
//! caller asks for, certificates are checked against the machine's trust store, and an error here says
//! what kind it is and not where: URLs and headers hold credentials.
//!
//! Considered and not done: HTTP/2 (a few large requests on a pooled connection gain nothing from it),
//! proxies from the environment (where telemetry goes is in the configuration alone).

mod endpoint;
mod gzip;
mod header;
mod rejected;
mod retry_after;
pub(crate) mod tls;

pub use endpoint::{Endpoint, EndpointError};
pub(crate) use gzip::gzipped;
pub use header::{HeaderError, SecretHeader};
pub(crate) use rejected::rejected;
pub(crate) use retry_after::retry_after;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const AGENT: HeaderValue = HeaderValue::from_static(concat!("blackbar/", env!("CARGO_PKG_VERSION")));

/// Idle connections are closed before the load balancers in front of upstreams do it.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// A pool of connections. Cheap to clone; all clones are one pool.
#[derive(Clone)]
pub(crate) struct Upstream(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// What came after the headers.
pub(crate) enum Body {
    Whole(Bytes),
    /// More than was asked for. The rest was not read.
    TooLong,
    /// The connection broke, or the time was over, in the middle of it.
    Cut,
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No connection: name, network, TLS.
    #[error("no connection")]
    Unreachable,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// A connection, but not an HTTP answer on it.
    #[error("the connection broke")]
    Broken,
}

/// There is nothing to check certificates with.
#[derive(Debug, thiserror::Error)]
pub enum NoTrustStore {
    /// On this machine.
    #[error("no trust store for https: install the CA certificates, or name a file of them in SSL_CERT_FILE")]
    Machine(#[source] std::io::Error),
    /// In a file of the operator's.
    #[error("ca_file {}: {reason}: it has to hold certificates in PEM", file.display())]
    File {
        /// The file.
        file: std::path::PathBuf,
        /// Why not.
        reason: String,
    },
    /// No certificate can be for such a host.
    #[error("the host is neither a name nor an address that a certificate can be for")]
    Name,
}

impl Upstream {
    /// A client. Without `https` the trust store is not read, and every certificate is refused.
    pub(crate) fn new(https: bool) -> Result<Self, NoTrustStore> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new();
        let tls = if https {
            tls.with_provider_and_native_roots(ring::default_provider()).map_err(NoTrustStore::Machine)?
        } else {
            tls.with_tls_config(trusting_nobody()?)
        };
        let connector = tls.https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self(client))
    }

    /// Sends one request, and reads at most `answer_bytes` of the body of the answer. All of it within
    /// `timeout`.
    pub(crate) async fn send(
        &self,
        method: Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
        answer_bytes: usize,
        timeout: Duration,
    ) -> Result<Answer, Failure> {
        let deadline = Instant::now() + timeout;
        let request = request(method, uri, headers, body).ok_or(Failure::Broken)?;
        let answer = timeout_at(deadline, self.0.request(request)).await.map_err(|_| Failure::TimedOut)?;
        let (parts, body) = answer.map_err(|error| failure(&error))?.into_parts();
        let body = timeout_at(deadline, read(body, answer_bytes)).await.unwrap_or(Body::Cut);
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}

fn request(method: Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Option<Request<Full<Bytes>>> {
    let length = body.len();
    let mut request = Request::builder().method(method).uri(uri).body(Full::new(body)).ok()?;
    request.headers_mut().insert(USER_AGENT, AGENT);
    request.headers_mut().extend(headers.clone());
    request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    Some(request)
}

async fn read(body: Incoming, limit: usize) -> Body {
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Body::Whole(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Body::TooLong,
        Err(_) => Body::Cut,
    }
}

fn failure(error: &hyper_util::client::legacy::Error) -> Failure {
    if error.is_connect() { Failure::Unreachable } else { Failure::Broken }
}

fn trusting_nobody() -> Result<ClientConfig, NoTrustStore> {
    let provider = Arc::new(ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NoTrustStore::Machine(std::io::Error::other(error)))?;
    Ok(versions.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}
