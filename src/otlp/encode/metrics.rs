//! Metrics, their five kinds of data points, and exemplars.

use super::common::key_value;
use super::json::{Object, ToJson};
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint, exemplar,
    exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
    summary_data_point::ValueAtQuantile,
};

impl ToJson for Metric {
    fn to_json(&self, out: &mut Object<'_>) {
        out.text("name", &self.name);
        out.text("description", &self.description);
        out.text("unit", &self.unit);
        match &self.data {
            Some(Data::Gauge(data)) => out.message("gauge", Some(data), gauge),
            Some(Data::Sum(data)) => out.message("sum", Some(data), sum),
            Some(Data::Histogram(data)) => out.message("histogram", Some(data), histogram),
            Some(Data::ExponentialHistogram(data)) => {
                out.message("exponentialHistogram", Some(data), exponential);
            }
            Some(Data::Summary(data)) => out.message("summary", Some(data), summary),
            None => {}
        }
        out.list("metadata", &self.metadata, key_value);
    }
}

fn gauge(out: &mut Object<'_>, gauge: &Gauge) {
    out.list("dataPoints", &gauge.data_points, number_point);
}

fn sum(out: &mut Object<'_>, sum: &Sum) {
    out.list("dataPoints", &sum.data_points, number_point);
    out.int("aggregationTemporality", sum.aggregation_temporality);
    out.bool("isMonotonic", sum.is_monotonic);
}

fn histogram(out: &mut Object<'_>, histogram: &Histogram) {
    out.list("dataPoints", &histogram.data_points, histogram_point);
    out.int("aggregationTemporality", histogram.aggregation_temporality);
}

fn exponential(out: &mut Object<'_>, histogram: &ExponentialHistogram) {
    out.list("dataPoints", &histogram.data_points, exponential_point);
    out.int("aggregationTemporality", histogram.aggregation_temporality);
}

fn summary(out: &mut Object<'_>, summary: &Summary) {
    out.list("dataPoints", &summary.data_points, summary_point);
}

fn number_point(out: &mut Object<'_>, point: &NumberDataPoint) {
    out.list("attributes", &point.attributes, key_value);
    out.long("startTimeUnixNano", point.start_time_unix_nano);
    out.long("timeUnixNano", point.time_unix_nano);
    match point.value {
        Some(number_data_point::Value::AsDouble(double)) => out.any_double("asDouble", double),
        Some(number_data_point::Value::AsInt(int)) => out.any_long("asInt", int),
        None => {}
    }
    out.list("exemplars", &point.exemplars, exemplar);
    out.int("flags", point.flags);
}

fn histogram_point(out: &mut Object<'_>, point: &HistogramDataPoint) {
    out.list("attributes", &point.attributes, key_value);
    out.long("startTimeUnixNano", point.start_time_unix_nano);
    out.long("timeUnixNano", point.time_unix_nano);
    out.long("count", point.count);
    out.some_double("sum", point.sum);
    histogram_details(out, point);
    out.int("flags", point.flags);
    out.some_double("min", point.min);
    out.some_double("max", point.max);
}

/// Buckets and exemplars.
pub(super) fn histogram_details(out: &mut Object<'_>, point: &HistogramDataPoint) {
    out.longs("bucketCounts", &point.bucket_counts);
    out.doubles("explicitBounds", &point.explicit_bounds);
    out.list("exemplars", &point.exemplars, exemplar);
}

fn exponential_point(out: &mut Object<'_>, point: &ExponentialHistogramDataPoint) {
    out.list("attributes", &point.attributes, key_value);
    out.long("startTimeUnixNano", point.start_time_unix_nano);
    out.long("timeUnixNano", point.time_unix_nano);
    out.long("count", point.count);
    out.some_double("sum", point.sum);
    exponential_details(out, point);
    out.int("flags", point.flags);
    out.some_double("min", point.min);
    out.some_double("max", point.max);
}

/// Buckets and exemplars.
pub(super) fn exponential_details(out: &mut Object<'_>, point: &ExponentialHistogramDataPoint) {
    out.int("scale", point.scale);
    out.long("zeroCount", point.zero_count);
    out.message("positive", point.positive.as_ref(), buckets);
    out.message("negative", point.negative.as_ref(), buckets);
    out.double("zeroThreshold", point.zero_threshold);
    out.list("exemplars", &point.exemplars, exemplar);
}

fn buckets(out: &mut Object<'_>, buckets: &Buckets) {
    out.int("offset", buckets.offset);
    out.longs("bucketCounts", &buckets.bucket_counts);
}

fn summary_point(out: &mut Object<'_>, point: &SummaryDataPoint) {
    out.list("attributes", &point.attributes, key_value);
    out.long("startTimeUnixNano", point.start_time_unix_nano);
    out.long("timeUnixNano", point.time_unix_nano);
    out.long("count", point.count);
    out.double("sum", point.sum);
    summary_details(out, point);
    out.int("flags", point.flags);
}

/// Quantiles.
pub(super) fn summary_details(out: &mut Object<'_>, point: &SummaryDataPoint) {
    out.list("quantileValues", &point.quantile_values, quantile);
}

fn quantile(out: &mut Object<'_>, quantile: &ValueAtQuantile) {
    out.double("quantile", quantile.quantile);
    out.double("value", quantile.value);
}

pub(super) fn exemplar(out: &mut Object<'_>, exemplar: &Exemplar) {
    out.list("filteredAttributes", &exemplar.filtered_attributes, key_value);
    out.long("timeUnixNano", exemplar.time_unix_nano);
    match exemplar.value {
        Some(exemplar::Value::AsDouble(double)) => out.any_double("asDouble", double),
        Some(exemplar::Value::AsInt(int)) => out.any_long("asInt", int),
        None => {}
    }
    out.id("spanId", &exemplar.span_id);
    out.id("traceId", &exemplar.trace_id);
}
