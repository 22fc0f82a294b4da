//! An upstream on the loopback that answers as a script says, and 200 when the script is over.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

pub(super) enum Reply {
    Status(u16),
    With {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// 200, and the connection is closed in the middle of the body.
    Cut,
    /// Nothing, for this long.
    Late(Duration),
}

pub(super) struct Seen {
    pub(super) at: Instant,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

#[derive(Clone)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    script: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(super) async fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, script: Arc::new(Mutex::new(script.into())), seen: Arc::default() };
        tokio::spawn(server.clone().accept(listener));
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits for so many requests, and gives them.
    pub(super) async fn seen(&self, count: usize) -> Vec<Seen> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.seen.lock().unwrap().len() < count {
            assert!(Instant::now() < deadline, "{} of {count} requests", self.seen.lock().unwrap().len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.seen.lock().unwrap().drain(..).collect()
    }

    async fn accept(self, listener: TcpListener) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let server = self.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| server.answer(request));
                let http = hyper::server::conn::http1::Builder::new();
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<BoxBody<Bytes, io::Error>>, Infallible> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.to_string();
        let at = Instant::now();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        self.seen.lock().unwrap().push(Seen { at, path, headers: parts.headers, body });
        let reply = self.script.lock().unwrap().pop_front();
        Ok(match reply.unwrap_or(Reply::Status(200)) {
            Reply::Status(status) => response(status, &[], Vec::new()),
            Reply::With { status, headers, body } => response(status, &headers, body),
            Reply::Cut => Response::new(CutBody(false).boxed()),
            Reply::Late(late) => {
                tokio::time::sleep(late).await;
                response(200, &[], Vec::new())
            }
        })
    }
}

fn response(
    status: u16,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Response<BoxBody<Bytes, io::Error>> {
    let mut builder = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        builder = builder.header(*name, value);
    }
    builder.body(Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed()).unwrap()
}

/// Promises a hundred bytes, sends three, and breaks.
struct CutBody(bool);

impl Body for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(if std::mem::replace(&mut self.0, true) {
            Err(io::Error::other("cut"))
        } else {
            Ok(Frame::data(Bytes::from_static(b"abc")))
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(100)
    }
}
