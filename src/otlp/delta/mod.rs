//! Cumulative metrics as deltas: each point as what came since the one before it.
//!
//! What is turned: monotonic sums, histograms and exponential histograms of cumulative temporality. What is
//! left as it is: gauges, summaries, sums that may fall (their cumulative value is the value), and what is of
//! delta temporality, or of none, already.
//!
//! **A stream** is what its points have in common: resource, scope, name, unit, kind and attributes, in whatever
//! order attributes stand ([`identity`]). **A sequence** is the points of a stream with one start time. A stream
//! may have several at once: two processes of an agent that say the same of themselves are told apart by when
//! they began, and neither is taken for a reset of the other.
//!
//! | a point of | becomes |
//! |---|---|
//! | a known sequence, later than its last | the difference, from the last time to its own |
//! | the same, and less than the last (in any bucket): the sender began again and did not say so | itself, from the last time: as much is known to have come since |
//! | the same, but it does not say when it began (a start of zero) | nothing, counted: it may be of another process, and is remembered beside the last |
//! | a known sequence, not later | nothing, counted: it came out of order, or twice |
//! | a new sequence that began within our lifetime, or at the last point we know of the stream or after it: a reset | itself, with its own start |
//! | a new sequence that began before, or does not say when: has no start, or one that is its time | nothing, counted: what it grew by before we looked is not ours to tell. It is what the next is measured by |
//! | any, without a value, with one that is no number, or before its start | nothing, counted |
//!
//! That is the data model's advice (<https://opentelemetry.io/docs/specs/otel/metrics/data-model/#cumulative-streams>)
//! with one choice made: where it is not known what a value contains, too little is told, never too much. A
//! gap between two points of a sequence is bridged by the difference; between a sequence and its reset it stays a
//! gap. A reset from before our lifetime is told by when the points of its stream were taken, so these have to come
//! in order: of a process that was told of before we began, and whose stream then comes with a point from before that
//! process, the first point is told again.
//!
//! **An unknown start**
//! (<https://opentelemetry.io/docs/specs/otel/metrics/data-model/#cumulative-streams-handling-unknown-start-time>)
//! leaves a reset and a second process alike. So of points that have none several are remembered, each less than
//! those before, up to [`limits::DELTA_UNKNOWN`], and a point is measured by the greatest that is not more than it. Of
//! processes that take turns that tells what all of them grew by, or less. What nobody can know is whether a point
//! that is more than another is of a process that was not there before, or not for [`limits::DELTA_AGE`]: it is told
//! as what came since the other, once.
//!
//! **Histograms.** Buckets, count and sum are subtracted; the extremes of an interval cannot be known from those
//! of a lifetime, and are left out. Explicit bounds that changed leave a point with count and sum alone, once.
//! Exponential ones are brought to the coarser scale and the wider zero first ([`exponential`]).
//!
//! **Bounded** by [`limits::DELTA_BYTES`], [`limits::DELTA_SEQUENCES`] and [`limits::DELTA_AGE`]. What was forgotten
//! and comes again must not be sent whole: for its stream our lifetime counts from the start of the latest sequence
//! that was forgotten of it; for a stream of which nothing is left, from the latest of any such stream.
//!
//! **Senders' clocks** say when a sequence began, ours when we did. A sender whose clock is ahead may have begun
//! a little before us and be told whole, once; one whose clock is behind loses its first interval.
//!
//! No clock, no disk: who calls says what time it is, calls once for each request in the order they came, and
//! keeps what comes out until it is delivered.

mod exponential;
mod identity;
mod point;
mod state;
#[cfg(test)]
mod tests;

use super::{Payload, Request};
use crate::limits;
use identity::Identity;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, ResourceMetrics, metric::Data,
};
use point::{Cumulative, Minus};
use siphasher::sip128::SipHasher13;
use state::{Sequence, Streams};
use std::ops::AddAssign;
use std::time::{SystemTime, UNIX_EPOCH};

/// The flag of a point that says that there is no value.
const NO_RECORDED_VALUE: u32 = 1;

/// What is remembered of every stream.
pub struct Delta {
    keyed: SipHasher13,
    streams: Streams,
}

/// What became of cumulative points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turned {
    /// Sent on as deltas.
    pub deltas: u64,
    /// Kept to measure the next by.
    pub first: u64,
    /// Dropped: not later than the last of their sequence.
    pub old: u64,
    /// Dropped: without a value, with one that is no number, or before their start.
    pub unusable: u64,
    /// Sequences that were forgotten for want of room or because nothing came of them for long.
    pub forgotten: u64,
}

impl AddAssign for Turned {
    fn add_assign(&mut self, more: Self) {
        self.deltas += more.deltas;
        self.first += more.first;
        self.old += more.old;
        self.unusable += more.unusable;
        self.forgotten += more.forgotten;
    }
}

enum Fate {
    Delta,
    First,
    Old,
    Unusable,
}

impl Delta {
    /// Remembers nothing yet. What began after `since` is sent whole; nothing of it may have been delivered
    /// before. Streams are told apart by a digest under the key, so that nobody can make two meet.
    #[must_use]
    pub fn new(key: [u8; 16], since: SystemTime) -> Self {
        Self { keyed: SipHasher13::new_with_key(&key), streams: Streams::new(nanos(since)) }
    }

    /// Bytes of what is remembered.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.streams.bytes()
    }

    fn metric(&mut self, metric: &mut Metric, of: &Identity, now: u64) -> Turned {
        const FROM: i32 = AggregationTemporality::Cumulative as i32;
        const TO: i32 = AggregationTemporality::Delta as i32;
        let of = of.metric(metric);
        match &mut metric.data {
            Some(Data::Sum(sum)) if sum.aggregation_temporality == FROM && sum.is_monotonic => {
                sum.aggregation_temporality = TO;
                self.points(&mut sum.data_points, &of, now)
            }
            Some(Data::Histogram(histogram)) if histogram.aggregation_temporality == FROM => {
                histogram.aggregation_temporality = TO;
                self.points(&mut histogram.data_points, &of, now)
            }
            Some(Data::ExponentialHistogram(histogram)) if histogram.aggregation_temporality == FROM => {
                histogram.aggregation_temporality = TO;
                self.points(&mut histogram.data_points, &of, now)
            }
            _ => Turned::default(),
        }
    }

    fn points<P: Cumulative>(&mut self, points: &mut Vec<P>, of: &Identity, now: u64) -> Turned {
        let mut turned = Turned::default();
        points.retain_mut(|point| {
            let fate = self.point(of.point(point.attributes()), point, now);
            *match fate {
                Fate::Delta => &mut turned.deltas,
                Fate::First => &mut turned.first,
                Fate::Old => &mut turned.old,
                Fate::Unusable => &mut turned.unusable,
            } += 1;
            matches!(fate, Fate::Delta)
        });
        turned
    }

    /// Makes a delta of a point, and remembers the point.
    fn point<P: Cumulative>(&mut self, stream: u128, point: &mut P, now: u64) -> Fate {
        let (start, time, flags) = point.times();
        let sound = time > 0 && start <= time && flags & NO_RECORDED_VALUE == 0;
        let Some(value) = point.value().filter(|_| sound) else { return Fate::Unusable };
        let last = Sequence { start, time, value, seen: now };
        let known = self.streams.sequences(stream, start);
        if known.is_empty() {
            return self.first(stream, last, now);
        }
        if known.iter().any(|known| time <= known.time) {
            known.iter_mut().for_each(|known| known.seen = now);
            return Fate::Old;
        }
        let Some((at, from, minus)) = measure(point, known) else {
            // Without room for it nothing is told of it; in the place of another it would make that one too much.
            if known.len() < limits::DELTA_UNKNOWN {
                self.streams.insert(stream, last, now);
            }
            return Fate::First;
        };
        point.begin(from);
        self.streams.replace(stream, at, last);
        match minus {
            // A reset without a new start has come to this since.
            Minus::Done | Minus::Less => Fate::Delta,
            Minus::Unlike => Fate::First,
        }
    }

    /// Remembers the first point of a sequence.
    fn first(&mut self, stream: u128, point: Sequence, now: u64) -> Fate {
        let whole = point.start < point.time && self.streams.began_here(stream, point.start);
        self.streams.insert(stream, point, now);
        if whole { Fate::Delta } else { Fate::First }
    }
}

/// Takes off a point the one before it: which that is, its time, and how it went. `None`, if it does not say when it
/// began and is less than all there are: it may have begun again, and may be of another process.
fn measure<P: Cumulative>(point: &mut P, known: &[Sequence]) -> Option<(usize, u64, Minus)> {
    known.iter().enumerate().find_map(|(at, known)| {
        let minus = point.minus(&known.value);
        (minus != Minus::Less || known.start > 0).then_some((at, known.time, minus))
    })
}

impl Payload {
    /// Makes deltas of the cumulative points in it; what holds none any more is taken out. `now` is when it is
    /// looked at. Nothing for other signals.
    pub fn make_delta(&mut self, delta: &mut Delta, now: SystemTime) -> Turned {
        let Request::Metrics(request) = &mut self.0 else { return Turned::default() };
        let now = nanos(now);
        let mut turned = Turned { forgotten: delta.streams.expire(now), ..Turned::default() };
        request.resource_metrics.retain_mut(|resource| {
            let had = !resource.scope_metrics.is_empty();
            turned += delta.resource(resource, now);
            !had || !resource.scope_metrics.is_empty()
        });
        turned.forgotten += delta.streams.forgotten();
        turned
    }
}

impl Delta {
    fn resource(&mut self, resource: &mut ResourceMetrics, now: u64) -> Turned {
        let mut turned = Turned::default();
        let of = Identity::of(self.keyed, resource.resource.as_ref());
        resource.scope_metrics.retain_mut(|scope| {
            let had = !scope.metrics.is_empty();
            let of = of.scope(scope.scope.as_ref());
            scope.metrics.retain_mut(|metric| {
                let here = self.metric(metric, &of, now);
                turned += here;
                here == Turned::default() || here.deltas > 0
            });
            !had || !scope.metrics.is_empty()
        });
        turned
    }
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
