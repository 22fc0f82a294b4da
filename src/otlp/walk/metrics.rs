//! Metrics: each data point is a record.
//!
//! The fields of a metric itself are visited after its first data point is entered and before the
//! contents of that point, so that no content is ever shown while another metric's record is the
//! entered one. A metric without data points is entered once with no attributes. The name in a view
//! is the name as it was left, but for the first data point. [`super::Edit::DropRecord`] in a field
//! of the metric takes the whole metric out, and so does taking out the last of its data points.

use super::values::{Gone, Kept, attributes, each, field};
use super::{Attributes, Level, Rewrite, View, Visitor};
use crate::path::{Path, Segment};
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
        Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint, metric::Data,
    },
};

/// Runs one expression with the data points of a metric, whichever of the five kinds they are.
macro_rules! with_points {
    ($data:expr, $points:ident => $run:expr, none => $none:expr) => {
        match $data {
            Some(Data::Gauge(Gauge { data_points: $points })) => $run,
            Some(Data::Sum(Sum { data_points: $points, .. })) => $run,
            Some(Data::Histogram(Histogram { data_points: $points, .. })) => $run,
            Some(Data::ExponentialHistogram(ExponentialHistogram { data_points: $points, .. })) => $run,
            Some(Data::Summary(Summary { data_points: $points })) => $run,
            None => $none,
        }
    };
}

/// Data points of it.
pub(in crate::otlp) fn points(metric: &Metric) -> usize {
    with_points!(&metric.data, points => points.len(), none => 0)
}

/// Leaves the first half of its data points, or the second. `false`: there are not two.
pub(in crate::otlp) fn halve_points(metric: &mut Metric, first: bool) -> bool {
    with_points!(&mut metric.data, points => {
        let middle = points.len() / 2;
        match first {
            true => points.truncate(middle),
            false => drop(points.drain(..middle)),
        }
        middle > 0
    }, none => false)
}

impl Rewrite for Metric {
    fn rewrite<V: Visitor>(&mut self, visitor: &mut V) -> Kept {
        let sent = points(self);
        visitor.enter(view(&self.name, first_attributes(self)));
        let metric = Path::root("metric");
        field(visitor, &metric, "name", &mut self.name)?;
        field(visitor, &metric, "description", &mut self.description)?;
        field(visitor, &metric, "unit", &mut self.unit)?;
        attributes(visitor, &metric, "metadata", &mut self.metadata)?;
        with_points!(&mut self.data, points => rewrite_points(visitor, &self.name, points), none => ());
        if sent > 0 && points(self) == 0 { Err(Gone::Record) } else { Ok(()) }
    }
}

fn view<'a>(name: &'a str, attributes: &'a [KeyValue]) -> View<'a> {
    View {
        level: Level::Record,
        name,
        version: "",
        attributes: Attributes(attributes),
        trace_id: &[],
        span_id: &[],
    }
}

fn first_attributes(metric: &Metric) -> &[KeyValue] {
    fn of<P: Point>(points: &[P]) -> &[KeyValue] {
        points.first().map_or(&[], Point::attributes)
    }
    with_points!(&metric.data, points => of(points), none => &[])
}

/// The five kinds of data points: attributes, and exemplars in all but one.
trait Point {
    fn attributes(&self) -> &[KeyValue];
    fn parts_mut(&mut self) -> (&mut Vec<KeyValue>, Option<&mut Vec<Exemplar>>);
}

macro_rules! point {
    ($($kind:ident),*) => {$(
        impl Point for $kind {
            fn attributes(&self) -> &[KeyValue] {
                &self.attributes
            }

            fn parts_mut(&mut self) -> (&mut Vec<KeyValue>, Option<&mut Vec<Exemplar>>) {
                (&mut self.attributes, Some(&mut self.exemplars))
            }
        }
    )*};
}

point!(NumberDataPoint, HistogramDataPoint, ExponentialHistogramDataPoint);

impl Point for SummaryDataPoint {
    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    fn parts_mut(&mut self) -> (&mut Vec<KeyValue>, Option<&mut Vec<Exemplar>>) {
        (&mut self.attributes, None)
    }
}

fn rewrite_points<V: Visitor, P: Point>(visitor: &mut V, name: &str, points: &mut Vec<P>) {
    let mut entered = true;
    points.retain_mut(|point| {
        if !std::mem::take(&mut entered) {
            visitor.enter(view(name, point.attributes()));
        }
        rewrite_point(visitor, point).is_ok()
    });
}

fn rewrite_point<V: Visitor, P: Point>(visitor: &mut V, point: &mut P) -> Kept {
    let datapoint = Path::root("datapoint");
    let (labels, exemplars) = point.parts_mut();
    attributes(visitor, &datapoint, "attributes", labels)?;
    let Some(exemplars) = exemplars else { return Ok(()) };
    each(exemplars, &datapoint.then(Segment::Field("exemplars")), |path, exemplar| {
        attributes(visitor, path, "filtered_attributes", &mut exemplar.filtered_attributes)
    })
}
