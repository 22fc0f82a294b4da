#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::redact::pretend;
use proptest::prelude::*;
use std::collections::VecDeque;
use tokio::time::Instant;

const NOW: Duration = Duration::ZERO;

fn entry(signal: Signal, bytes: &[u8]) -> Entry {
    let redacted = pretend(Bytes::copy_from_slice(bytes));
    Entry { signal, principal: Principal::named("ci"), redacted, records: 1 }
}

fn logs(bytes: &[u8]) -> Entry {
    entry(Signal::Logs, bytes)
}

fn queue(bound: usize, exporters: &[&str]) -> Queue {
    let exporters = exporters.iter().map(|&name| name.to_owned()).collect();
    Queue::open(&Config::in_memory(bound), exporters, Arc::new(Metrics::new().unwrap())).unwrap()
}

fn cost(bytes: usize) -> usize {
    bytes + limits::QUEUE_ENTRY_BYTES
}

fn joined(batch: &Batch) -> Vec<u8> {
    batch.entries().iter().flat_map(|entry| entry.redacted.bytes().to_vec()).collect()
}

/// What is there for a consumer now, without waiting.
async fn take(consumer: &mut Consumer, max_bytes: usize) -> Option<Batch> {
    let waits = consumer.reader.has_something();
    if waits { consumer.next(max_bytes, NOW).await } else { None }
}

#[tokio::test]
async fn the_bound_is_in_bytes_and_held_to() {
    let bound = cost(10) + cost(20);
    for (second, taken) in [(19, true), (20, true), (21, false)] {
        let queue = queue(bound, &["a"]);
        queue.push(logs(&[b'x'; 10])).await.unwrap();
        let full = PushError::Full { retry_after: limits::QUEUE_RETRY_AFTER };
        let expected = if taken { Ok(()) } else { Err(full) };
        assert_eq!(queue.push(logs(&vec![b'x'; second])).await, expected, "{second} bytes");
        let held = if taken { cost(10) + cost(second) } else { cost(10) };
        assert_eq!(queue.bytes(), held, "{second} bytes");
    }
}

#[tokio::test]
async fn an_entry_bigger_than_the_bound_is_taken_into_an_empty_queue_alone() {
    let queue = queue(100, &["a"]);
    queue.push(logs(&[b'x'; 1000])).await.unwrap();
    assert!(queue.push(logs(b"")).await.is_err());
    let mut consumer = queue.consumer("a", Signal::Logs).unwrap();
    let batch = take(&mut consumer, 10).await.unwrap();
    assert_eq!(batch.entries().len(), 1);
    consumer.ack(&batch);
    assert_eq!(queue.bytes(), 0);
    queue.push(logs(b"")).await.unwrap();
}

#[tokio::test]
async fn a_slow_exporter_holds_back_acceptance_and_not_delivery() {
    let queue = queue(cost(1) * 2, &["fast", "slow"]);
    let mut fast = queue.consumer("fast", Signal::Logs).unwrap();
    for byte in [b"1", b"2"] {
        queue.push(logs(byte)).await.unwrap();
        let batch = take(&mut fast, 100).await.unwrap();
        assert_eq!(joined(&batch), byte);
        fast.ack(&batch);
    }
    assert_eq!(queue.backlog("fast"), Backlog::default());
    assert_eq!(queue.backlog("slow"), Backlog { bytes: cost(1) * 2, records: 2 });
    assert!(matches!(queue.push(logs(b"3")).await, Err(PushError::Full { .. })));
    let mut slow = queue.consumer("slow", Signal::Logs).unwrap();
    let batch = take(&mut slow, 1).await.unwrap();
    slow.ack(&batch);
    queue.push(logs(b"3")).await.unwrap();
}

#[tokio::test]
async fn batches_hold_what_fits_and_at_least_one() {
    for (sizes, max_bytes, expected) in [
        (vec![3, 3, 3], 9, vec![3]),
        (vec![3, 3, 3], 8, vec![2, 1]),
        (vec![3, 3, 3], 2, vec![1, 1, 1]),
        (vec![9, 1, 1], 2, vec![1, 2]),
        (vec![0, 0, 0], 0, vec![3]),
    ] {
        let queue = queue(1 << 20, &["a"]);
        let mut consumer = queue.consumer("a", Signal::Logs).unwrap();
        for size in sizes.clone() {
            queue.push(logs(&vec![b'x'; size])).await.unwrap();
        }
        let mut counts = Vec::new();
        while let Some(batch) = take(&mut consumer, max_bytes).await {
            counts.push(batch.entries().len());
            consumer.ack(&batch);
        }
        assert_eq!(counts, expected, "{sizes:?} into {max_bytes}");
    }
}

#[tokio::test]
async fn what_is_not_acknowledged_is_given_again_also_to_a_successor() {
    let queue = queue(1 << 20, &["a"]);
    let mut consumer = queue.consumer("a", Signal::Logs).unwrap();
    queue.push(logs(b"1")).await.unwrap();
    let first = take(&mut consumer, 100).await.unwrap();
    queue.push(logs(b"2")).await.unwrap();
    assert_eq!(joined(&take(&mut consumer, 100).await.unwrap()), b"1", "the same batch, not a bigger one");
    drop(consumer);
    let mut successor = queue.consumer("a", Signal::Logs).unwrap();
    let again = take(&mut successor, 100).await.unwrap();
    assert_eq!(joined(&again), b"1");
    successor.ack(&again);
    successor.ack(&first);
    assert_eq!(
        joined(&take(&mut successor, 100).await.unwrap()),
        b"2",
        "a late acknowledgement skips nothing"
    );
}

#[tokio::test]
async fn one_reader_reads_in_one_name() {
    let queue = queue(1 << 20, &["a"]);
    assert!(queue.consumer("b", Signal::Logs).is_none());
    let held = queue.consumer("a", Signal::Logs);
    assert!(held.is_some());
    assert!(queue.consumer("a", Signal::Logs).is_none());
    assert!(queue.consumer("a", Signal::Traces).is_some());
    drop(held);
    assert!(queue.consumer("a", Signal::Logs).is_some());
}

#[tokio::test]
async fn without_exporters_nothing_is_held() {
    let queue = queue(10, &[]);
    for _ in 0..5 {
        queue.push(logs(b"x")).await.unwrap();
    }
    assert_eq!(queue.bytes(), 0);
}

#[tokio::test]
async fn entries_wait_for_company_only_so_long() {
    let queue = queue(1 << 20, &["a"]);
    let mut consumer = queue.consumer("a", Signal::Logs).unwrap();
    let linger = Duration::from_millis(60);
    let reader = tokio::spawn(async move {
        let begun = Instant::now();
        let batch = consumer.next(1000, linger).await.unwrap();
        (begun.elapsed(), joined(&batch))
    });
    for byte in [b"1", b"2", b"3"] {
        queue.push(logs(byte)).await.unwrap();
        tokio::task::yield_now().await;
    }
    let (waited, bytes) = reader.await.unwrap();
    assert_eq!(bytes, b"123");
    assert!(waited >= Duration::from_millis(50), "{waited:?}");
}

#[tokio::test]
async fn a_full_batch_and_a_closed_queue_do_not_linger() {
    let long = Duration::from_secs(3600);
    let queue = queue(1 << 20, &["a"]);
    let mut consumer = queue.consumer("a", Signal::Logs).unwrap();
    queue.push(logs(&[b'x'; 50])).await.unwrap();
    let batch = consumer.next(50, long).await.unwrap();
    consumer.ack(&batch);
    queue.push(logs(b"last")).await.unwrap();
    let reader = tokio::spawn(async move {
        let last = consumer.next(1 << 20, long).await.unwrap();
        let bytes = joined(&last);
        consumer.ack(&last);
        (bytes, consumer.next(1 << 20, long).await.is_none())
    });
    tokio::task::yield_now().await;
    queue.close();
    assert_eq!(queue.push(logs(b"late")).await, Err(PushError::Closed));
    assert_eq!(reader.await.unwrap(), (b"last".to_vec(), true));
    assert_eq!(queue.bytes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_readers_each_see_everything_in_order() {
    const COUNT: u32 = 2000;
    let queue = queue(cost(4) * 50, &["a", "b", "c"]);
    let readers: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            let mut consumer = queue.consumer(name, Signal::Logs).unwrap();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while let Some(batch) = consumer.next(4 << i, Duration::from_micros(i as u64 * 50)).await {
                    seen.extend(joined(&batch));
                    tokio::task::yield_now().await;
                    consumer.ack(&batch);
                }
                seen
            })
        })
        .collect();
    for number in 0..COUNT {
        while queue.push(logs(&number.to_be_bytes())).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
    queue.close();
    let expected: Vec<u8> = (0..COUNT).flat_map(u32::to_be_bytes).collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), expected);
    }
    assert_eq!(queue.bytes(), 0);
    assert_eq!(queue.bytes(), 0);
}

#[derive(Debug, Clone)]
enum Step {
    Push { signal: usize, size: usize },
    Take { exporter: usize, signal: usize, max_bytes: usize },
    Ack { exporter: usize, signal: usize },
    Replace { exporter: usize, signal: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, 0..40_usize).prop_map(|(signal, size)| Step::Push { signal, size }),
        3 => (0..3_usize, 0..3_usize, 0..100_usize)
            .prop_map(|(exporter, signal, max_bytes)| Step::Take { exporter, signal, max_bytes }),
        3 => (0..3_usize, 0..3_usize).prop_map(|(exporter, signal)| Step::Ack { exporter, signal }),
        1 => (0..3_usize, 0..3_usize).prop_map(|(exporter, signal)| Step::Replace { exporter, signal }),
    ]
}

const NAMES: [&str; 3] = ["a", "b", "c"];

/// A queue, and beside it what each exporter should get, as a list of entries for each signal.
struct Model {
    queue: Queue,
    number: u32,
    owed: Vec<VecDeque<Vec<u8>>>,
    consumers: Vec<Option<Consumer>>,
    out: Vec<Option<Batch>>,
}

impl Model {
    fn new(bound: usize) -> Self {
        let queue = queue(bound, &NAMES);
        let lanes = NAMES.iter().flat_map(|&name| Signal::ALL.map(|signal| (name, signal)));
        let consumers = lanes.map(|(name, signal)| queue.consumer(name, signal)).collect();
        let out = (0..9).map(|_| None).collect();
        Self { queue, number: 0, owed: vec![VecDeque::new(); 9], consumers, out }
    }

    async fn push(&mut self, signal: usize, size: usize) {
        self.number += 1;
        let mut bytes = self.number.to_be_bytes().to_vec();
        bytes.resize(bytes.len() + size, b'x');
        if self.queue.push(entry(Signal::ALL[signal], &bytes)).await.is_ok() {
            (0..3).for_each(|exporter| self.owed[exporter * 3 + signal].push_back(bytes.clone()));
        }
    }

    async fn take(&mut self, at: usize, max_bytes: usize) {
        self.out[at] = take(self.consumers[at].as_mut().unwrap(), max_bytes).await.or(self.out[at].take());
    }

    fn ack(&mut self, at: usize) {
        let Some(batch) = self.out[at].take() else { return };
        for entry in batch.entries() {
            assert_eq!(&self.owed[at].pop_front().unwrap(), entry.redacted.bytes());
        }
        self.consumers[at].as_mut().unwrap().ack(&batch);
    }

    fn replace(&mut self, at: usize) {
        self.consumers[at] = None;
        self.out[at] = None;
        self.consumers[at] = self.queue.consumer(NAMES[at / 3], Signal::ALL[at % 3]);
    }

    /// Bytes of what some exporter is owed, each entry once.
    fn held(&self) -> usize {
        let longest = |signal: usize| (0..3).map(move |exporter| exporter * 3 + signal);
        (0..3)
            .filter_map(|signal| longest(signal).map(|at| &self.owed[at]).max_by_key(|owed| owed.len()))
            .flatten()
            .map(|bytes| cost(bytes.len()))
            .sum()
    }

    fn check(&self, bound: usize) {
        assert_eq!(self.queue.bytes(), self.held());
        assert!(self.queue.bytes() <= bound);
        for (exporter, name) in NAMES.into_iter().enumerate() {
            let owed = self.owed[exporter * 3..exporter * 3 + 3].iter().flatten();
            let (bytes, records) = owed.fold((0, 0), |(b, r), entry| (b + cost(entry.len()), r + 1));
            assert_eq!(self.queue.backlog(name), Backlog { bytes, records });
        }
    }
}

async fn check_steps(steps: Vec<Step>) {
    let bound = 2000;
    let mut model = Model::new(bound);
    for step in steps {
        match step {
            Step::Push { signal, size } => model.push(signal, size).await,
            Step::Take { exporter, signal, max_bytes } => model.take(exporter * 3 + signal, max_bytes).await,
            Step::Ack { exporter, signal } => model.ack(exporter * 3 + signal),
            Step::Replace { exporter, signal } => model.replace(exporter * 3 + signal),
        }
        model.check(bound);
    }
    model.queue.close();
    for at in 0..9 {
        while !model.owed[at].is_empty() {
            model.take(at, 1000).await;
            model.ack(at);
        }
        assert!(take(model.consumers[at].as_mut().unwrap(), 1000).await.is_none());
    }
    assert_eq!(model.queue.bytes(), 0);
}

proptest! {
    #[test]
    fn every_accepted_entry_reaches_each_exporter_once_and_in_order(
        steps in prop::collection::vec(step(), 0..100),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check_steps(steps));
    }
}
