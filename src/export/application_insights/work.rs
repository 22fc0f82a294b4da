//! One request of the queue on its way out as many: what of it is sent, and what is not yet.
//!
//! Items are made as they are sent, a chunk at a time: a resource is told again in each, so that all of them together
//! may be a thousand times what was received.

use super::envelope::Envelope;
use super::map::{Mapper, seeds};
use crate::limits;
use crate::otlp::Payload;
use crate::redact::Redacted;
use crate::signal::Signal;
use bytes::Bytes;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Times items are sent to a service that does not say what became of them: each may be there once more.
const UNCLEAR_TRIES: usize = 3;

/// What is left to send of one request.
pub(super) struct Work {
    /// The request: held, so that no other can stand at its address.
    of: Bytes,
    payload: Arc<Redacted<Payload>>,
    /// Seeds that items were made of.
    made: usize,
    /// Items that are not settled, in order.
    pub(super) items: Vec<Item>,
    /// Items to send at once.
    pub(super) at_once: usize,
    /// Records of which an item was refused for good.
    pub(super) refused: BTreeSet<usize>,
    /// Answers in a row that did not account for all items.
    unclear: usize,
    /// Whether anything of it was taken.
    pub(super) taken: bool,
    /// Why all of a chunk was refused, if one was.
    pub(super) never: Option<u16>,
}

/// One item on its way.
pub(super) struct Item {
    /// The number of its record in the payload.
    pub(super) record: usize,
    envelope: Envelope,
    line: Vec<u8>,
}

/// Items, how many seeds they were made of, and how many texts were cut.
struct Chunk {
    items: Vec<Item>,
    seeds: usize,
    cut: usize,
}

impl Work {
    /// Decodes: for a thread that may block. `None`: it cannot be decoded.
    pub(super) fn new(signal: Signal, redacted: &Redacted<Bytes>) -> Option<Self> {
        Some(Self {
            of: redacted.bytes().clone(),
            payload: Arc::new(redacted.decode(signal).ok()?),
            made: 0,
            items: Vec::new(),
            at_once: limits::TRACK_ITEMS,
            refused: BTreeSet::new(),
            unclear: 0,
            taken: false,
            never: None,
        })
    }

    /// Whether it is what is left of this request.
    pub(super) fn is_of(&self, request: &Redacted<Bytes>) -> bool {
        let bytes = request.bytes();
        std::ptr::eq(self.of.as_ptr(), bytes.as_ptr()) && self.of.len() == bytes.len()
    }

    /// Makes the next items, of so many bytes together. How many texts of them were cut; `None`: a panic.
    pub(super) async fn fill(&mut self, key: &Arc<str>, bytes: usize) -> Option<usize> {
        let (payload, made, key) = (Arc::clone(&self.payload), self.made, Arc::clone(key));
        let make = move || {
            let mapper = Mapper { key, now: Timestamp::now() };
            chunk(payload.inner(), made, &mapper, bytes)
        };
        let Chunk { items, seeds, cut } = tokio::task::spawn_blocking(make).await.ok()?;
        self.items = items;
        self.made += seeds;
        Some(cut)
    }

    /// Gives items that have waited too long the time of sending: they may have been made days ago. How many texts of
    /// them were cut to make room for their own.
    pub(super) fn retime(&mut self, now: Timestamp) -> usize {
        self.items.iter_mut().map(|item| item.retime(now)).sum()
    }

    /// How many items to send next: as many as take so many bytes, and one at least.
    pub(super) fn next(&self, bytes: usize) -> usize {
        let mut room = bytes;
        let fits = |item: &&Item| match room.checked_sub(item.line.len() + 1) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        };
        self.items.iter().take(self.at_once).take_while(fits).count().max(1)
    }

    /// The next so many items as a body.
    pub(super) fn body(&self, items: usize) -> Bytes {
        let lines = self.items.iter().take(items).map(|item| item.line.as_slice());
        Bytes::from(lines.collect::<Vec<_>>().join(&b'\n'))
    }

    /// The first of the items will never be taken.
    pub(super) fn give_up_first(&mut self) {
        if !self.items.is_empty() {
            self.refused.insert(self.items.remove(0).record);
        }
    }

    /// An answer did not account for the first so many items. `true`: it was the last try, they count as refused.
    pub(super) fn give_up_unclear(&mut self, sent: usize) -> bool {
        self.unclear += 1;
        let last = self.unclear >= UNCLEAR_TRIES;
        if last {
            self.settle(sent, &BTreeSet::new(), &(0..sent).collect());
        }
        last
    }

    /// Of the first so many items, those with these indexes stay; the others are settled, and those refused for good
    /// noted.
    pub(super) fn settle(&mut self, sent: usize, stay: &BTreeSet<usize>, refused: &BTreeSet<usize>) {
        self.taken |= stay.len() + refused.len() < sent;
        self.unclear = 0;
        let mut index = 0;
        let noted = &mut self.refused;
        self.items.retain(|item| {
            let at = index;
            index += 1;
            if at < sent && refused.contains(&at) {
                noted.insert(item.record);
            }
            at >= sent || stay.contains(&at)
        });
    }
}

impl Item {
    fn retime(&mut self, now: Timestamp) -> usize {
        let before = self.envelope.cuts();
        if self.envelope.retime(now) {
            self.envelope.fit(limits::TRACK_ITEM);
            self.line = self.envelope.line();
        }
        self.envelope.cuts() - before
    }

    /// Makes it half as large. `None`: it is as small as it gets; else how many texts were cut.
    pub(super) fn halve(&mut self) -> Option<usize> {
        let before = self.envelope.cuts();
        let fits = self.envelope.fit(self.line.len() / 2);
        self.line = self.envelope.line();
        let cut = self.envelope.cuts() - before;
        (fits || cut > 0).then_some(cut)
    }
}

/// The items of the seeds behind the first `made`, until there are enough.
fn chunk(payload: &Payload, made: usize, mapper: &Mapper, bytes: usize) -> Chunk {
    let mut chunk = Chunk { items: Vec::new(), seeds: 0, cut: 0 };
    let mut room = bytes;
    for seed in seeds(payload).skip(made) {
        let items: Vec<Item> = mapper
            .items(&seed)
            .into_iter()
            .map(|envelope| item(seed.record, envelope, &mut chunk.cut))
            .collect();
        let length: usize = items.iter().map(|item| item.line.len() + 1).sum();
        let full = length > room || chunk.items.len() + items.len() > limits::TRACK_ITEMS;
        if full && !chunk.items.is_empty() {
            break;
        }
        room = room.saturating_sub(length);
        chunk.items.extend(items);
        chunk.seeds += 1;
    }
    chunk
}

fn item(record: usize, mut envelope: Envelope, cut: &mut usize) -> Item {
    // One that cannot be made to fit is for the service to refuse, and then counted.
    envelope.fit(limits::TRACK_ITEM);
    *cut += envelope.cuts();
    let line = envelope.line();
    Item { record, envelope, line }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::redact::pretend;
    use serde_json::{Value, json};

    /// Records that say their number, under a resource of so many bytes.
    fn request(records: usize, resource: usize) -> Redacted<Bytes> {
        let attribute = json!({"key": "r", "value": {"stringValue": "x".repeat(resource)}});
        let logs: Vec<_> = (0..records).map(|number| json!({"body": {"intValue": number}})).collect();
        let logs = json!({"resource": {"attributes": [attribute]}, "scopeLogs": [{"logRecords": logs}]});
        let request = json!({ "resourceLogs": [logs] }).to_string();
        pretend(Payload::from_json(Signal::Logs, request.as_bytes()).unwrap()).to_protobuf()
    }

    fn messages(body: &[u8]) -> Vec<String> {
        let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let message =
            |line| serde_json::from_slice::<Value>(line).unwrap()["data"]["baseData"]["message"].to_string();
        lines.map(message).collect()
    }

    #[tokio::test]
    async fn items_are_made_a_chunk_at_a_time_and_all_of_them_once() {
        for (records, resource, bytes) in
            [(3000, 10, 1 << 20), (3000, 10, 100_000), (50, 5000, 64 << 10), (1, 8000, 10)]
        {
            let mut work = Work::new(Signal::Logs, &request(records, resource)).unwrap();
            let mut told = Vec::new();
            loop {
                assert_eq!(work.fill(&"key".into(), bytes).await, Some(0));
                if work.items.is_empty() {
                    break;
                }
                let all = work.items.len();
                let body = work.body(all);
                assert!(
                    all <= limits::TRACK_ITEMS && (body.len() <= bytes || all == 1),
                    "{all} {}",
                    body.len()
                );
                assert_eq!(work.next(bytes), all);
                told.extend(messages(&body));
                work.settle(all, &BTreeSet::new(), &BTreeSet::new());
            }
            let expected: Vec<_> = (0..records).map(|number| format!("\"{number}\"")).collect();
            assert_eq!(told, expected, "{records} {resource} {bytes}");
        }
    }

    #[tokio::test]
    async fn what_is_settled_goes_and_what_is_refused_is_noted_by_its_record() {
        let mut work = Work::new(Signal::Logs, &request(6, 1)).unwrap();
        work.fill(&"key".into(), 1 << 20).await;
        work.at_once = 4;
        assert_eq!((work.next(1 << 20), work.next(1)), (4, 1));
        work.settle(4, &BTreeSet::from([1, 3]), &BTreeSet::from([0]));
        assert_eq!(messages(&work.body(9)), ["\"1\"", "\"3\"", "\"4\"", "\"5\""]);
        assert_eq!((work.refused.clone(), work.taken), (BTreeSet::from([0]), true));
        work.settle(1, &BTreeSet::new(), &BTreeSet::from([0]));
        work.give_up_first();
        assert_eq!((work.refused.clone(), work.items.len()), (BTreeSet::from([0, 1, 3]), 2));
    }

    #[tokio::test]
    async fn what_waits_longer_than_the_service_takes_is_sent_with_the_time_of_sending() {
        let now = Timestamp::now();
        let at = |hours| (now - jiff::SignedDuration::from_hours(hours)).as_nanosecond().to_string();
        let logs = json!([{"timeUnixNano": at(1)}, {"timeUnixNano": at(40)}, {}]);
        let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": logs}]}]}).to_string();
        let request = pretend(Payload::from_json(Signal::Logs, request.as_bytes()).unwrap()).to_protobuf();
        let mut work = Work::new(Signal::Logs, &request).unwrap();
        work.fill(&"key".into(), 1 << 20).await;
        for (waited, fresh, told) in
            [(0, 0, 0), (6, 0, 0), (8, 1, 1), (9, 1, 1), (48, 3, 2), (60, 3, 2), (100, 3, 2)]
        {
            let later = now + jiff::SignedDuration::from_hours(waited);
            assert_eq!(work.retime(later), 0);
            let body = String::from_utf8(work.body(9).to_vec()).unwrap();
            let items: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let time = |item: &Value| item["time"].as_str().unwrap().parse::<Timestamp>().unwrap();
            let oldest = later - jiff::SignedDuration::from_hours(48);
            assert!(items.len() == 3 && items.iter().all(|item| time(item) >= oldest), "{waited} {body}");
            let own = |item: &Value| item["data"]["baseData"]["properties"]["otel.time"].is_string();
            assert_eq!(items.iter().filter(|item| own(item)).count(), told, "{waited} {body}");
            let moved = items.iter().filter(|item| time(item) > now + jiff::SignedDuration::from_mins(1));
            assert_eq!(moved.count(), fresh, "{waited} {body}");
        }
    }

    #[tokio::test]
    async fn what_nobody_accounts_for_is_tried_a_few_times_and_then_counted() {
        let mut work = Work::new(Signal::Logs, &request(5, 1)).unwrap();
        work.fill(&"key".into(), 1 << 20).await;
        assert!(!work.give_up_unclear(2) && !work.give_up_unclear(2) && work.items.len() == 5);
        work.settle(1, &BTreeSet::new(), &BTreeSet::new());
        assert!(!work.give_up_unclear(2) && !work.give_up_unclear(2), "counted in a row");
        assert!(work.give_up_unclear(2) && !work.give_up_unclear(2));
        assert_eq!((work.refused.clone(), messages(&work.body(9)).len()), (BTreeSet::from([1, 2]), 2));
    }

    #[test]
    fn a_request_is_known_again_and_no_other_taken_for_it() {
        let request = request(1, 1);
        let work = Work::new(Signal::Logs, &request).unwrap();
        let same_bytes = pretend(Bytes::copy_from_slice(request.bytes()));
        assert!(work.is_of(&request.clone()) && !work.is_of(&same_bytes));
        assert!(Work::new(Signal::Logs, &pretend(Bytes::from_static(b"\xff\xff"))).is_none());
    }
}
