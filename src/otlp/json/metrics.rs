//! Metrics, their five kinds of data points, and exemplars.

use super::common::{key_value, number, span_id, trace_id};
use super::reader::{Reader, members};
use super::{FromJson, Read};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint, exemplar,
    exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
    summary_data_point::ValueAtQuantile,
};

impl FromJson for Metric {
    fn from_json(reader: &mut Reader<'_>) -> Read<Self> {
        let mut metric = Self::default();
        members!(reader:
            "name" => field(metric.name, Reader::text),
            "description" => field(metric.description, Reader::text),
            "unit" => field(metric.unit, Reader::text),
            "gauge" => field(metric.data, |r| gauge(r).map(|gauge| Some(Data::Gauge(gauge)))),
            "sum" => field(metric.data, |r| sum(r).map(|sum| Some(Data::Sum(sum)))),
            "histogram" => field(metric.data, |r| histogram(r).map(|data| Some(Data::Histogram(data)))),
            "exponentialHistogram" => field(metric.data, |r| {
                exponential(r).map(|data| Some(Data::ExponentialHistogram(data)))
            }),
            "summary" => field(metric.data, |r| summary(r).map(|summary| Some(Data::Summary(summary)))),
            "metadata" => list(metric.metadata, key_value),
        )?;
        Ok(metric)
    }
}

fn gauge(reader: &mut Reader<'_>) -> Read<Gauge> {
    let mut gauge = Gauge::default();
    members!(reader: "dataPoints" => list(gauge.data_points, number_point))?;
    Ok(gauge)
}

fn sum(reader: &mut Reader<'_>) -> Read<Sum> {
    let mut sum = Sum::default();
    members!(reader:
        "dataPoints" => list(sum.data_points, number_point),
        "aggregationTemporality" => field(sum.aggregation_temporality, temporality),
        "isMonotonic" => field(sum.is_monotonic, Reader::bool),
    )?;
    Ok(sum)
}

fn histogram(reader: &mut Reader<'_>) -> Read<Histogram> {
    let mut histogram = Histogram::default();
    members!(reader:
        "dataPoints" => list(histogram.data_points, histogram_point),
        "aggregationTemporality" => field(histogram.aggregation_temporality, temporality),
    )?;
    Ok(histogram)
}

fn exponential(reader: &mut Reader<'_>) -> Read<ExponentialHistogram> {
    let mut histogram = ExponentialHistogram::default();
    members!(reader:
        "dataPoints" => list(histogram.data_points, exponential_point),
        "aggregationTemporality" => field(histogram.aggregation_temporality, temporality),
    )?;
    Ok(histogram)
}

fn summary(reader: &mut Reader<'_>) -> Read<Summary> {
    let mut summary = Summary::default();
    members!(reader: "dataPoints" => list(summary.data_points, summary_point))?;
    Ok(summary)
}

fn number_point(reader: &mut Reader<'_>) -> Read<NumberDataPoint> {
    use number_data_point::Value;
    let mut point = NumberDataPoint::default();
    members!(reader:
        "attributes" => list(point.attributes, key_value),
        "startTimeUnixNano" => field(point.start_time_unix_nano, Reader::int),
        "timeUnixNano" => field(point.time_unix_nano, Reader::int),
        "asDouble" => field(point.value, |r| r.double().map(|double| Some(Value::AsDouble(double)))),
        "asInt" => field(point.value, |r| number(r, Value::AsInt, Value::AsDouble).map(Some)),
        "exemplars" => list(point.exemplars, exemplar),
        "flags" => field(point.flags, Reader::int),
    )?;
    Ok(point)
}

fn histogram_point(reader: &mut Reader<'_>) -> Read<HistogramDataPoint> {
    let mut point = HistogramDataPoint::default();
    members!(reader:
        "attributes" => list(point.attributes, key_value),
        "startTimeUnixNano" => field(point.start_time_unix_nano, Reader::int),
        "timeUnixNano" => field(point.time_unix_nano, Reader::int),
        "count" => field(point.count, Reader::int),
        "sum" => some(point.sum, Reader::double),
        "bucketCounts" => list(point.bucket_counts, Reader::int),
        "explicitBounds" => list(point.explicit_bounds, Reader::double),
        "exemplars" => list(point.exemplars, exemplar),
        "flags" => field(point.flags, Reader::int),
        "min" => some(point.min, Reader::double),
        "max" => some(point.max, Reader::double),
    )?;
    Ok(point)
}

fn exponential_point(reader: &mut Reader<'_>) -> Read<ExponentialHistogramDataPoint> {
    let mut point = ExponentialHistogramDataPoint::default();
    members!(reader:
        "attributes" => list(point.attributes, key_value),
        "startTimeUnixNano" => field(point.start_time_unix_nano, Reader::int),
        "timeUnixNano" => field(point.time_unix_nano, Reader::int),
        "count" => field(point.count, Reader::int),
        "sum" => some(point.sum, Reader::double),
        "scale" => field(point.scale, Reader::int),
        "zeroCount" => field(point.zero_count, Reader::int),
        "positive" => some(point.positive, buckets),
        "negative" => some(point.negative, buckets),
        "flags" => field(point.flags, Reader::int),
        "exemplars" => list(point.exemplars, exemplar),
        "min" => some(point.min, Reader::double),
        "max" => some(point.max, Reader::double),
        "zeroThreshold" => field(point.zero_threshold, Reader::double),
    )?;
    Ok(point)
}

fn buckets(reader: &mut Reader<'_>) -> Read<Buckets> {
    let mut buckets = Buckets::default();
    members!(reader:
        "offset" => field(buckets.offset, Reader::int),
        "bucketCounts" => list(buckets.bucket_counts, Reader::int),
    )?;
    Ok(buckets)
}

fn summary_point(reader: &mut Reader<'_>) -> Read<SummaryDataPoint> {
    let mut point = SummaryDataPoint::default();
    members!(reader:
        "attributes" => list(point.attributes, key_value),
        "startTimeUnixNano" => field(point.start_time_unix_nano, Reader::int),
        "timeUnixNano" => field(point.time_unix_nano, Reader::int),
        "count" => field(point.count, Reader::int),
        "sum" => field(point.sum, Reader::double),
        "quantileValues" => list(point.quantile_values, quantile),
        "flags" => field(point.flags, Reader::int),
    )?;
    Ok(point)
}

fn quantile(reader: &mut Reader<'_>) -> Read<ValueAtQuantile> {
    let mut quantile = ValueAtQuantile::default();
    members!(reader:
        "quantile" => field(quantile.quantile, Reader::double),
        "value" => field(quantile.value, Reader::double),
    )?;
    Ok(quantile)
}

fn exemplar(reader: &mut Reader<'_>) -> Read<Exemplar> {
    use exemplar::Value;
    let mut exemplar = Exemplar::default();
    members!(reader:
        "filteredAttributes" => list(exemplar.filtered_attributes, key_value),
        "timeUnixNano" => field(exemplar.time_unix_nano, Reader::int),
        "asDouble" => field(exemplar.value, |r| r.double().map(|double| Some(Value::AsDouble(double)))),
        "asInt" => field(exemplar.value, |r| number(r, Value::AsInt, Value::AsDouble).map(Some)),
        "spanId" => field(exemplar.span_id, span_id),
        "traceId" => field(exemplar.trace_id, trace_id),
    )?;
    Ok(exemplar)
}

fn temporality(reader: &mut Reader<'_>) -> Read<i32> {
    reader.enumeration(|name| AggregationTemporality::from_str_name(name).map(i32::from))
}
