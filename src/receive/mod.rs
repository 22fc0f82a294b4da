//! The door in: OTLP over HTTP and over gRPC, on each of our listeners.
//!
//! A request comes in as bytes and leaves for the [line](crate::proxy::Line) as
//! [`Received`](crate::proxy::Received): from a known sender, inflated, within every bound. What comes
//! back becomes the answer the OTLP specification has for it.
//!
//! Promises:
//! - Who sends is known before a byte of the body is read.
//! - No request makes us hold more than its bounds allow, and all of them together no more than the
//!   budget, whatever they announce or unfold to.
//! - No answer, error, metric or log line contains anything a sender wrote.
//!
//! Bias: both protocols on every port. Agents are pointed at 4317 and 4318 in every combination, and
//! the first bytes of a connection tell the protocol.
//!
//! What it refuses to know: what is in a body. Decoding is the line's.
//!
//! | file | one idea |
//! |---|---|
//! | `accept` | connections: accepting, serving, draining |
//! | `pulse`, `socket` | when a connection has used up its time; closing without a reset |
//! | `route`, `head` | what path, content type and encoding say |
//! | `auth`, `cors` | who may send; from which web origins |
//! | `http`, `grpc` | one request to one answer, at either door |
//! | `body`, `budget`, `inflate` | bounded reading and inflating |
//! | `intake` | where the doors meet and the line begins |
//! | `refused`, `answer` | reasons to codes; codes to bytes |
//!
//! Not taken: profiles (not scanned yet, so not passed on); gRPC-Web; stacked content encodings;
//! lz4 and snappy, which no exporter of an agent sends.

mod accept;
mod answer;
mod auth;
mod body;
mod budget;
mod cors;
mod grpc;
mod head;
mod http;
mod inflate;
mod intake;
mod pulse;
mod refused;
mod route;
mod socket;

pub use auth::{Authenticate, Denied, Token, TokenError};

use crate::limits;
use crate::proxy::Line;
use crate::telemetry::Metrics;
use accept::{Server, stopped};
use budget::Budget;
use cors::Cors;
use intake::Intake;
use route::Routes;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What the receivers are told to do.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; each serves OTLP/HTTP and OTLP/gRPC. Port 0 takes any free one.
    pub listen: Vec<SocketAddr>,
    /// Under which paths `/v1/traces` and its like are found. Slashes around them do not matter.
    pub base_paths: Vec<String>,
    /// Who may send. Nobody listed: everyone may, and nobody is told apart.
    pub tokens: Vec<Token>,
    /// Web origins that may send, as browsers write them (`https://office.example`); `*` for any.
    pub cors_origins: Vec<String>,
    /// The bounds.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            listen: vec![loopback(4318), loopback(4317)],
            base_paths: vec![String::new()],
            tokens: Vec::new(),
            cors_origins: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// The bounds of receiving. The reasons are with the defaults, in [`crate::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one request on the wire; over gRPC with its frame.
    pub wire_bytes: usize,
    /// Bytes of one request after inflating.
    pub inflated_bytes: usize,
    /// Inflated bytes for one wire byte.
    pub inflate_ratio: usize,
    /// Bytes of all requests held at once.
    pub in_flight_bytes: usize,
    /// Connections open at once.
    pub connections: usize,
    /// Time for the head of a request to arrive.
    pub header_timeout: Duration,
    /// Time for the body of a request to arrive.
    pub body_timeout: Duration,
    /// Time between two requests of a connection.
    pub idle_timeout: Duration,
    /// Time from the signal to stop until what is under way is cut.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wire_bytes: limits::WIRE_BYTES,
            inflated_bytes: limits::INFLATED_BYTES,
            inflate_ratio: limits::INFLATE_RATIO,
            in_flight_bytes: limits::IN_FLIGHT_BYTES,
            connections: limits::CONNECTIONS,
            header_timeout: limits::HEADER_TIMEOUT,
            body_timeout: limits::BODY_TIMEOUT,
            idle_timeout: limits::IDLE_TIMEOUT,
            drain: limits::DRAIN,
        }
    }
}

/// Why the receivers do not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address is taken, not ours, or not allowed.
    #[error("cannot listen on {address}: choose another address, or stop what is listening there")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Tokens that must not be used.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// An origin no browser can send.
    #[error("the web origin {origin:?} is not one: write it like https://office.example, or * for any")]
    Origin {
        /// The origin, from the configuration.
        origin: String,
    },
}

/// How draining ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Everything under way was finished.
    All,
    /// Time was up, and what was left was cut.
    CutShort,
}

/// Receivers that hold their addresses and do not answer yet.
pub struct Bound {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    config: Config,
    authenticate: Box<dyn Authenticate>,
    cors: Cors,
    metrics: Arc<Metrics>,
}

impl Bound {
    /// Checks the configuration and takes the addresses.
    ///
    /// # Errors
    /// [`BindError`]: an address cannot be had, or the configuration contradicts itself.
    pub async fn new(config: Config, metrics: Arc<Metrics>) -> Result<Self, BindError> {
        let authenticate: Box<dyn Authenticate> = match config.tokens.as_slice() {
            [] => Box::new(auth::Anyone),
            tokens => Box::new(auth::BearerTokens::new(tokens)?),
        };
        let cors = Cors::new(&config.cors_origins).map_err(|origin| BindError::Origin { origin })?;
        let (mut listeners, mut addresses) = (Vec::new(), Vec::new());
        for &address in &config.listen {
            let failed = |source| BindError::Address { address, source };
            let listener = TcpListener::bind(address).await.map_err(failed)?;
            addresses.push(listener.local_addr().map_err(failed)?);
            listeners.push(listener);
        }
        Ok(Self { listeners, addresses, config, authenticate, cors, metrics })
    }

    /// Where we listen, in the order of the configuration, with the ports that were free.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Another way to tell who sends, in place of the tokens of the configuration.
    #[must_use]
    pub fn authenticated_by(mut self, authenticate: impl Authenticate) -> Self {
        self.authenticate = Box::new(authenticate);
        self
    }

    /// Serves until `shutdown` turns true (or its sender is gone), then finishes what is under way,
    /// within the time there is for it. Dropped, it cuts everything.
    pub async fn serve<L: Line>(self, line: Arc<L>, mut shutdown: watch::Receiver<bool>) -> Drained {
        let (under_way, mut all_done) = mpsc::channel(1);
        let limits = self.config.limits;
        let intake = Arc::new(Intake {
            routes: Routes::new(&self.config.base_paths),
            cors: self.cors,
            authenticate: self.authenticate,
            metrics: self.metrics,
            limits,
            budget: Budget::new(limits.in_flight_bytes),
            turns: Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))),
            line,
            under_way,
        });
        let connections = Arc::new(Semaphore::new(limits.connections));
        let server = Server { intake, connections, shutdown: shutdown.clone() };
        let mut loops: JoinSet<()> =
            self.listeners.into_iter().map(|listener| server.clone().listen(listener)).collect();
        drop(server);
        stopped(&mut shutdown).await;
        let drain = async {
            while loops.join_next().await.is_some() {}
            // No message ever comes: this ends when the last request does.
            let _ = all_done.recv().await;
        };
        timeout(limits.drain, drain).await.map_or(Drained::CutShort, |()| Drained::All)
    }
}
