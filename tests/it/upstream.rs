//! An upstream: takes OTLP/HTTP on a loopback port, and remembers what it was sent.

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What an upstream answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// 200.
    Well,
    /// 503 with `Retry-After: 1` this many times, then 200.
    Down(usize),
    /// Nothing, ever.
    Silent,
    /// The end of the connection, when the request was read.
    Rude,
}

/// One request it took.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Inflated.
    pub(crate) body: Vec<u8>,
}

/// A running upstream. Ends when dropped.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

struct State {
    mood: Mood,
    taken: Vec<Taken>,
    refused: usize,
}

/// An upstream in that mood.
pub(crate) async fn upstream(mood: Mood) -> Upstream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let state = Arc::new(Mutex::new(State { mood, taken: Vec::new(), refused: 0 }));
    let shared = Arc::clone(&state);
    let task = tokio::spawn(serve(listener, move |request| answer(request, Arc::clone(&shared))));
    Upstream { address, state, task }
}

/// An address nobody listens on.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

impl Upstream {
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    pub(crate) fn refused(&self) -> usize {
        self.state.lock().unwrap().refused
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers every request on a listener with what `answer` says.
pub(crate) async fn serve<A, F>(listener: TcpListener, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, io::Error>> + Send + 'static,
{
    while let Ok((stream, _)) = listener.accept().await {
        let service = service_fn(answer.clone());
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mood = state.lock().unwrap().mood;
    match mood {
        Mood::Silent => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            Ok(Response::new(Full::default()))
        }
        Mood::Rude => Err(io::ErrorKind::ConnectionReset.into()),
        Mood::Down(times) if state.lock().unwrap().refused < times => {
            state.lock().unwrap().refused += 1;
            let answer =
                Response::builder().status(StatusCode::SERVICE_UNAVAILABLE).header("retry-after", "1");
            Ok(answer.body(Full::default()).unwrap())
        }
        Mood::Down(_) | Mood::Well => {
            let body = inflate(&head.headers, &body);
            let path = head.uri.path().to_owned();
            state.lock().unwrap().taken.push(Taken { path, headers: head.headers, body });
            Ok(Response::new(Full::default()))
        }
    }
}

fn inflate(headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    if headers.get("content-encoding").is_none_or(|coding| coding != "gzip") {
        return body.to_vec();
    }
    let mut inflated = Vec::new();
    GzDecoder::new(body).read_to_end(&mut inflated).unwrap();
    inflated
}
