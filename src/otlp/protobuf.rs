//! Reading protobuf.

use super::{DecodeError, Payload};
use crate::signal::Signal;

pub(super) fn decode(signal: Signal, bytes: &[u8]) -> Result<Payload, DecodeError> {
    let _ = (signal, bytes);
    Err(DecodeError::Protobuf)
}
