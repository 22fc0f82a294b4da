//! Data points: one item each.

use super::super::envelope::{self, Base, Envelope, Measure, Measurements, Metric, Properties};
use super::{Mapper, count, named, put_attributes, put_origin, tags, timestamp};
use crate::limits;
use crate::otlp::{Measured, Origin, Point};

pub(super) fn point(mapper: &Mapper, origin: Origin<'_>, point: Point<'_>) -> Envelope {
    let mut properties = Properties::default();
    put_attributes(&mut properties, None, point.attributes(), &[]);
    put_fields(&mut properties, point);
    put_origin(&mut properties, origin);
    let base = match measure(point) {
        Some(measure) => {
            let name = properties.fitting(named(point.name()), limits::TRACK_NAME);
            Base::Metric(Metric { ver: 2, metrics: [Measure { name, ..measure }], properties })
        }
        None => {
            let name = properties.fitting(named(point.name()), limits::TRACK_EVENT);
            let measurements = Measurements::default();
            Base::Event(envelope::Event { ver: 2, name, properties, measurements })
        }
    };
    let tags = tags(origin, point.attributes(), &[], &[]);
    mapper.item(point.time_unix_nano(), tags, base)
}

/// What was measured, but for its name; `None`: nothing that is a number in JSON.
fn measure(point: Point<'_>) -> Option<Measure> {
    let one = |value: f64| Measure { value, kind: "Measurement", ..NOTHING };
    let measure = match point.measured() {
        Measured::Nothing => return None,
        #[allow(clippy::cast_precision_loss, reason = "a property has every digit")]
        Measured::Int(int) => one(int as f64),
        Measured::Double(double) => one(double),
        Measured::Many { count, sum, min, max } => {
            let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
            let (value, count) = (sum.unwrap_or_default(), Some(count));
            Measure { value, kind: "Aggregation", count, min: finite(min), max: finite(max), ..NOTHING }
        }
    };
    measure.value.is_finite().then_some(measure)
}

const NOTHING: Measure =
    Measure { name: String::new(), kind: "", value: 0.0, count: None, min: None, max: None };

fn put_fields(properties: &mut Properties, point: Point<'_>) {
    properties.tell("otel.metric.type", point.kind());
    properties.tell("otel.metric.unit", point.unit());
    properties.tell("otel.metric.description", point.description());
    properties.tell("otel.metric.temporality", point.temporality().unwrap_or_default());
    let monotonic = point.is_monotonic().map(|monotonic| monotonic.to_string());
    properties.tell("otel.metric.monotonic", &monotonic.unwrap_or_default());
    properties.tell("otel.metric.value", &exact(point.measured()).unwrap_or_default());
    properties.tell("otel.metric.details", &point.details().unwrap_or_default());
    let start = timestamp(point.start_time_unix_nano()).map(|at| at.to_string());
    properties.tell("otel.metric.start_time", &start.unwrap_or_default());
    count(properties, "otel.flags", point.flags());
    for (key, value) in point.metadata().iter() {
        properties.put("metadata", key, &value.to_text());
    }
}

/// What a number of JSON does not say: integers past 2^53, what is not finite, and what there is no sum of.
fn exact(measured: Measured) -> Option<String> {
    match measured {
        Measured::Int(int) if int.unsigned_abs() > 1 << 53 => Some(int.to_string()),
        Measured::Double(double) if !double.is_finite() => Some(double.to_string()),
        Measured::Many { sum: Some(sum), .. } if !sum.is_finite() => Some(sum.to_string()),
        Measured::Many { sum: None, .. } => Some("no sum".to_owned()),
        _ => None,
    }
}
