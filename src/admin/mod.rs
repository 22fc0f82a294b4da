//! The door for operators: is it alive, is it ready, what does it count.
//!
//! A listener of its own, so that it can be bound where only operators and probes reach it, and so
//! that senders who fill the other door do not make it look dead.
//!
//! Promise: nothing here shows what was received: not raw, not redacted, not sampled.
//!
//! | path | answer |
//! |---|---|
//! | `/healthz` | 200 for as long as the process can answer at all |
//! | `/readyz` | 200, or 503 and the [reasons](Reason) |
//! | `/metrics` | Prometheus' text format |
//! | `/reload` | see [`reload`] |

mod readiness;
mod reload;

pub use readiness::{Readiness, Reason};
pub use reload::{Asked, Reloads, Told, reload_router};

use crate::limits;
use crate::telemetry::Metrics;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Connections open at once: probes, scrapers and a person or two.
const CONNECTIONS: usize = 64;

/// How long to wait after a failed accept.
const AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(100);

/// Where operators ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Config {
    /// `None`: nowhere.
    pub listen: Option<SocketAddr>,
}

/// The listener cannot have its address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for health and metrics: choose another address, or none")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// A listener that holds its address, if there is to be one, and does not answer yet.
pub struct Bound {
    listener: Option<TcpListener>,
    address: Option<SocketAddr>,
}

impl Bound {
    /// Takes the address.
    ///
    /// # Errors
    /// [`BindError`], if it cannot be had.
    pub async fn new(config: Config) -> Result<Self, BindError> {
        let Some(address) = config.listen else { return Ok(Self { listener: None, address: None }) };
        let failed = |source| BindError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener: Some(listener), address: Some(address) })
    }

    /// Where it listens, with the port that was free.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Serves `router` until `shutdown` turns true, or its sender is gone. It is the last thing to be
    /// stopped: probes ask until the end.
    pub async fn serve(self, router: Router, mut shutdown: watch::Receiver<bool>) {
        let Some(listener) = self.listener else { return };
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) if open.len() < CONNECTIONS => {
                        open.spawn(drive(stream, router.clone()));
                    }
                    Ok(_) => {}
                    Err(_) => sleep(AFTER_ACCEPT_ERROR).await,
                },
                Some(_) = open.join_next() => {}
                () = stopped(&mut shutdown) => return,
            }
        }
    }
}

/// The paths above. More may be merged in.
pub fn router(metrics: Arc<Metrics>, readiness: Readiness) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { ready(&readiness) }))
        .route("/metrics", get(move || async move { text(&metrics) }))
}

fn ready(readiness: &Readiness) -> (StatusCode, String) {
    let reasons: Vec<&str> = readiness.reasons().map(Reason::name).collect();
    match reasons.as_slice() {
        [] => (StatusCode::OK, "ready\n".to_owned()),
        reasons => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", reasons.join(", "))),
    }
}

fn text(metrics: &Metrics) -> impl IntoResponse + use<> {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
}

/// Resolves when it is time to stop: when told so, or when nobody is left to tell.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

async fn drive(stream: TcpStream, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // Between requests too: a scraper that comes once a minute connects anew.
        .header_read_timeout(limits::HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A broken connection concerns nobody but who broke it.
    let _ = connection.await;
}
