//! Reading protobuf: a look at the wire ([`wire`]), then prost, then what the schema does not say
//! ([`settle`]: ids have their length).
//!
//! Bias: what is not surely a request of this signal is refused. Protobuf names nothing, so bytes of
//! another signal can decode: they do so with unknown fields, ids of impossible lengths, or nothing
//! in them, and each of these is an error. Unknown fields beside known ones are dropped by prost and
//! so not forwarded; a string that is not UTF-8 is an error there.
//!
//! Considered and not done: keeping unknown fields, since nothing could say what is content in them.

mod settle;
mod wire;

pub(super) use settle::Settle;

use super::tree::with_resources;
use super::{DecodeError, Payload, Request};
use crate::signal::Signal;
use prost::Message;

pub(super) fn decode(signal: Signal, bytes: &[u8]) -> Result<Payload, DecodeError> {
    read(signal, bytes).map_err(|error| match error {
        DecodeError::TooDeep => error,
        _ => other_signal(signal, bytes).unwrap_or(error),
    })
}

fn read(signal: Signal, bytes: &[u8]) -> Result<Payload, DecodeError> {
    wire::inspect(signal, bytes)?;
    let mut payload = Payload(parse(signal, bytes).map_err(|_| DecodeError::Protobuf)?);
    with_resources!(&mut payload.0, resources => settle::request(resources))?;
    // Without a record, what was not understood was all there was.
    if payload.records() == 0 && payload.protobuf_len() < bytes.len() {
        return Err(DecodeError::NothingUnderstood);
    }
    Ok(payload)
}

fn parse(signal: Signal, bytes: &[u8]) -> Result<Request, prost::DecodeError> {
    Ok(match signal {
        Signal::Traces => Request::Traces(Message::decode(bytes)?),
        Signal::Metrics => Request::Metrics(Message::decode(bytes)?),
        Signal::Logs => Request::Logs(Message::decode(bytes)?),
    })
}

/// The other signal of which these bytes are a request, if they have records as that, and nearly all
/// of them is understood.
fn other_signal(signal: Signal, bytes: &[u8]) -> Option<DecodeError> {
    let understood = |found: &Signal| {
        read(*found, bytes).is_ok_and(|payload| {
            payload.records() > 0 && payload.protobuf_len() >= bytes.len() - bytes.len() / 10
        })
    };
    let others = Signal::ALL.into_iter().filter(|other| *other != signal);
    others.into_iter().find(understood).map(|found| DecodeError::OtherSignal { found })
}

#[cfg(test)]
#[path = "protobuf/tests.rs"]
mod tests;
