//! Making an entry smaller that an upstream finds too large. What it is made of was redacted, and stays so.

use crate::queue::Entry;

/// An entry made smaller.
pub(super) enum Smaller {
    /// Two of half the records, in order.
    Halves([Entry; 2]),
    /// The same record with so many contents cut: about half as large.
    Trimmed(Entry, usize),
    /// It is as small as it gets.
    Never,
}

/// Decodes, and encodes again: for a thread that may block.
pub(super) fn smaller(entry: &Entry) -> Smaller {
    let Ok(payload) = entry.redacted.decode(entry.signal) else { return Smaller::Never };
    let with = |payload: &crate::redact::Redacted<crate::otlp::Payload>| Entry {
        redacted: payload.to_protobuf(),
        records: payload.inner().records(),
        ..entry.clone()
    };
    match payload.split() {
        Ok((first, second)) => Smaller::Halves([with(&first), with(&second)]),
        Err(mut one) => match one.trim(entry.redacted.bytes().len() / 2) {
            0 => Smaller::Never,
            values => Smaller::Trimmed(with(&one), values),
        },
    }
}
