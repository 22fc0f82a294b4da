#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::cast_precision_loss)]

use super::*;
use crate::limits;
use crate::otlp::Request;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    NumberDataPoint, ScopeMetrics, Sum, number_data_point::Value as Number,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;
use std::time::Duration;

/// Our lifetime begins at second 100.
const SINCE: u64 = 100;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn delta() -> Delta {
    Delta::new([7; 16], at(SINCE))
}

const fn ns(seconds: u64) -> u64 {
    seconds * 1_000_000_000
}

fn pair(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.to_owned());
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn int(start: u64, time: u64, value: i64) -> NumberDataPoint {
    NumberDataPoint {
        start_time_unix_nano: ns(start),
        time_unix_nano: ns(time),
        value: Some(Number::AsInt(value)),
        ..NumberDataPoint::default()
    }
}

fn double(start: u64, time: u64, value: f64) -> NumberDataPoint {
    NumberDataPoint { value: Some(Number::AsDouble(value)), ..int(start, time, 0) }
}

fn sum(points: Vec<NumberDataPoint>) -> Metric {
    let data = Data::Sum(Sum { data_points: points, aggregation_temporality: 2, is_monotonic: true });
    Metric { name: "tokens".to_owned(), unit: "1".to_owned(), data: Some(data), ..Metric::default() }
}

fn request(metrics: Vec<Metric>) -> Payload {
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
    Payload(Request::Metrics(ExportMetricsServiceRequest { resource_metrics }))
}

fn metrics(payload: &Payload) -> Vec<Metric> {
    let Request::Metrics(request) = &payload.0 else { panic!("metrics") };
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics.clone()).collect()
}

/// What comes out of some points, in one request each, a second apart.
fn turn(delta: &mut Delta, points: Vec<NumberDataPoint>) -> (Vec<NumberDataPoint>, Turned) {
    turn_by(delta, points, &mut std::iter::repeat(1))
}

/// The same, with so many in one request.
fn turn_by(
    delta: &mut Delta,
    mut points: Vec<NumberDataPoint>,
    cuts: &mut dyn Iterator<Item = usize>,
) -> (Vec<NumberDataPoint>, Turned) {
    let (mut out, mut turned, mut sent) = (Vec::new(), Turned::default(), 0);
    while !points.is_empty() {
        let rest = points.split_off(points.len().min(cuts.next().unwrap()));
        let mut payload = request(vec![sum(std::mem::replace(&mut points, rest))]);
        sent += 1;
        turned += payload.make_delta(delta, at(1000 + sent));
        for metric in metrics(&payload) {
            let Some(Data::Sum(sum)) = metric.data else { panic!("a sum") };
            assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (1, true));
            out.extend(sum.data_points);
        }
    }
    (out, turned)
}

fn turned(deltas: u64, first: u64, old: u64, unusable: u64) -> Turned {
    Turned { deltas, first, old, unusable, forgotten: 0 }
}

#[test]
fn each_point_is_what_came_since_the_one_before() {
    let none = || NumberDataPoint { flags: NO_RECORDED_VALUE, ..int(110, 140, 9) };
    let empty = || NumberDataPoint { value: None, ..int(110, 140, 9) };
    for (name, points, expected, counts) in [
        (
            "began with us",
            vec![int(110, 120, 5), int(110, 130, 8)],
            vec![int(110, 120, 5), int(120, 130, 3)],
            turned(2, 0, 0, 0),
        ),
        (
            "began before us",
            vec![int(100, 120, 5), int(100, 130, 8)],
            vec![int(120, 130, 3)],
            turned(1, 1, 0, 0),
        ),
        (
            "does not say when",
            vec![int(0, 120, 5), int(0, 130, 8)],
            vec![int(120, 130, 3)],
            turned(1, 1, 0, 0),
        ),
        (
            "two that do not say when",
            vec![
                int(0, 120, 1000),
                int(0, 121, 50),
                int(0, 130, 1001),
                int(0, 131, 51),
                int(0, 140, 1003),
                int(0, 141, 52),
            ],
            vec![int(120, 130, 1), int(121, 131, 1), int(130, 140, 2), int(131, 141, 1)],
            turned(4, 2, 0, 0),
        ),
        (
            "one that does not say when, and begins again",
            vec![int(0, 120, 5), int(0, 130, 2), int(0, 140, 3)],
            vec![int(130, 140, 1)],
            turned(1, 2, 0, 0),
        ),
        (
            "one that does not say when, out of order",
            vec![int(0, 120, 5), int(0, 140, 9), int(0, 130, 8), int(0, 150, 10)],
            vec![int(120, 140, 4), int(140, 150, 1)],
            turned(2, 1, 1, 0),
        ),
        (
            "nothing came",
            vec![int(110, 120, 5), int(110, 130, 5)],
            vec![int(110, 120, 5), int(120, 130, 0)],
            turned(2, 0, 0, 0),
        ),
        (
            "a gap",
            vec![int(110, 120, 5), int(110, 900, 50)],
            vec![int(110, 120, 5), int(120, 900, 45)],
            turned(2, 0, 0, 0),
        ),
        ("twice", vec![int(110, 120, 5), int(110, 120, 5)], vec![int(110, 120, 5)], turned(1, 0, 1, 0)),
        (
            "out of order",
            vec![int(110, 120, 5), int(110, 140, 9), int(110, 130, 8), int(110, 150, 10)],
            vec![int(110, 120, 5), int(120, 140, 4), int(140, 150, 1)],
            turned(3, 0, 1, 0),
        ),
        (
            "a reset that is said",
            vec![int(110, 120, 5), int(125, 130, 2)],
            vec![int(110, 120, 5), int(125, 130, 2)],
            turned(2, 0, 0, 0),
        ),
        (
            "a reset that is said, to more than before, of a stream from before us",
            vec![int(50, 60, 5), int(50, 70, 6), int(80, 90, 8)],
            vec![int(60, 70, 1), int(80, 90, 8)],
            turned(2, 1, 0, 0),
        ),
        (
            "a reset at the last point",
            vec![int(50, 70, 5), int(70, 90, 8)],
            vec![int(70, 90, 8)],
            turned(1, 1, 0, 0),
        ),
        (
            "a process from before us that began before another's last point",
            vec![int(50, 120, 1000), int(60, 121, 700), int(50, 130, 1001), int(60, 131, 702)],
            vec![int(120, 130, 1), int(121, 131, 2)],
            turned(2, 2, 0, 0),
        ),
        (
            "one that began before the last point, after the first",
            vec![int(50, 70, 1000), int(50, 90, 1001), int(80, 95, 700)],
            vec![int(70, 90, 1)],
            turned(1, 2, 0, 0),
        ),
        (
            "a start that is its time: nobody knows the start",
            vec![int(120, 120, 700), int(120, 130, 702)],
            vec![int(120, 130, 2)],
            turned(1, 1, 0, 0),
        ),
        (
            "a reset that is not said",
            vec![int(110, 120, 5), int(110, 130, 2), int(110, 140, 3)],
            vec![int(110, 120, 5), int(120, 130, 2), int(130, 140, 1)],
            turned(3, 0, 0, 0),
        ),
        (
            "two at once",
            vec![int(110, 120, 5), int(111, 120, 50), int(110, 130, 6), int(111, 130, 52)],
            vec![int(110, 120, 5), int(111, 120, 50), int(120, 130, 1), int(120, 130, 2)],
            turned(4, 0, 0, 0),
        ),
        (
            "an older one that comes late",
            vec![int(60, 120, 5), int(50, 120, 50), int(50, 130, 51)],
            vec![int(120, 130, 1)],
            turned(1, 2, 0, 0),
        ),
        (
            "doubles",
            vec![double(110, 120, 0.5), double(110, 130, 2.0)],
            vec![double(110, 120, 0.5), double(120, 130, 1.5)],
            turned(2, 0, 0, 0),
        ),
        (
            "an int, then a double",
            vec![int(110, 120, 1), double(110, 130, 2.5)],
            vec![int(110, 120, 1), double(120, 130, 1.5)],
            turned(2, 0, 0, 0),
        ),
        (
            "no numbers",
            vec![double(110, 120, f64::NAN), double(110, 130, f64::INFINITY)],
            vec![],
            turned(0, 0, 0, 2),
        ),
        (
            "no value in between",
            vec![int(110, 120, 5), none(), empty(), int(110, 150, 7)],
            vec![int(110, 120, 5), int(120, 150, 2)],
            turned(2, 0, 0, 2),
        ),
        (
            "before its start, and at no time",
            vec![int(110, 109, 5), int(0, 0, 5)],
            vec![],
            turned(0, 0, 0, 2),
        ),
        (
            "further than there are integers",
            vec![int(110, 120, i64::MIN), int(110, 130, i64::MAX), int(110, 140, i64::MAX)],
            vec![int(110, 120, i64::MIN), int(130, 140, 0)],
            turned(2, 1, 0, 0),
        ),
    ] {
        assert_eq!(turn(&mut delta(), points), (expected, counts), "{name}");
    }
}

#[test]
fn a_stream_is_what_its_points_have_in_common_and_nothing_else() {
    let plain = || {
        let point = NumberDataPoint {
            attributes: vec![pair("model", "m"), pair("type", "input")],
            ..int(50, 120, 5)
        };
        let scope = InstrumentationScope { name: "meter".to_owned(), ..InstrumentationScope::default() };
        let resource = Resource { attributes: vec![pair("a", "1"), pair("b", "2")], ..Resource::default() };
        let scope_metrics =
            ScopeMetrics { scope: Some(scope), metrics: vec![sum(vec![point])], ..ScopeMetrics::default() };
        ResourceMetrics {
            resource: Some(resource),
            scope_metrics: vec![scope_metrics],
            ..ResourceMetrics::default()
        }
    };
    type Change = fn(&mut ResourceMetrics);
    fn metric(resource: &mut ResourceMetrics) -> &mut Metric {
        &mut resource.scope_metrics[0].metrics[0]
    }
    fn attributes(resource: &mut ResourceMetrics) -> &mut Vec<KeyValue> {
        match &mut metric(resource).data {
            Some(Data::Sum(sum)) => &mut sum.data_points[0].attributes,
            _ => panic!("a sum"),
        }
    }
    let changes: [(&str, bool, Change); 13] = [
        ("nothing", true, |_| {}),
        ("order of attributes", true, |resource| attributes(resource).reverse()),
        ("order in the resource", true, |resource| resource.resource.as_mut().unwrap().attributes.reverse()),
        ("description", true, |resource| metric(resource).description = "x".to_owned()),
        ("schema", true, |resource| resource.schema_url = "x".to_owned()),
        ("an attribute", false, |resource| attributes(resource)[0] = pair("model", "n")),
        ("one attribute fewer", false, |resource| _ = attributes(resource).pop()),
        ("the resource", false, |resource| {
            resource.resource.as_mut().unwrap().attributes[0] = pair("a", "3")
        }),
        ("the name", false, |resource| metric(resource).name = "cost".to_owned()),
        ("the unit", false, |resource| metric(resource).unit = "s".to_owned()),
        ("the scope", false, |resource| {
            resource.scope_metrics[0].scope.as_mut().unwrap().name = "x".to_owned()
        }),
        ("its version", false, |resource| {
            resource.scope_metrics[0].scope.as_mut().unwrap().version = "1".to_owned()
        }),
        ("an attribute moved to the resource", false, |resource| {
            let moved = attributes(resource).pop().unwrap();
            resource.resource.as_mut().unwrap().attributes.push(moved);
        }),
    ];
    for (name, same, change) in changes {
        let mut delta = delta();
        let mut send = |resource: ResourceMetrics| {
            let request = ExportMetricsServiceRequest { resource_metrics: vec![resource] };
            Payload(Request::Metrics(request)).make_delta(&mut delta, at(200))
        };
        assert_eq!(send(plain()), turned(0, 1, 0, 0));
        let mut other = plain();
        change(&mut other);
        let expected = if same { turned(0, 0, 1, 0) } else { turned(0, 1, 0, 0) };
        assert_eq!(send(other), expected, "{name}: the same point of the same stream is old");
    }
}

#[test]
fn what_is_no_cumulative_count_stays_as_it_is() {
    let points = || vec![int(110, 120, 5)];
    let data = |temporality, is_monotonic| {
        Data::Sum(Sum { data_points: points(), aggregation_temporality: temporality, is_monotonic })
    };
    let histogram = |temporality| {
        Data::Histogram(Histogram {
            data_points: vec![explicit(110, 120, &[1, 2])],
            aggregation_temporality: temporality,
        })
    };
    for (name, data) in [
        ("a gauge", Data::Gauge(Gauge { data_points: points() })),
        ("a delta", data(1, true)),
        ("of no temporality", data(0, true)),
        ("a sum that may fall", data(2, false)),
        ("a histogram of deltas", histogram(1)),
        ("a histogram of no temporality", histogram(0)),
    ] {
        let before = Metric { name: "m".to_owned(), data: Some(data), ..Metric::default() };
        for _ in 0..2 {
            let mut payload = request(vec![before.clone()]);
            assert_eq!(payload.make_delta(&mut delta(), at(200)), Turned::default(), "{name}");
            assert_eq!(metrics(&payload), std::slice::from_ref(&before), "{name}");
        }
    }
    let mut logs = Payload::from_json(crate::signal::Signal::Logs, b"{}").unwrap();
    assert_eq!(logs.make_delta(&mut delta(), at(200)), Turned::default());
}

#[test]
fn what_nothing_is_left_of_is_taken_out_and_the_rest_stays() {
    let gauge =
        Metric { name: "g".to_owned(), data: Some(Data::Gauge(Gauge::default())), ..Metric::default() };
    let mut payload = request(vec![sum(vec![int(50, 120, 5)]), gauge.clone()]);
    payload.make_delta(&mut delta(), at(200));
    assert_eq!(metrics(&payload), [gauge]);
    let mut payload = request(vec![sum(vec![int(50, 120, 5)])]);
    payload.make_delta(&mut delta(), at(200));
    assert!(payload.to_protobuf().is_empty());
}

fn explicit(start: u64, time: u64, buckets: &[u64]) -> HistogramDataPoint {
    let count = buckets.iter().sum();
    HistogramDataPoint {
        start_time_unix_nano: ns(start),
        time_unix_nano: ns(time),
        count,
        sum: Some(count as f64 * 0.5),
        bucket_counts: buckets.to_vec(),
        explicit_bounds: (1..buckets.len()).map(|bound| bound as f64).collect(),
        min: Some(0.1),
        max: Some(9.0),
        ..HistogramDataPoint::default()
    }
}

fn turn_explicit(points: Vec<HistogramDataPoint>) -> Vec<HistogramDataPoint> {
    let mut delta = delta();
    let mut out = Vec::new();
    for point in points {
        let histogram = Histogram { data_points: vec![point], aggregation_temporality: 2 };
        let metric =
            Metric { name: "h".to_owned(), data: Some(Data::Histogram(histogram)), ..Metric::default() };
        let mut payload = request(vec![metric]);
        payload.make_delta(&mut delta, at(200));
        for metric in metrics(&payload) {
            let Some(Data::Histogram(histogram)) = metric.data else { panic!("a histogram") };
            assert_eq!(histogram.aggregation_temporality, 1);
            out.extend(histogram.data_points);
        }
    }
    out
}

#[test]
fn a_histogram_is_the_difference_of_its_buckets() {
    let later = |start, time, buckets: &[u64]| HistogramDataPoint {
        min: None,
        max: None,
        ..explicit(start, time, buckets)
    };
    let points = vec![explicit(110, 120, &[1, 2, 0]), explicit(110, 130, &[1, 5, 1])];
    assert_eq!(turn_explicit(points), [explicit(110, 120, &[1, 2, 0]), later(120, 130, &[0, 3, 1])]);
    // One bucket fell, though the count rose: it began again.
    let reset = turn_explicit(vec![explicit(110, 120, &[4, 2, 0]), explicit(110, 130, &[1, 9, 1])]);
    assert_eq!(reset[1], explicit(120, 130, &[1, 9, 1]));
    let bounds = turn_explicit(vec![
        explicit(110, 120, &[4, 2]),
        explicit(110, 130, &[4, 3, 1]),
        explicit(110, 140, &[4, 4, 1]),
    ]);
    assert_eq!((bounds[1].count, bounds[1].sum), (2, Some(1.0)));
    assert!(bounds[1].bucket_counts.is_empty() && bounds[1].explicit_bounds.is_empty());
    assert_eq!(bounds[2], later(130, 140, &[0, 1, 0]));
    let unsummed = |time| HistogramDataPoint { sum: None, ..explicit(110, time, &[1]) };
    assert_eq!(turn_explicit(vec![explicit(110, 120, &[1]), unsummed(130)])[1].sum, None);
}

/// As an SDK counts: never more than four buckets on a side, coarser where that is not enough.
#[derive(Debug, Clone, Default)]
struct Sender {
    scale: i32,
    zeros: u64,
    values: Vec<f64>,
}

impl Sender {
    fn index(&self, value: f64) -> i32 {
        ((value.abs().log2() * f64::from(self.scale).exp2()).ceil() - 1.0) as i32
    }

    fn run(&self, negative: bool) -> (i32, Vec<u64>) {
        let of = self.values.iter().filter(|value| (**value < 0.0) == negative);
        let indexes: Vec<_> = of.map(|value| self.index(*value)).collect();
        let (Some(low), Some(high)) = (indexes.iter().min(), indexes.iter().max()) else {
            return (0, vec![]);
        };
        let mut counts = vec![0; usize::try_from(high - low).unwrap() + 1];
        indexes.iter().for_each(|index| counts[usize::try_from(index - low).unwrap()] += 1);
        (*low, counts)
    }

    fn record(&mut self, value: f64) {
        if value == 0.0 {
            self.zeros += 1;
        } else {
            self.values.push(value);
        }
        while self.run(false).1.len() > 4 || self.run(true).1.len() > 4 {
            self.scale -= 1;
        }
    }

    fn point(&self, start: u64, time: u64) -> ExponentialHistogramDataPoint {
        let buckets = |(offset, bucket_counts)| Some(Buckets { offset, bucket_counts });
        ExponentialHistogramDataPoint {
            start_time_unix_nano: ns(start),
            time_unix_nano: ns(time),
            count: self.zeros + self.values.len() as u64,
            sum: Some(self.values.iter().sum()),
            scale: self.scale,
            zero_count: self.zeros,
            positive: buckets(self.run(false)),
            negative: buckets(self.run(true)),
            ..ExponentialHistogramDataPoint::default()
        }
    }
}

fn turn_exponential(
    delta: &mut Delta,
    point: ExponentialHistogramDataPoint,
) -> Option<ExponentialHistogramDataPoint> {
    let histogram = ExponentialHistogram { data_points: vec![point], aggregation_temporality: 2 };
    let data = Some(Data::ExponentialHistogram(histogram));
    let mut payload = request(vec![Metric { name: "e".to_owned(), data, ..Metric::default() }]);
    payload.make_delta(delta, at(200));
    match metrics(&payload).pop()?.data {
        Some(Data::ExponentialHistogram(mut histogram)) => histogram.data_points.pop(),
        _ => panic!("an exponential histogram"),
    }
}

/// Counts by index at a scale that is not finer.
fn counts(buckets: Option<&Buckets>, steps: i32) -> std::collections::BTreeMap<i32, u64> {
    let mut counts = std::collections::BTreeMap::new();
    let Some(buckets) = buckets else { return counts };
    for (index, count) in (buckets.offset..).zip(&buckets.bucket_counts).filter(|(_, count)| **count > 0) {
        *counts.entry(index >> steps).or_default() += count;
    }
    counts
}

#[test]
fn a_zero_that_became_wider_takes_buckets_with_it() {
    let point = |time, zero_threshold, zero_count, offset, counts: &[u64]| ExponentialHistogramDataPoint {
        start_time_unix_nano: ns(110),
        time_unix_nano: ns(time),
        count: zero_count + counts.iter().sum::<u64>(),
        zero_count,
        zero_threshold,
        positive: Some(Buckets { offset, bucket_counts: counts.to_vec() }),
        ..ExponentialHistogramDataPoint::default()
    };
    // At scale 0 bucket 0 is above 1 and at most 2: within a zero of 2.
    let mut delta = delta();
    turn_exponential(&mut delta, point(120, 0.0, 1, 0, &[5, 7])).unwrap();
    let wider = turn_exponential(&mut delta, point(130, 2.0, 8, 1, &[9])).unwrap();
    assert_eq!((wider.zero_count, wider.zero_threshold, wider.count), (2, 2.0, 4));
    assert_eq!(counts(wider.positive.as_ref(), 0), [(1, 2)].into());
    // A zero that ends within a bucket: nobody can say how much of it is zero now.
    assert_eq!(turn_exponential(&mut delta, point(140, 3.0, 18, 1, &[2])), None);
    let next = turn_exponential(&mut delta, point(150, 3.0, 19, 1, &[3])).unwrap();
    assert_eq!((next.zero_count, next.count), (1, 2));
    assert_eq!(turn_exponential(&mut delta, point(160, 3.0, 1, 1, &[3])).unwrap().count, 4, "it began again");
}

#[test]
fn what_is_out_of_all_bounds_is_not_looked_at() {
    let sound = Sender { values: vec![1.5], ..Sender::default() }.point(110, 120);
    let far = |offset| Some(Buckets { offset, bucket_counts: vec![u64::MAX, u64::MAX] });
    for (name, odd, taken) in [
        ("sound", sound.clone(), true),
        ("a scale there is not", ExponentialHistogramDataPoint { scale: i32::MAX, ..sound.clone() }, false),
        ("another", ExponentialHistogramDataPoint { scale: i32::MIN, ..sound.clone() }, false),
        (
            "an index past all",
            ExponentialHistogramDataPoint { positive: far(i32::MAX), ..sound.clone() },
            false,
        ),
        ("the least index", ExponentialHistogramDataPoint { negative: far(i32::MIN), ..sound.clone() }, true),
        ("no zero", ExponentialHistogramDataPoint { zero_threshold: f64::NAN, ..sound.clone() }, false),
    ] {
        let mut delta = delta();
        assert_eq!(turn_exponential(&mut delta, odd.clone()).is_some(), taken, "{name}");
        // And it neither overflows nor panics against another one.
        let coarse =
            ExponentialHistogramDataPoint { scale: -10, zero_threshold: 1e300, count: u64::MAX, ..odd };
        turn_exponential(&mut delta, ExponentialHistogramDataPoint { time_unix_nano: ns(130), ..coarse });
    }
}

#[test]
fn what_is_remembered_is_bounded_and_what_was_forgotten_is_not_told_whole() {
    let mut streams = Streams::new(SINCE);
    let sequence = |start, seen| Sequence { start, time: start + 1, value: point::Value::Int(1), seen };
    let (mut most, mut forgotten) = (0, 0);
    for stream in 0..600_000_u32 {
        let time = 1000 + u64::from(stream);
        streams.insert(u128::from(stream), sequence(time, time), time);
        most = most.max(streams.bytes());
        forgotten += streams.forgotten();
    }
    assert!(most <= limits::DELTA_BYTES && most > limits::DELTA_BYTES / 2, "{most}");
    assert!(forgotten > 0 && streams.sequences(0, 1000).is_empty(), "{forgotten}");
    assert!(!streams.sequences(599_999, 600_999).is_empty(), "the latest is kept");
    assert!(!streams.began_here(0, 1000), "it may have been told of");
    assert!(streams.began_here(0, 700_000));
    // Old ones go by themselves, and a start in the future keeps nobody else from being told.
    let day = u64::try_from(limits::DELTA_AGE.as_nanos()).unwrap();
    streams.insert(1 << 100, sequence(u64::MAX - 1, 700_000), 700_000);
    assert!(streams.expire(700_000 + day + 1) > 0);
    assert_eq!(streams.bytes(), 0);
    assert!(streams.began_here(5, 700_000 + day + 2));
}

#[test]
fn a_stream_remembers_so_many_sequences_and_forgets_the_one_not_seen_for_longest() {
    let mut streams = Streams::new(SINCE);
    let most = u64::try_from(limits::DELTA_SEQUENCES).unwrap();
    let sequence = |start, seen| Sequence { start, time: start + 1, value: point::Value::Int(1), seen };
    // The later a sequence began the longer it was not seen.
    for start in (1000..=1000 + most).rev() {
        streams.insert(1, sequence(start, 10_000 - start), 10_000);
    }
    assert!(
        streams.sequences(1, 1000 + most).is_empty() && !streams.sequences(1, 1000 + most - 1).is_empty()
    );
    assert_eq!(streams.forgotten(), 1);
    assert!(!streams.began_here(1, 1000 + most), "nobody knows what was told of it");
    assert!(streams.began_here(1, 1000 + most + 1));
    assert!(streams.began_here(2, SINCE + 1), "no other stream is touched by that");
}

#[test]
fn what_is_left_of_a_stream_knows_what_was_forgotten_of_it() {
    let mut streams = Streams::new(SINCE);
    let day = u64::try_from(limits::DELTA_AGE.as_nanos()).unwrap();
    let sequence = |start, seen| Sequence { start, time: start, value: point::Value::Int(1), seen };
    streams.insert(1, sequence(500, 1000), 1000);
    streams.insert(1, sequence(400, day), day);
    assert_eq!(streams.expire(day + 2000), 1);
    assert!(!streams.began_here(1, 500) && streams.began_here(1, 501));
    assert!(streams.began_here(2, SINCE + 1), "no other stream is touched by that");
    assert_eq!(streams.expire(3 * day), 1);
    assert!(!streams.began_here(1, 500) && !streams.began_here(2, 500), "nobody knows which it was");
    streams.insert(1, sequence(300, 3 * day), 3 * day);
    assert!(!streams.began_here(1, 500) && streams.began_here(1, 501));
}

#[test]
fn a_hundred_processes_of_one_identity_take_turns() {
    let mut delta = delta();
    let round = |time: u64, value| (1..=100).map(|process| int(process, time + process, value)).collect();
    assert_eq!(turn(&mut delta, round(150, 5)).1, turned(0, 100, 0, 0));
    assert_eq!(turn(&mut delta, round(300, 7)).1, turned(100, 0, 0, 0));
}

#[test]
fn of_those_without_a_start_so_many_are_remembered_and_nothing_is_told_of_more() {
    let mut delta = delta();
    let most = u64::try_from(limits::DELTA_UNKNOWN).unwrap();
    let round = |time: u64, more: i64| {
        (0_u32..)
            .take(limits::DELTA_UNKNOWN + 1)
            .map(|process| int(0, time + u64::from(process), 1000 - 10 * i64::from(process) + more))
            .collect()
    };
    assert_eq!(turn(&mut delta, round(120, 0)).1, turned(0, most + 1, 0, 0));
    let (deltas, counts) = turn(&mut delta, round(220, 1));
    assert_eq!((total(&deltas), counts), (i64::try_from(most).unwrap(), turned(most, 1, 0, 0)));
}

#[test]
fn histograms_without_a_start_are_told_apart_by_any_bucket() {
    let points = [(120, [4, 2]), (121, [1, 9]), (130, [4, 3]), (131, [1, 11])];
    let points = points.map(|(time, buckets)| explicit(0, time, &buckets));
    let deltas = turn_explicit(points.to_vec());
    assert_eq!(deltas.iter().map(|delta| delta.bucket_counts.clone()).collect::<Vec<_>>(), [[0, 1], [0, 2]]);
}

/// What a sender does between two points.
#[derive(Debug, Clone, Copy)]
enum Move {
    Count(u32),
    /// Begins again, and says so.
    Restart(u32),
    /// Sends the last point again.
    Again,
    /// Sends an earlier point.
    Late,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => (0..1000_u32).prop_map(Move::Count),
        1 => (0..1000_u32).prop_map(Move::Restart),
        1 => Just(Move::Again),
        1 => Just(Move::Late),
    ];
    prop::collection::vec(one, 0..40)
}

/// The points of a sender, and the sum of all it counted.
fn sent(moves: &[Move], begins: u64) -> (Vec<NumberDataPoint>, i64) {
    let (mut start, mut value, mut total) = (begins, 1_i64, 1_i64);
    let mut points = vec![int(start, begins + 1, value)];
    for (step, one) in (2..).zip(moves) {
        let time = begins + 10 * step;
        match *one {
            Move::Count(more) => {
                value += i64::from(more);
                total += i64::from(more);
            }
            Move::Restart(first) => {
                (start, value) = (time - 5, i64::from(first));
                total += value;
            }
            Move::Again => {
                points.push(points.last().cloned().unwrap());
                continue;
            }
            Move::Late => {
                points.push(points[points.len() / 2].clone());
                continue;
            }
        }
        points.push(int(start, time, value));
    }
    (points, total)
}

fn total(points: &[NumberDataPoint]) -> i64 {
    points
        .iter()
        .map(|point| match point.value {
            Some(Number::AsInt(int)) => int,
            _ => panic!("an integer"),
        })
        .sum()
}

proptest! {
    #[test]
    fn deltas_sum_up_to_all_that_was_counted(moves in moves()) {
        let (points, counted) = sent(&moves, 110);
        let (deltas, turned) = turn(&mut delta(), points.clone());
        prop_assert_eq!(total(&deltas), counted);
        prop_assert_eq!(turned.deltas + turned.old + turned.first, points.len() as u64);
        for pair in deltas.windows(2) {
            prop_assert!(pair[0].time_unix_nano <= pair[1].start_time_unix_nano, "they do not overlap");
        }
    }

    #[test]
    fn of_a_stream_from_before_us_the_first_point_is_missing_and_nothing_else(moves in moves()) {
        let (points, counted) = sent(&moves, 50);
        let resets = turn(&mut delta(), points).0;
        prop_assert_eq!(total(&resets), counted - 1);
    }

    #[test]
    fn of_several_without_a_start_no_more_is_told_than_was_counted(
        moves in prop::collection::vec((0..3_usize, 0..2000_i64, prop::bool::weighted(0.1)), 0..60)
    ) {
        let (mut values, mut counted) = ([3000, 2000, 1000], 0);
        let mut points: Vec<_> = (120..).zip(values).map(|(time, value)| int(0, time, value)).collect();
        for (time, (process, more, again)) in (130..).zip(moves) {
            values[process] = if again { more } else { values[process] + more };
            counted += more;
            points.push(int(0, time, values[process]));
        }
        prop_assert!(total(&turn(&mut delta(), points).0) <= counted);
    }

    #[test]
    fn how_points_are_put_into_requests_changes_nothing(moves in moves(), other in moves(), cuts in prop::collection::vec(1..6_usize, 1..20)) {
        let (points, _) = sent(&moves, 110);
        let others = sent(&other, 113).0;
        let mut all: Vec<_> = points.into_iter().chain(others).collect();
        all.sort_by_key(|point| point.time_unix_nano);
        let one_by_one = turn(&mut delta(), all.clone());
        let together = turn_by(&mut delta(), all, &mut cuts.into_iter().cycle());
        prop_assert_eq!(one_by_one, together);
    }

    #[test]
    fn deltas_of_a_histogram_sum_up_in_every_bucket(steps in prop::collection::vec(prop::array::uniform4(0..5_u64), 1..20)) {
        let mut buckets = [0; 4];
        let points: Vec<_> = steps.iter().zip(0..).map(|(step, number)| {
            buckets.iter_mut().zip(step).for_each(|(bucket, more)| *bucket += more);
            explicit(110, 120 + number, &buckets)
        }).collect();
        let deltas = turn_explicit(points);
        let of = |bucket: usize| deltas.iter().map(|delta| delta.bucket_counts[bucket]).sum::<u64>();
        prop_assert_eq!([of(0), of(1), of(2), of(3)], buckets);
        prop_assert_eq!(deltas.iter().map(|delta| delta.count).sum::<u64>(), buckets.iter().sum::<u64>());
    }

    #[test]
    fn deltas_of_an_exponential_histogram_sum_up_at_any_scale(
        batches in prop::collection::vec(prop::collection::vec((-40..40_i32, any::<bool>()), 0..6), 1..12)
    ) {
        let mut sender = Sender { scale: 3, ..Sender::default() };
        let (mut delta, mut deltas, mut before) = (delta(), Vec::new(), 0);
        for (batch, number) in batches.iter().zip(0..) {
            for (size, negative) in batch {
                let value = if *size == 0 { 0.0 } else { f64::from(*size).exp2() * 1.1 };
                sender.record(if *negative { -value } else { value });
            }
            let point = sender.point(110, 120 + number);
            let out = turn_exponential(&mut delta, point.clone()).unwrap();
            prop_assert_eq!(out.count, point.count - before);
            before = point.count;
            deltas.push(out);
        }
        let last = sender.point(110, 999);
        for side in [|point: &ExponentialHistogramDataPoint| point.positive.clone(), |point: &ExponentialHistogramDataPoint| point.negative.clone()] {
            let mut all = std::collections::BTreeMap::new();
            for delta in &deltas {
                for (index, count) in counts(side(delta).as_ref(), delta.scale - last.scale) {
                    *all.entry(index).or_default() += count;
                }
            }
            prop_assert_eq!(all, counts(side(&last).as_ref(), 0));
        }
        prop_assert_eq!(deltas.iter().map(|delta| delta.zero_count).sum::<u64>(), last.zero_count);
    }
}
