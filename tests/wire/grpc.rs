//! OTLP/gRPC: with tonic's own client, and with frames no client would send.

use crate::support::*;
use blackbar::otlp::DecodeError;
use blackbar::proxy::{Encoding, Refusal};
use blackbar::receive::{Config, Limits};
use blackbar::signal::Signal;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse},
    metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse},
    trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

async fn connect(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// One unary call, as tonic's clients make it.
async fn call<Q, A>(
    channel: Channel,
    path: &'static str,
    compression: Option<CompressionEncoding>,
    request: tonic::Request<Q>,
) -> Result<A, Status>
where
    Q: Message + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    let mut client = tonic::client::Grpc::new(channel);
    if let Some(compression) = compression {
        client = client.send_compressed(compression).accept_compressed(compression);
    }
    client.ready().await.unwrap();
    let codec: ProstCodec<Q, A> = ProstCodec::default();
    let answer = client.unary(request, PathAndQuery::from_static(path), codec).await?;
    Ok(answer.into_inner())
}

fn spans(names: usize) -> ExportTraceServiceRequest {
    let span = |n: usize| Span { name: format!("span {n}"), ..Span::default() };
    let scope_spans = vec![ScopeSpans { spans: (0..names).map(span).collect(), ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
}

async fn send_spans(channel: Channel) -> Result<ExportTraceServiceResponse, Status> {
    call(channel, TRACES, None, tonic::Request::new(spans(1))).await
}

#[tokio::test]
async fn every_signal_and_compression_arrives_whole() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let channel = connect(proxy.address).await;
    let gzip = CompressionEncoding::Gzip;
    for compression in [None, Some(gzip), Some(CompressionEncoding::Deflate), Some(CompressionEncoding::Zstd)]
    {
        for names in [0, 1, 20_000] {
            let sent = spans(names);
            let request = tonic::Request::new(sent.clone());
            let answer: ExportTraceServiceResponse =
                call(channel.clone(), TRACES, compression, request).await.unwrap();
            assert_eq!(answer, ExportTraceServiceResponse::default());
            let note = proxy.only();
            assert_eq!((note.signal, note.encoding), (Signal::Traces, Encoding::Protobuf));
            assert!(note.body == sent.encode_to_vec(), "{compression:?} {names}: the body changed");
        }
    }
    let request = tonic::Request::new(ExportMetricsServiceRequest::default());
    let _: ExportMetricsServiceResponse = call(channel.clone(), METRICS, Some(gzip), request).await.unwrap();
    assert_eq!(proxy.only().signal, Signal::Metrics);
    let request = tonic::Request::new(ExportLogsServiceRequest::default());
    let _: ExportLogsServiceResponse = call(channel, LOGS, Some(gzip), request).await.unwrap();
    assert_eq!(proxy.only().signal, Signal::Logs);
}

#[tokio::test]
async fn a_partial_success_says_how_many() {
    let proxy = Proxy::start(Answers::Reject(7), config()).await;
    let partial = send_spans(connect(proxy.address).await).await.unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 7);
    assert_eq!(
        partial.error_message,
        "records were rejected by the rules in force here; the others were accepted"
    );
}

#[tokio::test]
async fn what_the_line_refuses_has_its_code_and_its_delay() {
    type Case = (fn() -> Refusal, Code, Option<Duration>);
    let secs = Duration::from_secs;
    let refusals: [Case; 5] = [
        (|| Refusal::Malformed(DecodeError::TooDeep), Code::InvalidArgument, None),
        (|| Refusal::Busy { retry_after: Duration::ZERO }, Code::ResourceExhausted, Some(secs(1))),
        (|| Refusal::Busy { retry_after: Duration::from_secs(9) }, Code::ResourceExhausted, Some(secs(2))),
        (|| Refusal::Unavailable, Code::Unavailable, Some(secs(1))),
        (|| Refusal::Internal, Code::Internal, None),
    ];
    for (refusal, code, delay) in refusals {
        let proxy = Proxy::start(Answers::Refuse(refusal), config()).await;
        let status = send_spans(connect(proxy.address).await).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, refusal().to_string().as_str()));
        let told = status.get_details_retry_info().and_then(|info| info.retry_delay);
        assert_eq!(told, delay, "{code:?}");
    }
}

#[tokio::test]
async fn a_panic_in_the_line_is_internal() {
    let proxy = Proxy::start(Answers::Panic, config()).await;
    let channel = connect(proxy.address).await;
    for _ in 0..2 {
        assert_eq!(send_spans(channel.clone()).await.unwrap_err().code(), Code::Internal);
    }
    assert!(proxy.counts("blackbar_panics_total 2").await);
}

#[tokio::test]
async fn tokens_name_the_sender_and_nobody_else_gets_in() {
    let proxy = Proxy::start(Answers::Accept, guarded()).await;
    let channel = connect(proxy.address).await;
    for (authorization, expected) in [
        (Some("Bearer one"), Ok("laptops")),
        (Some("bearer two"), Ok("ci")),
        (Some("Bearer three"), Err(Code::Unauthenticated)),
        (None, Err(Code::Unauthenticated)),
    ] {
        let mut request = tonic::Request::new(spans(1));
        if let Some(value) = authorization {
            request.metadata_mut().insert("authorization", value.parse().unwrap());
        }
        let outcome: Result<ExportTraceServiceResponse, _> =
            call(channel.clone(), TRACES, None, request).await;
        match expected {
            Ok(name) => assert_eq!((outcome.is_ok(), proxy.only().principal.name()), (true, Some(name))),
            Err(code) => assert_eq!(outcome.unwrap_err().code(), code),
        }
    }
}

#[tokio::test]
async fn services_that_are_not_taken_are_unimplemented() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let channel = connect(proxy.address).await;
    for (path, text) in [
        (
            "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
            "profiles are not taken",
        ),
        ("/opentelemetry.proto.collector.trace.v1.TraceService/Import", "have Export"),
        ("/grpc.health.v1.Health/Check", "have Export"),
        ("/v1/traces", "have Export"),
    ] {
        let request = tonic::Request::new(spans(1));
        let outcome: Result<ExportTraceServiceResponse, _> = call(channel.clone(), path, None, request).await;
        let status = outcome.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
        assert!(status.message().contains(text), "{path}");
    }
}

/// Sends raw bytes over HTTP/2; gives back the HTTP status, the headers with the trailers, the body.
async fn raw(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> (u16, HeaderMap, Bytes) {
    let stream = TcpStream::connect(address).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::post(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sender.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    let mut headers = head.headers;
    headers.extend(body.trailers().cloned().unwrap_or_default());
    (head.status.as_u16(), headers, body.to_bytes())
}

/// A body that never comes.
struct Never;

impl http_body::Body for Never {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_stranger_is_answered_before_the_body_comes() {
    let proxy = Proxy::start(Answers::Accept, guarded()).await;
    let stream = TcpStream::connect(proxy.address).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("http://{}{TRACES}", proxy.address)).header(GRPC.0, GRPC.1);
    let answer = sender.send_request(request.body(Never).unwrap());
    let answer = tokio::time::timeout(Duration::from_secs(1), answer).await.expect("at once").unwrap();
    let status = Status::from_header_map(answer.headers()).unwrap();
    assert_eq!((answer.status().as_u16(), status.code()), (200, Code::Unauthenticated));
}

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let mut frame = vec![flag];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(message);
    frame
}

const GRPC: (&str, &str) = ("content-type", "application/grpc");

#[tokio::test]
async fn a_success_has_one_empty_message_and_its_status_in_trailers() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let (http, headers, body) = raw(proxy.address, TRACES, &[GRPC], frame(0, b"")).await;
    assert_eq!((http, headers["grpc-status"].as_bytes(), &body[..]), (200, &b"0"[..], &b"\0\0\0\0\0"[..]));
    assert_eq!(headers["content-type"], "application/grpc");
}

#[tokio::test]
async fn odd_frames_and_encodings_are_refused_in_trailers() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let gzipped = ("grpc-encoding", "gzip");
    let message = b"message".as_slice();
    for (name, headers, body, code) in [
        ("plus", vec![("content-type", "application/grpc+proto")], frame(0, message), Code::Ok),
        ("plain under gzip", vec![GRPC, gzipped], frame(0, message), Code::Ok),
        ("gzip", vec![GRPC, gzipped], frame(1, &gzip(message)), Code::Ok),
        ("raw deflate", vec![GRPC, ("grpc-encoding", "deflate")], frame(1, &raw_deflate(message)), Code::Ok),
        ("with a timeout", vec![GRPC, ("grpc-timeout", "10S")], frame(0, message), Code::Ok),
        ("nothing", vec![GRPC], vec![], Code::InvalidArgument),
        ("half a frame", vec![GRPC], vec![0, 0], Code::InvalidArgument),
        ("two", vec![GRPC], [frame(0, message), frame(0, message)].concat(), Code::InvalidArgument),
        ("trailing", vec![GRPC], [frame(0, message), vec![1]].concat(), Code::InvalidArgument),
        ("short", vec![GRPC], frame(0, message)[..8].to_vec(), Code::InvalidArgument),
        ("flag without encoding", vec![GRPC], frame(1, message), Code::InvalidArgument),
        ("unknown flag", vec![GRPC, gzipped], frame(2, message), Code::InvalidArgument),
        ("cut gzip", vec![GRPC, gzipped], frame(1, &gzip(message)[..20]), Code::InvalidArgument),
        ("snappy", vec![GRPC, ("grpc-encoding", "snappy")], frame(1, message), Code::Unimplemented),
        ("stacked", vec![GRPC, ("content-encoding", "gzip")], frame(0, message), Code::Unimplemented),
    ] {
        let (http, headers, _) = raw(proxy.address, TRACES, &headers, body).await;
        let status = Status::from_header_map(&headers).unwrap();
        assert_eq!((http, status.code()), (200, code), "{name}");
        let accepted = headers.get("grpc-accept-encoding").map(|value| value.to_str().unwrap());
        let expected = (code == Code::Unimplemented).then_some("identity,deflate,gzip,zstd");
        assert_eq!(accepted, expected, "{name}");
        match code {
            Code::Ok => assert!(proxy.only().body == message, "{name}: the body changed"),
            _ => assert!(proxy.taken().is_empty(), "{name}"),
        }
    }
}

#[tokio::test]
async fn other_kinds_of_grpc_are_an_unsupported_media_type() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    for content_type in ["application/grpc-web", "application/grpc-web+proto", "application/grpc+json"] {
        let headers = [("content-type", content_type)];
        assert_eq!(raw(proxy.address, TRACES, &headers, frame(0, b"")).await.0, 415, "{content_type}");
    }
}

#[tokio::test]
async fn otlp_http_goes_over_http2_as_well() {
    let proxy = Proxy::start(Answers::Accept, guarded()).await;
    let headers = [JSON, ("authorization", "Bearer one")];
    let (http, _, body) = raw(proxy.address, "/v1/logs", &headers, b"{}".to_vec()).await;
    assert_eq!((http, &body[..]), (200, &b"{}"[..]));
    let (http, headers, _) = raw(proxy.address, "/v1/logs", &[JSON], vec![b'x'; 200_000]).await;
    assert_eq!((http, headers.get("connection")), (401, None));
}

#[tokio::test]
async fn sizes_are_the_same_as_over_http() {
    let limits = Limits { wire_bytes: 300_000, inflated_bytes: 2 << 20, inflate_ratio: 50, ..limits() };
    let proxy = Proxy::start(Answers::Accept, Config { limits, ..config() }).await;
    let gzipped = [GRPC, ("grpc-encoding", "gzip")];
    for (name, headers, body, code) in [
        ("at the wire bound", &gzipped[..1], frame(0, &vec![0; 299_995]), Code::Ok),
        ("past the wire bound", &gzipped[..1], frame(0, &vec![0; 299_996]), Code::ResourceExhausted),
        ("under the free bytes", &gzipped[..], frame(1, &gzip(&vec![0; 1 << 20])), Code::Ok),
        ("past the ratio", &gzipped[..], frame(1, &gzip(&vec![0; (1 << 20) + 1])), Code::ResourceExhausted),
        ("a bomb", &gzipped[..], frame(1, &gzip_bomb(200 << 20)), Code::ResourceExhausted),
    ] {
        let (_, headers, _) = raw(proxy.address, LOGS, headers, body).await;
        let status = Status::from_header_map(&headers).unwrap();
        assert_eq!(status.code(), code, "{name}");
        assert!(status.get_details_retry_info().is_none(), "{name}: not worth a retry");
    }
}
