//! Accepting connections, serving them, and stopping.
//!
//! A loop of our own rather than axum's or tonic's, because it is where a listener dies or leaks:
//! accept errors are survived (out of descriptors is a pause, not an end), connections are capped,
//! watched from their first moment, and either drained or cut when it is time to stop.
//!
//! Considered and not done: an age limit on connections (for load balancers that pin a connection to
//! one of several machines); TLS (a proxy on loopback has no need, and elsewhere something stands in
//! front).

use super::Limits;
use super::answer::Body;
use super::head::{self, Kind};
use super::intake::Intake;
use super::pulse::{Pulse, Times};
use super::socket::Socket;
use super::{grpc, http as otlp_http};
use crate::limits;
use crate::proxy::Line;
use http::header::CONNECTION;
use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use prometheus::IntGauge;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long to wait after a failed accept: the cause (descriptors, memory) is not gone at once.
const AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(100);

/// How long a connection that used up its time has to take leave.
const GOODBYE: Duration = Duration::from_secs(1);

/// How often an HTTP/2 peer is asked whether it is there, and how long it has to answer.
const PING: Duration = Duration::from_secs(20);

/// Bytes an HTTP/2 stream may send ahead of what was read, and all streams of a connection together:
/// memory outside the budget, so kept small.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;

/// What the loops of all listeners share.
pub(super) struct Server<L> {
    pub(super) intake: Arc<Intake<L>>,
    pub(super) connections: Arc<Semaphore>,
    pub(super) shutdown: watch::Receiver<bool>,
}

impl<L> Clone for Server<L> {
    fn clone(&self) -> Self {
        Self {
            intake: Arc::clone(&self.intake),
            connections: Arc::clone(&self.connections),
            shutdown: self.shutdown.clone(),
        }
    }
}

impl<L: Line> Server<L> {
    /// Accepts until it is time to stop, then waits for the connections to finish. Dropped, it cuts
    /// them.
    pub(super) async fn listen(self, listener: TcpListener) {
        let mut open = JoinSet::new();
        let mut shutdown = self.shutdown.clone();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => self.admit(stream, &mut open),
                    Err(error) => {
                        tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                        sleep(AFTER_ACCEPT_ERROR).await;
                    }
                },
                Some(_) = open.join_next() => {}
                () = stopped(&mut shutdown) => break,
            }
        }
        drop(listener);
        while open.join_next().await.is_some() {}
    }

    /// Serves a connection, or closes it if there are too many: waiting in line would not help it.
    fn admit(&self, stream: TcpStream, open: &mut JoinSet<()>) {
        let Ok(place) = Arc::clone(&self.connections).try_acquire_owned() else {
            self.intake.metrics.refused("connections");
            return;
        };
        let server = self.clone();
        open.spawn(async move {
            let counted = Counted::new(server.intake.metrics.connections.clone());
            server.drive(stream).await;
            drop((counted, place));
        });
    }

    async fn drive(mut self, stream: TcpStream) {
        // Answers are small; waiting to fill a packet only delays them. Failing is no reason to stop.
        let _ = stream.set_nodelay(true);
        let Limits { header_timeout: header, idle_timeout: idle, .. } = self.intake.limits;
        let look = header.min(idle) / 4;
        let pulse = Arc::new(Pulse::new(Times { header, idle }));
        let io = TokioIo::new(Socket::new(stream, Arc::clone(&pulse)));
        let (intake, beating) = (Arc::clone(&self.intake), Arc::clone(&pulse));
        let service = service_fn(move |request| serve(Arc::clone(&intake), Arc::clone(&beating), request));
        let builder = builder();
        let mut connection = pin!(builder.serve_connection(io, service));
        let mut stopping = false;
        loop {
            tokio::select! {
                _ = connection.as_mut() => return,
                () = stopped(&mut self.shutdown), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep(look) => if pulse.is_overdue() { break },
            }
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(GOODBYE, connection).await;
    }
}

/// Answers one request at the door it is for.
async fn serve<L: Line>(
    intake: Arc<Intake<L>>,
    pulse: Arc<Pulse>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let beat = pulse.request();
    let (head, body) = request.into_parts();
    let is_grpc = head::kind(&head.headers) == Kind::Grpc && head.version == Version::HTTP_2;
    let response = if is_grpc {
        grpc::answer(&intake, &head, body).await
    } else {
        otlp_http::answer(&intake, &head, body).await
    };
    if response.headers().contains_key(CONNECTION) {
        pulse.leave_unread();
    }
    drop(beat);
    Ok(response)
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The pulse keeps time: see there.
        .header_read_timeout(None)
        // Clients may close their side once they have sent, and wait for the answer.
        .half_close(true)
        .max_buf_size(limits::HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS)
        .max_header_list_size(u32::try_from(limits::HEADER_BYTES).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}

/// Resolves when it is time to stop: when told so, or when nobody is left to tell.
pub(super) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// One more on a gauge, for as long as this lives.
struct Counted(IntGauge);

impl Counted {
    fn new(gauge: IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
