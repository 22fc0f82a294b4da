//! An entry as the lane keeps it: who sent it in the head, and the redacted request as the body.

use super::Entry;
use crate::lane::Item;
use crate::principal::Principal;
use crate::redact::Redacted;
use crate::signal::Signal;
use prost::Message;

/// What is kept of an entry besides the request. A field more does not make it unreadable.
#[derive(Clone, PartialEq, Message)]
struct Head {
    /// The name of the principal, if one was proven.
    #[prost(string, optional, tag = "1")]
    principal: Option<String>,
}

pub(super) fn encode(entry: &Entry) -> Item {
    let principal = entry.principal.name().map(str::to_owned);
    Item {
        head: Head { principal }.encode_to_vec().into(),
        body: entry.redacted.bytes().clone(),
        records: entry.records as u64,
    }
}

/// A head that cannot be read costs the name of the sender, not the telemetry.
pub(super) fn decode(item: &Item, signal: Signal) -> Entry {
    let head = Head::decode(item.head.clone()).unwrap_or_default();
    let principal = head.principal.map_or_else(Principal::anonymous, |name| Principal::named(&name));
    let records = usize::try_from(item.records).unwrap_or(usize::MAX);
    Entry { signal, principal, redacted: Redacted::read_back(item.body.clone()), records }
}
