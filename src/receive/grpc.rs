//! OTLP/gRPC: one unary call to one answer.
//!
//! The framing (five bytes) is read here rather than by tonic's server, so that inflating is one
//! function with one set of bounds for both doors. Status codes, their trailers and their details are
//! tonic's.
//!
//! `grpc-timeout` is not looked at: a call is over within the body timeout and what the line takes,
//! and a client that gave up has its request taken all the same, as over HTTP.

use super::answer::{Body, grpc_refusal, grpc_success};
use super::body::Wire;
use super::head;
use super::inflate::Compression;
use super::intake::{Incoming, Intake};
use super::refused::Refused;
use super::route::Route;
use crate::proxy::{Accepted, Encoding, Line};
use http::request::Parts;
use http::{Method, Response};
use std::sync::Arc;

/// Answers one call.
pub(super) async fn answer<L, B>(intake: &Arc<Intake<L>>, head: &Parts, body: B) -> Response<Body>
where
    L: Line,
    B: http_body::Body<Data: AsRef<[u8]>> + Unpin,
{
    match handle(intake, head, body).await {
        Ok(accepted) => grpc_success(accepted),
        Err(refused) => {
            intake.count(&refused);
            grpc_refusal(&refused)
        }
    }
}

async fn handle<L, B>(intake: &Arc<Intake<L>>, head: &Parts, body: B) -> Result<Accepted, Refused>
where
    L: Line,
    B: http_body::Body<Data: AsRef<[u8]>> + Unpin,
{
    let signal = match intake.routes.find(head.uri.path()) {
        Route::Grpc(signal) => signal,
        Route::Profiles => return Err(Refused::Profiles),
        Route::Http(_) | Route::Unknown => return Err(Refused::Service),
    };
    if head.method != Method::POST {
        return Err(Refused::Method);
    }
    let principal = intake.authenticate.authenticate(head)?;
    let encoding = head::grpc_encoding(&head.headers)?;
    let wire = intake.read(body).await?;
    let (compression, wire) = unframe(encoding, wire)?;
    intake.take(Incoming { principal, signal, encoding: Encoding::Protobuf, compression, wire }).await
}

/// Takes the one message out of its frame: a flag whether it is compressed, its length, and itself.
/// The flag decides: a client that speaks gzip may send a message plain.
fn unframe(encoding: Compression, mut wire: Wire) -> Result<(Compression, Wire), Refused> {
    let Some((&[flag, a, b, c, d], message)) = wire.bytes.split_first_chunk::<5>() else {
        return Err(Refused::Framing);
    };
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if message.len() != length {
        return Err(Refused::Framing);
    }
    let compression = match (flag, encoding) {
        (0, _) => Compression::Identity,
        (1, Compression::Identity) => return Err(Refused::Framing),
        (1, encoding) => encoding,
        _ => return Err(Refused::Framing),
    };
    wire.bytes = wire.bytes.slice(5..);
    Ok((compression, wire))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::budget::Budget;

    #[test]
    fn one_message_exactly() {
        use Compression::{Gzip, Identity};
        for (encoding, wire, expected) in [
            (Identity, &b"\0\0\0\0\0"[..], Some((Identity, &b""[..]))),
            (Identity, b"\0\0\0\0\x02ab", Some((Identity, b"ab"))),
            (Gzip, b"\0\0\0\0\x02ab", Some((Identity, b"ab"))),
            (Gzip, b"\x01\0\0\0\x02ab", Some((Gzip, b"ab"))),
            (Identity, b"\x01\0\0\0\x02ab", None),
            (Gzip, b"\x02\0\0\0\x02ab", None),
            (Identity, b"", None),
            (Identity, b"\0\0\0\0", None),
            (Identity, b"\0\0\0\0\x02a", None),
            (Identity, b"\0\0\0\0\x02abc", None),
            (Identity, b"\0\0\0\0\x01a\0\0\0\0\x01b", None),
            (Identity, b"\0\xff\xff\xff\xffab", None),
        ] {
            let bytes = bytes::Bytes::from_static(wire);
            let unframed = unframe(encoding, Wire { bytes, share: Budget::new(0).share() });
            let found = unframed.ok().map(|(compression, wire)| (compression, wire.bytes));
            let expected = expected.map(|(c, message)| (c, bytes::Bytes::from_static(message)));
            assert_eq!(found, expected, "{wire:?}");
        }
    }
}
