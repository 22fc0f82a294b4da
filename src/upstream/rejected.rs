//! What an OTLP backend says in a success (<https://opentelemetry.io/docs/specs/otlp/#partial-success-1>).

use prost::Message;

/// What all three `ExportXServiceResponse` messages have in common. The error message of a partial
/// success (field 2) is not here: it may quote what was sent, and what is not read cannot be logged.
#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
}

/// How many records were rejected, by the body of a success; none, if it is no protobuf.
pub(crate) fn rejected(bytes: &[u8]) -> u64 {
    let partial = ExportResponse::decode(bytes).ok().and_then(|response| response.partial_success);
    partial.map_or(0, |partial| u64::try_from(partial.rejected).unwrap_or(0))
}
