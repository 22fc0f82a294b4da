//! The client: sends requests over HTTP and gRPC, well-formed ones or not.

use bytes::{Buf as _, BufMut as _, Bytes};
use flate2::{Compression, write::GzEncoder, write::ZlibEncoder};
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use std::io::Write as _;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};

use blackbar::signal::Signal;

/// How a client talks to the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Protobuf(Coding),
    Json(Coding),
    Grpc(Coding),
}

/// How a body is made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Deflate,
    Zstd,
}

impl Route {
    pub(crate) const ALL: [Self; 12] = [
        Self::Protobuf(Coding::Identity),
        Self::Protobuf(Coding::Gzip),
        Self::Protobuf(Coding::Deflate),
        Self::Protobuf(Coding::Zstd),
        Self::Json(Coding::Identity),
        Self::Json(Coding::Gzip),
        Self::Json(Coding::Deflate),
        Self::Json(Coding::Zstd),
        Self::Grpc(Coding::Identity),
        Self::Grpc(Coding::Gzip),
        Self::Grpc(Coding::Deflate),
        Self::Grpc(Coding::Zstd),
    ];
}

impl Coding {
    /// The value of `Content-Encoding`, if there is one.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Deflate => Some("deflate"),
            Self::Zstd => Some("zstd"),
        }
    }

    pub(crate) fn encode(self, body: &[u8]) -> Vec<u8> {
        match self {
            Self::Identity => body.to_vec(),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            Self::Zstd => zstd::bulk::compress(body, 1).unwrap(),
        }
    }
}

/// What came back over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) const PROTOBUF: &str = "application/x-protobuf";
pub(crate) const JSON: &str = "application/json";

/// Posts a body to the path of a signal.
pub(crate) async fn post(to: SocketAddr, signal: Signal, media: &str, coding: Coding, body: &[u8]) -> Answer {
    let mut headers = vec![("content-type", media)];
    headers.extend(coding.name().map(|name| ("content-encoding", name)));
    request(to, Method::POST, &format!("/v1/{signal}"), &headers, coding.encode(body)).await
}

/// Gets a path.
pub(crate) async fn get(to: SocketAddr, path: &str) -> Answer {
    request(to, Method::GET, path, &[], Vec::new()).await
}

/// Sends a request on a connection of its own. An answer that comes before the whole body was taken
/// counts.
pub(crate) async fn request(
    to: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let stream = TokioIo::new(TcpStream::connect(to).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, to.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

/// Calls `Export` of a signal's service with these bytes as its message.
pub(crate) async fn export(
    to: SocketAddr,
    signal: Signal,
    coding: Coding,
    message: Vec<u8>,
) -> Result<Bytes, tonic::Status> {
    let service = match signal {
        Signal::Traces => "trace.v1.TraceService",
        Signal::Metrics => "metrics.v1.MetricsService",
        Signal::Logs => "logs.v1.LogsService",
    };
    call(to, &format!("/opentelemetry.proto.collector.{service}/Export"), coding, message).await
}

/// Calls any method.
pub(crate) async fn call(
    to: SocketAddr,
    path: &str,
    coding: Coding,
    message: Vec<u8>,
) -> Result<Bytes, tonic::Status> {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{to}")).unwrap();
    let mut client = tonic::client::Grpc::new(endpoint.connect().await.unwrap());
    let encoding = match coding {
        Coding::Identity => None,
        Coding::Gzip => Some(CompressionEncoding::Gzip),
        Coding::Deflate => Some(CompressionEncoding::Deflate),
        Coding::Zstd => Some(CompressionEncoding::Zstd),
    };
    if let Some(encoding) = encoding {
        client = client.send_compressed(encoding).accept_compressed(encoding);
    }
    client.ready().await.unwrap();
    let request = tonic::Request::new(Bytes::from(message));
    client.unary(request, path.parse().unwrap(), Raw).await.map(tonic::Response::into_inner)
}

/// Messages as the bytes they are.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
