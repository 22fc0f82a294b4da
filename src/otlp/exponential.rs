//! Histograms with explicit bounds as exponential ones.
//!
//! **The error.** Count, sum, least and greatest are what they were. Of a value only its bucket `(lo, hi]` is known;
//! the count of it is spread evenly over the exponential buckets from `lo` to `hi`, whose ends are at the powers of
//! `2^(2^-scale)`. So a value is told within its bucket, widened at either end by less than one such power:
//! 9 % at the scale of 3 that is used where 160 buckets are enough for it, as SDKs have by default; 19 % at scale 2
//! (26 octaves, such as tokens from 1 to 67 million) and so on. What is past the last bound is told as just past it,
//! what is up to the first as just up to it, and what is not above zero as zero: the explicit histogram knew
//! no more of them.
//!
//! The scale depends on the bounds alone, and what cannot be parted evenly goes to buckets in an order that depends
//! on nothing but how many they are. So no bucket of a cumulative histogram falls, and what was a stream stays one.
//! Deltas that were turned sum up to the same in each explicit bucket, but not within it: many small ones are told
//! nearer its middle than their sum would be.
//!
//! **Left as they are**: histograms with no buckets, with a bound below zero, and with bounds that are not
//! finite and rising. A metric is turned whole, or not at all.

use super::{Payload, Request};
use crate::limits;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, HistogramDataPoint, Metric,
    exponential_histogram_data_point::Buckets, metric::Data,
};

/// The finest that is used. Explicit bounds are no finer than this.
const FINEST: i32 = 3;

/// At this one bucket holds everything above one, and one everything below.
const COARSEST: i32 = -10;

impl Payload {
    /// Turns the explicit histograms in it into exponential ones. How many points were turned.
    pub fn make_exponential(&mut self) -> usize {
        let Request::Metrics(request) = &mut self.0 else { return 0 };
        let scopes = request.resource_metrics.iter_mut().flat_map(|resource| &mut resource.scope_metrics);
        scopes.flat_map(|scope| &mut scope.metrics).map(metric).sum()
    }
}

fn metric(metric: &mut Metric) -> usize {
    let Some(Data::Histogram(histogram)) = &metric.data else { return 0 };
    let points = histogram.data_points.iter().map(exponential);
    let Some(data_points) = points.collect::<Option<Vec<_>>>() else { return 0 };
    let (turned, aggregation_temporality) = (data_points.len(), histogram.aggregation_temporality);
    metric.data =
        Some(Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality }));
    turned
}

/// `None`, if it has to stay as it is.
fn exponential(point: &HistogramDataPoint) -> Option<ExponentialHistogramDataPoint> {
    let (bounds, counts) = (&point.explicit_bounds, &point.bucket_counts);
    let rising = bounds.windows(2).all(|pair| matches!(pair, [low, high] if low < high));
    let sound = bounds.iter().all(|bound| bound.is_finite() && *bound >= 0.0);
    if !rising || !sound || bounds.is_empty() || counts.len() != bounds.len() + 1 {
        return None;
    }
    let grid = Grid::for_bounds(bounds)?;
    let (mut zero_count, mut run) = (0, Run::default());
    let lows = std::iter::once(None).chain(bounds.iter().map(|bound| Some(*bound)));
    let highs = bounds.iter().map(|bound| Some(*bound)).chain([None]);
    for ((low, high), count) in lows.zip(highs).zip(counts.iter().copied()) {
        match grid.between(low, high) {
            Some((first, last)) => run.spread(count, first, last),
            None => zero_count = count,
        }
    }
    Some(ExponentialHistogramDataPoint {
        attributes: point.attributes.clone(),
        start_time_unix_nano: point.start_time_unix_nano,
        time_unix_nano: point.time_unix_nano,
        count: point.count,
        sum: point.sum,
        scale: grid.0,
        zero_count,
        positive: run.buckets(),
        flags: point.flags,
        exemplars: point.exemplars.clone(),
        min: point.min,
        max: point.max,
        ..ExponentialHistogramDataPoint::default()
    })
}

/// Exponential buckets of a scale.
#[derive(Clone, Copy)]
struct Grid(i32);

impl Grid {
    /// The finest that holds these with as many buckets as an SDK has. `None`, if none does.
    fn for_bounds(bounds: &[f64]) -> Option<Self> {
        let least = *bounds.iter().find(|bound| **bound > 0.0)?;
        let greatest = *bounds.last()?;
        let width = |grid: &Self| grid.above(greatest) - grid.up_to(least) + 1;
        let grids = (COARSEST..=FINEST).rev().map(Self);
        grids.into_iter().find(|grid| width(grid) <= limits::EXPONENTIAL_BUCKETS)
    }

    /// The bucket a value is in: above `base^index`, and at most `base^(index+1)`.
    fn up_to(self, value: f64) -> i64 {
        self.place(value).ceil() as i64 - 1
    }

    /// The bucket of what is a little greater.
    fn above(self, value: f64) -> i64 {
        self.place(value).floor() as i64
    }

    fn place(self, value: f64) -> f64 {
        value.log2() * f64::from(self.0).exp2()
    }

    /// The first and the last bucket of what is above `low` and at most `high`; `None` is without end. `None`, if
    /// nothing of it is above zero.
    fn between(self, low: Option<f64>, high: Option<f64>) -> Option<(i64, i64)> {
        let (low, high) = (low.filter(|low| *low > 0.0), high.unwrap_or(f64::INFINITY));
        match low {
            None if high > 0.0 && high.is_finite() => Some((self.up_to(high), self.up_to(high))),
            None => None,
            Some(low) if high.is_finite() => Some((self.above(low), self.up_to(high))),
            Some(low) => Some((self.above(low), self.above(low))),
        }
    }
}

/// Counts by index. Buckets come in order, so it grows at its end.
#[derive(Default)]
struct Run {
    offset: i64,
    counts: Vec<u64>,
}

impl Run {
    /// Puts a count evenly into the buckets from `first` to `last`: no two differ by more than one, and of a greater
    /// count none gets less.
    fn spread(&mut self, count: u64, first: i64, last: i64) {
        if count == 0 || last < first {
            return;
        }
        if self.counts.is_empty() {
            self.offset = first;
        }
        let buckets = last.abs_diff(first) + 1;
        for (bucket, rank) in order(buckets).zip(0..) {
            let share = count / buckets + u64::from(rank < count % buckets);
            let at = usize::try_from(first.saturating_add_unsigned(bucket) - self.offset).unwrap_or_default();
            if at >= self.counts.len() {
                self.counts.resize(at + 1, 0);
            }
            self.counts.iter_mut().skip(at).take(1).for_each(|there| *there = there.saturating_add(share));
        }
    }

    fn buckets(self) -> Option<Buckets> {
        let offset = i32::try_from(self.offset).ok()?;
        Some(Buckets { offset, bucket_counts: self.counts })
    }
}

/// In which order so many buckets get what cannot be parted evenly: the middle one, and then far from those before
/// (bits in reverse).
fn order(buckets: u64) -> impl Iterator<Item = u64> {
    let all = buckets.next_power_of_two();
    let reverse = move |at: u64| at.reverse_bits().checked_shr(all.leading_zeros() + 1).unwrap_or_default();
    let those = (0..all).map(reverse).filter(move |at| *at < buckets);
    those.map(move |at| (at + buckets / 2) % buckets)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

    use super::*;
    use crate::signal::Signal;
    use proptest::prelude::*;
    use serde_json::json;

    fn point(bounds: &[f64], counts: &[u64]) -> HistogramDataPoint {
        HistogramDataPoint {
            count: counts.iter().sum(),
            sum: Some(12.5),
            explicit_bounds: bounds.to_vec(),
            bucket_counts: counts.to_vec(),
            min: Some(0.25),
            max: Some(99.0),
            ..HistogramDataPoint::default()
        }
    }

    #[test]
    fn buckets_go_where_their_values_are() {
        for (name, bounds, counts, scale, zeros, offset, expected) in [
            // At scale 3 eight buckets are an octave: 1 to 2 is 0 to 7, 2 to 4 is 8 to 15.
            ("an octave", &[1.0, 2.0][..], &[0, 8, 0][..], 3, 0, 0, &[1, 1, 1, 1, 1, 1, 1, 1][..]),
            ("unevenly", &[1.0, 2.0], &[0, 3, 0], 3, 0, 0, &[1, 0, 0, 0, 1, 0, 1, 0]),
            ("up to the first bound", &[1.0, 2.0], &[5, 0, 0], 3, 0, -1, &[5]),
            ("past the last", &[1.0, 2.0], &[0, 0, 5], 3, 0, 8, &[5]),
            ("zero and below", &[0.0, 1.0], &[7, 2, 0], 3, 7, -1, &[2]),
            ("between two", &[1.0, 1.01], &[0, 4, 0], 3, 0, 0, &[4]),
            ("nothing", &[1.0, 2.0], &[0, 0, 0], 3, 0, 0, &[]),
        ] {
            let turned = exponential(&point(bounds, counts)).unwrap();
            let positive = turned.positive.unwrap();
            assert_eq!((turned.scale, turned.zero_count), (scale, zeros), "{name}");
            assert_eq!((positive.offset, &positive.bucket_counts[..]), (offset, expected), "{name}");
            assert_eq!((turned.sum, turned.min, turned.max), (Some(12.5), Some(0.25), Some(99.0)), "{name}");
        }
    }

    #[test]
    fn the_scale_is_the_finest_that_has_room() {
        let million = f64::from(1 << 26);
        for (least, greatest, scale) in
            [(0.005, 10.0, 3), (1.0, million, 2), (1e-9, 1e9, 1), (1e-300, 1e300, -4), (5.0, 5.5, 3)]
        {
            let turned = exponential(&point(&[least, greatest], &[1, 200, 1])).unwrap();
            assert_eq!(turned.scale, scale, "{least} to {greatest}");
            let most = usize::try_from(limits::EXPONENTIAL_BUCKETS).unwrap();
            assert!(turned.positive.unwrap().bucket_counts.len() <= most);
        }
    }

    #[test]
    fn what_has_no_exponential_form_stays_whole() {
        for (name, bounds, counts) in [
            ("no buckets", &[][..], &[][..]),
            ("one bucket", &[], &[3]),
            ("below zero", &[-1.0, 1.0], &[1, 1, 1]),
            ("zero alone", &[0.0], &[1, 1]),
            ("falling", &[2.0, 1.0], &[1, 1, 1]),
            ("without end", &[1.0, f64::INFINITY], &[1, 1, 1]),
            ("no number", &[f64::NAN], &[1, 1]),
            ("a bucket too few", &[1.0, 2.0], &[1, 1]),
        ] {
            assert!(exponential(&point(bounds, counts)).is_none(), "{name}");
        }
        let points = json!([
            {"count": "1", "explicitBounds": [1.0], "bucketCounts": ["1", "0"]},
            {"count": "1", "explicitBounds": [-1.0], "bucketCounts": ["1", "0"]},
        ]);
        let metric = json!({"name": "h", "histogram": {"dataPoints": points, "aggregationTemporality": 1}});
        let request = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]});
        let request = request.to_string();
        let mut payload = Payload::from_json(Signal::Metrics, request.as_bytes()).unwrap();
        let before = payload.to_protobuf();
        assert_eq!(payload.make_exponential(), 0);
        assert_eq!(payload.to_protobuf(), before);
        let sound = request.replace("-1.0", "1.0");
        let mut payload = Payload::from_json(Signal::Metrics, sound.as_bytes()).unwrap();
        assert_eq!(payload.make_exponential(), 2);
        let mut json = Vec::new();
        payload.write_json(&mut json);
        let json = String::from_utf8(json).unwrap();
        assert!(
            json.contains("exponentialHistogram") && json.contains("\"aggregationTemporality\":1"),
            "{json}"
        );
    }

    #[test]
    fn every_bucket_has_its_place_in_the_order() {
        for buckets in 1..=200 {
            let mut all: Vec<_> = order(buckets).collect();
            assert_eq!(all.first(), Some(&(buckets / 2)), "{buckets}");
            all.sort_unstable();
            assert!(all.into_iter().eq(0..buckets), "{buckets}");
        }
    }

    proptest! {
        #[test]
        fn of_a_greater_count_no_bucket_gets_less_and_none_is_lost(
            first in -300..300_i64, buckets in 1..170_i64, less in 0..2000_u64, more in 0..400_u64,
        ) {
            let spread = |count| {
                let mut run = Run::default();
                run.spread(count, first, first + buckets - 1);
                run.counts.resize(usize::try_from(buckets).unwrap(), 0);
                run.counts
            };
            let (before, after) = (spread(less), spread(less + more));
            prop_assert_eq!((before.iter().sum::<u64>(), after.iter().sum::<u64>()), (less, less + more));
            prop_assert!(before.iter().zip(&after).all(|(before, after)| before <= after));
            prop_assert!(after.iter().max().unwrap() - after.iter().min().unwrap() <= 1);
            prop_assert_eq!(spread(u64::MAX).iter().map(|count| u128::from(*count)).sum::<u128>(), u128::from(u64::MAX));
        }

        #[test]
        fn no_bucket_of_a_cumulative_histogram_falls(
            before in prop::collection::vec(0..50_u64, 6), more in prop::collection::vec(0..5_u64, 6),
        ) {
            let bounds = [0.0, 1.0, 1.05, 4.0, 30.0];
            let after: Vec<_> = before.iter().zip(&more).map(|(before, more)| before + more).collect();
            let pairs = |counts: &[u64]| {
                let buckets = exponential(&point(&bounds, counts)).unwrap().positive.unwrap();
                (buckets.offset..).zip(buckets.bucket_counts).collect::<std::collections::BTreeMap<_, _>>()
            };
            let after = pairs(&after);
            for (index, count) in pairs(&before) {
                prop_assert!(after.get(&index).copied().unwrap_or_default() >= count, "{}", index);
            }
        }

        #[test]
        fn nothing_is_lost_and_nothing_is_told_outside_its_widened_bucket(
            steps in prop::collection::vec(0.001..50.0_f64, 1..20),
            counts in prop::collection::vec(0..10_000_u64, 21),
        ) {
            let bounds: Vec<_> = steps.iter().scan(0.0, |sum, step| { *sum += step; Some(*sum) }).collect();
            let counts = &counts[..=bounds.len()];
            let turned = exponential(&point(&bounds, counts)).unwrap();
            let positive = turned.positive.unwrap();
            prop_assert_eq!(positive.bucket_counts.iter().sum::<u64>(), counts.iter().sum::<u64>());
            // Up to each bound there is as much as there was, give or take what is within one bucket of it.
            let base = (f64::from(-turned.scale)).exp2().exp2();
            let end = |at: usize| base.powf(f64::from(positive.offset) + f64::from(u32::try_from(at).unwrap()) + 1.0);
            for (bound, known) in bounds.iter().zip(1..).map(|(bound, at)| (bound, counts[..at].iter().sum::<u64>())) {
                let within = |limit: f64| positive.bucket_counts.iter().enumerate()
                    .filter(|(at, _)| end(*at) <= limit).map(|(_, count)| count).sum::<u64>();
                prop_assert!(within(bound / base / 1.000_001) <= known, "{} below {}", known, bound);
                prop_assert!(within(bound * base * base * 1.000_001) >= known, "{} at {}", known, bound);
            }
        }
    }
}
