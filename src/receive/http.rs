//! OTLP/HTTP: one request to one answer.
//!
//! The order of the checks is part of the promise: where, how, who, what, and only then the body. A
//! sender nobody knows cannot make us read or inflate a byte.

use super::answer::{Body, http_no_content, http_refusal, http_success};
use super::head::{self, Kind};
use super::intake::{Incoming, Intake};
use super::refused::Refused;
use super::route::Route;
use crate::proxy::{Accepted, Encoding, Line};
use crate::signal::Signal;
use http::request::Parts;
use http::{Method, Response, Version};
use std::sync::Arc;

/// Answers one request.
pub(super) async fn answer<L, B>(intake: &Arc<Intake<L>>, head: &Parts, body: B) -> Response<Body>
where
    L: Line,
    B: http_body::Body<Data: AsRef<[u8]>> + Unpin,
{
    let has_body = !body.is_end_stream();
    let allowed = intake.cors.allowed(&head.headers);
    let mut response = match handle(intake, head, body).await {
        Ok(Handled::Preflight) => http_no_content(),
        Ok(Handled::Export(signal, encoding, accepted)) => http_success(signal, encoding, accepted),
        Err(refused) => {
            intake.count(&refused);
            let close = has_body && refused.is_before_body() && head.version != Version::HTTP_2;
            http_refusal(answer_encoding(head), &refused, close)
        }
    };
    match allowed {
        Some(allowed) if head.method == Method::OPTIONS => {
            allowed.preflight(&head.headers, response.headers_mut());
        }
        Some(allowed) => allowed.expose(response.headers_mut()),
        None => {}
    }
    response
}

enum Handled {
    Preflight,
    Export(Signal, Encoding, Accepted),
}

async fn handle<L, B>(intake: &Arc<Intake<L>>, head: &Parts, body: B) -> Result<Handled, Refused>
where
    L: Line,
    B: http_body::Body<Data: AsRef<[u8]>> + Unpin,
{
    let signal = match intake.routes.find(head.uri.path()) {
        Route::Http(signal) => signal,
        Route::Grpc(_) if head::kind(&head.headers) == Kind::Grpc => return Err(Refused::GrpcVersion),
        Route::Grpc(_) => return Err(Refused::GrpcContentType),
        Route::Profiles => return Err(Refused::Profiles),
        Route::Unknown => return Err(intake.routes.missed()),
    };
    match head.method {
        Method::POST => {}
        Method::OPTIONS if intake.cors.allowed(&head.headers).is_some() => return Ok(Handled::Preflight),
        Method::OPTIONS => return Err(Refused::Origin),
        _ => return Err(Refused::Method),
    }
    let principal = intake.authenticate.authenticate(head)?;
    let encoding = body_encoding(head)?;
    let compression = head::content_encoding(&head.headers)?;
    let wire = intake.read(body).await?;
    let accepted = intake.take(Incoming { principal, signal, encoding, compression, wire }).await?;
    Ok(Handled::Export(signal, encoding, accepted))
}

fn body_encoding(head: &Parts) -> Result<Encoding, Refused> {
    match head::kind(&head.headers) {
        Kind::Otlp(encoding) => Ok(encoding),
        Kind::Grpc if head.version == Version::HTTP_2 => Err(Refused::GrpcContentType),
        Kind::Grpc => Err(Refused::GrpcVersion),
        Kind::OtherGrpc => Err(Refused::GrpcContentType),
        Kind::Other => Err(Refused::ContentType),
    }
}

/// JSON for whoever did not say: it can be read.
fn answer_encoding(head: &Parts) -> Encoding {
    match head::kind(&head.headers) {
        Kind::Otlp(encoding) => encoding,
        _ => Encoding::Json,
    }
}
