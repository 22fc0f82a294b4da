//! What the head of a request says about its body.

use super::inflate::Compression;
use super::refused::Refused;
use crate::proxy::Encoding;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

/// What a content type stands for. Parameters and case do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// OTLP/HTTP in this encoding.
    Otlp(Encoding),
    /// gRPC with protobuf messages.
    Grpc,
    /// gRPC-Web, gRPC with JSON messages, and the like.
    OtherGrpc,
    /// None at all, or one we do not take.
    Other,
}

/// The kind of a body.
pub(super) fn kind(headers: &HeaderMap) -> Kind {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-protobuf" | "application/protobuf" => Kind::Otlp(Encoding::Protobuf),
        "application/json" => Kind::Otlp(Encoding::Json),
        "application/grpc" | "application/grpc+proto" => Kind::Grpc,
        other if other.starts_with("application/grpc") => Kind::OtherGrpc,
        _ => Kind::Other,
    }
}

/// The one encoding of a body over HTTP. Lists are refused, whatever is in them.
pub(super) fn content_encoding(headers: &HeaderMap) -> Result<Compression, Refused> {
    one(headers, CONTENT_ENCODING.as_str())
}

/// The one encoding of a message over gRPC.
pub(super) fn grpc_encoding(headers: &HeaderMap) -> Result<Compression, Refused> {
    match content_encoding(headers)? {
        Compression::Identity => one(headers, "grpc-encoding"),
        _ => Err(Refused::ContentEncoding),
    }
}

fn one(headers: &HeaderMap, name: &str) -> Result<Compression, Refused> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(Compression::Identity) };
    let known = value.to_str().ok().and_then(|name| Compression::from_name(name.trim()));
    known.filter(|_| values.next().is_none()).ok_or(Refused::ContentEncoding)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn content_types_as_clients_write_them() {
        let (protobuf, json) = (Kind::Otlp(Encoding::Protobuf), Kind::Otlp(Encoding::Json));
        for (value, expected) in [
            ("application/x-protobuf", protobuf),
            ("application/protobuf", protobuf),
            ("Application/X-Protobuf", protobuf),
            ("application/json", json),
            ("application/json; charset=utf-8", json),
            ("application/json;charset=UTF-8", json),
            ("application/grpc", Kind::Grpc),
            ("application/grpc+proto", Kind::Grpc),
            ("application/grpc; x=y", Kind::Grpc),
            ("application/grpc+json", Kind::OtherGrpc),
            ("application/grpc-web", Kind::OtherGrpc),
            ("application/grpc-web+proto", Kind::OtherGrpc),
            ("application/x-ndjson", Kind::Other),
            ("text/plain", Kind::Other),
            ("", Kind::Other),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(kind(&headers), expected, "{value}");
        }
        assert_eq!(kind(&HeaderMap::new()), Kind::Other);
    }

    #[test]
    fn one_known_encoding_or_none() {
        for (values, expected) in [
            (&[][..], Some(Compression::Identity)),
            (&[""], Some(Compression::Identity)),
            (&["identity"], Some(Compression::Identity)),
            (&["gzip"], Some(Compression::Gzip)),
            (&["GZIP"], Some(Compression::Gzip)),
            (&["x-gzip"], Some(Compression::Gzip)),
            (&["deflate"], Some(Compression::Deflate)),
            (&["zstd"], Some(Compression::Zstd)),
            (&["br"], None),
            (&["snappy"], None),
            (&["gzip, gzip"], None),
            (&["gzip,identity"], None),
            (&["gzip", "gzip"], None),
            (&["identity", "gzip"], None),
        ] {
            let headers: HeaderMap =
                values.iter().map(|value| (CONTENT_ENCODING, value.parse().unwrap())).collect();
            assert_eq!(content_encoding(&headers).ok(), expected, "{values:?}");
        }
    }
}
