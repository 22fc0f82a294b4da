//! Taking one exponential histogram off another.
//!
//! A bucket of scale `s` and index `i` holds what is above `base^i` and at most `base^(i+1)`, with
//! `base = 2^(2^-s)`. A step coarser is two buckets in one: index `i` becomes `i >> 1`. So both are brought to the
//! coarser of the two scales, without an error, and to the wider of the two zeros: buckets that end within it are
//! counted as zeros in both. Senders widen a zero to the end of a bucket, as the data model asks, so nothing is in
//! two places; where a bucket comes out negative nevertheless, the two cannot be compared, and the point is what
//! the next is measured by.

use super::point::{Minus, difference};
use opentelemetry_proto::tonic::metrics::v1::ExponentialHistogramDataPoint as Point;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;

/// What an exponential histogram counted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exponential {
    count: u64,
    sum: Option<f64>,
    scale: i32,
    zero_count: u64,
    zero_threshold: f64,
    positive: Run,
    negative: Run,
}

/// Neighbouring buckets from an index on.
#[derive(Debug, Clone, Default, PartialEq)]
struct Run {
    offset: i32,
    counts: Vec<u64>,
}

/// The scales a sender may use: at the least one bucket holds every number there is; more than the most is finer
/// than numbers are.
const SCALES: std::ops::RangeInclusive<i32> = -11..=52;

impl Exponential {
    /// `None`, if it is out of all bounds.
    pub(super) fn of(point: &Point) -> Option<Self> {
        let sound = SCALES.contains(&point.scale) && point.zero_threshold >= 0.0;
        let run = |buckets: &Option<Buckets>| buckets.as_ref().map_or(Some(Run::default()), Run::of);
        Some(Self {
            count: point.count,
            sum: point.sum.filter(|sum| sum.is_finite()),
            scale: point.scale,
            zero_count: point.zero_count,
            zero_threshold: point.zero_threshold,
            positive: run(&point.positive)?,
            negative: run(&point.negative)?,
        })
        .filter(|_| sound)
    }

    /// Bytes on the heap.
    pub(super) const fn bytes(&self) -> usize {
        8 * (self.positive.counts.len() + self.negative.counts.len())
    }

    /// Takes this off a later point.
    pub(super) fn take_off(&self, point: &mut Point) -> Minus {
        let Some(mut now) = Self::of(point) else { return Minus::Unlike };
        if now.count < self.count {
            return Minus::Less;
        }
        let mut before = self.clone();
        let alike = now.zero_threshold.to_bits() == before.zero_threshold.to_bits();
        let (scale, zero) = (now.scale.min(before.scale), now.zero_threshold.max(before.zero_threshold));
        for one in [&mut now, &mut before] {
            one.coarsen(scale);
            one.widen_zero(zero);
        }
        let positive = now.positive.minus(&before.positive);
        let negative = now.negative.minus(&before.negative);
        let zeros = now.zero_count.checked_sub(before.zero_count);
        let (Some(positive), Some(negative), Some(zeros)) = (positive, negative, zeros) else {
            return if alike { Minus::Less } else { Minus::Unlike };
        };
        point.count = now.count - before.count;
        point.sum = difference(now.sum, before.sum);
        (point.scale, point.zero_count, point.zero_threshold) = (scale, zeros, zero);
        (point.positive, point.negative) = (Some(positive.into()), Some(negative.into()));
        (point.min, point.max) = (None, None);
        Minus::Done
    }

    fn coarsen(&mut self, scale: i32) {
        let steps = u32::try_from(self.scale - scale).unwrap_or_default();
        self.positive.coarsen(steps);
        self.negative.coarsen(steps);
        self.scale = scale;
    }

    fn widen_zero(&mut self, threshold: f64) {
        // The last index whose bucket ends at or below it.
        let last = (threshold.log2() * f64::from(self.scale).exp2() - 1.0 + 1e-9).floor();
        if threshold > self.zero_threshold {
            let taken = self.positive.take_to(last).saturating_add(self.negative.take_to(last));
            self.zero_count = self.zero_count.saturating_add(taken);
        }
        self.zero_threshold = threshold;
    }
}

impl Run {
    /// `None`, if an index is not a number that indexes have.
    fn of(buckets: &Buckets) -> Option<Self> {
        let last = i32::try_from(buckets.bucket_counts.len()).ok()?;
        buckets.offset.checked_add(last)?;
        Some(Self { offset: buckets.offset, counts: buckets.bucket_counts.clone() })
    }

    fn pairs(&self) -> impl Iterator<Item = (i32, u64)> + '_ {
        (self.offset..).zip(self.counts.iter().copied())
    }

    fn coarsen(&mut self, steps: u32) {
        if steps == 0 || self.counts.is_empty() {
            return;
        }
        let down = |index: i32| index >> steps.min(31);
        let mut counts = Vec::new();
        let offset = down(self.offset);
        for (index, count) in self.pairs() {
            let at = usize::try_from(down(index) - offset).unwrap_or_default();
            if at >= counts.len() {
                counts.resize(at + 1, 0);
            }
            counts
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|there: &mut u64| *there = there.saturating_add(count));
        }
        *self = Self { offset, counts };
    }

    /// Takes out the buckets up to an index. How many were counted in them.
    fn take_to(&mut self, last: f64) -> u64 {
        let within = self.pairs().take_while(|(index, _)| f64::from(*index) <= last).count();
        let taken = self.counts.drain(..within).fold(0, u64::saturating_add);
        self.offset += i32::try_from(within).unwrap_or_default();
        taken
    }

    /// `None`, if a bucket would be negative.
    fn minus(mut self, before: &Self) -> Option<Self> {
        for (index, count) in before.pairs().filter(|(_, count)| *count > 0) {
            let at = usize::try_from(i64::from(index) - i64::from(self.offset)).ok()?;
            let there = self.counts.get_mut(at)?;
            *there = there.checked_sub(count)?;
        }
        Some(self)
    }
}

impl From<Run> for Buckets {
    fn from(run: Run) -> Self {
        Self { offset: run.offset, bucket_counts: run.counts }
    }
}
