//! Reading a payload record by record, for those who write it in another form than OTLP.
//!
//! What is read is borrowed and never printed: none of these types has a `Debug`. Fields have OTLP's names
//! and meanings; what another form seldom has a place for (buckets, exemplars, entities) is told as OTLP/JSON.

use super::encode::{entities_json, point_json, write_plain};
use super::tree::{OfResource, OfScope};
use super::walk::Attributes;
use super::{Payload, Request};
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint,
    metric::Data, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{self as traces, span, status};
use std::borrow::Cow;

/// What a record stands under: one process, and one library of it.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    of: Option<&'a Resource>,
    library: Option<&'a InstrumentationScope>,
    /// Of the resource; empty: not known.
    pub resource_schema_url: &'a str,
    /// Of the scope; empty: not known.
    pub scope_schema_url: &'a str,
}

/// A span, a log record or a data point.
#[derive(Clone, Copy)]
pub enum Record<'a> {
    /// Of traces.
    Span(Span<'a>),
    /// Of logs.
    Log(Log<'a>),
    /// Of metrics.
    Point(Point<'a>),
}

/// One span.
#[derive(Clone, Copy)]
pub struct Span<'a>(&'a traces::Span);

/// What a span was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Not said.
    Unspecified,
    /// Nothing but this process.
    Internal,
    /// It answers a request.
    Server,
    /// It makes a request.
    Client,
    /// It sends a message.
    Producer,
    /// It takes a message.
    Consumer,
}

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not said.
    Unset,
    /// Well, as its application says.
    Ok,
    /// Not well.
    Error,
}

/// Something that happened during a span.
#[derive(Clone, Copy)]
pub struct Event<'a>(&'a span::Event);

/// Another span that one names.
#[derive(Clone, Copy)]
pub struct Link<'a>(&'a span::Link);

/// One log record.
#[derive(Clone, Copy)]
pub struct Log<'a>(&'a LogRecord);

/// One data point, with the metric it is of.
#[derive(Clone, Copy)]
pub struct Point<'a> {
    metric: &'a Metric,
    pub(super) of: PointOf<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum PointOf<'a> {
    Number(&'a NumberDataPoint),
    Histogram(&'a HistogramDataPoint),
    Exponential(&'a ExponentialHistogramDataPoint),
    Summary(&'a SummaryDataPoint),
}

/// What a data point measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    /// Nothing.
    Nothing,
    /// One whole number.
    Int(i64),
    /// One number; it may not be finite.
    Double(f64),
    /// So many of them together.
    Many {
        /// How many.
        count: u64,
        /// All of them together.
        sum: Option<f64>,
        /// The least.
        min: Option<f64>,
        /// The most.
        max: Option<f64>,
    },
}

/// A value of an attribute or a body.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// None.
    Nothing,
    /// Text.
    Text(&'a str),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number; it may not be finite.
    Double(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list or a map.
    Structured(Structured<'a>),
}

/// A list or a map.
#[derive(Clone, Copy)]
pub struct Structured<'a>(&'a any_value::Value);

impl Payload {
    /// Every record, in order, with what it stands under. A metric without data points has none.
    pub fn read(&self) -> Box<dyn Iterator<Item = (Origin<'_>, Record<'_>)> + '_> {
        match &self.0 {
            Request::Traces(request) => {
                let spans = records(&request.resource_spans);
                Box::new(spans.map(|(origin, span)| (origin, Record::Span(Span(span)))))
            }
            Request::Logs(request) => {
                let logs = records(&request.resource_logs);
                Box::new(logs.map(|(origin, log)| (origin, Record::Log(Log(log)))))
            }
            Request::Metrics(request) => {
                let metrics = records(&request.resource_metrics);
                Box::new(metrics.flat_map(|(origin, metric)| {
                    points(metric).map(move |of| (origin, Record::Point(Point { metric, of })))
                }))
            }
        }
    }
}

type RecordOf<R> = <<R as OfResource>::Scoped as OfScope>::Record;

fn records<R: OfResource>(resources: &[R]) -> impl Iterator<Item = (Origin<'_>, &RecordOf<R>)> {
    resources.iter().flat_map(|resource| {
        let (of, scopes, resource_schema_url) = resource.parts();
        scopes.iter().flat_map(move |scope| {
            let (library, records, scope_schema_url) = scope.parts();
            let origin = Origin { of, library, resource_schema_url, scope_schema_url };
            records.iter().map(move |record| (origin, record))
        })
    })
}

fn points(metric: &Metric) -> Box<dyn Iterator<Item = PointOf<'_>> + '_> {
    match &metric.data {
        Some(Data::Gauge(data)) => Box::new(data.data_points.iter().map(PointOf::Number)),
        Some(Data::Sum(data)) => Box::new(data.data_points.iter().map(PointOf::Number)),
        Some(Data::Histogram(data)) => Box::new(data.data_points.iter().map(PointOf::Histogram)),
        Some(Data::ExponentialHistogram(data)) => Box::new(data.data_points.iter().map(PointOf::Exponential)),
        Some(Data::Summary(data)) => Box::new(data.data_points.iter().map(PointOf::Summary)),
        None => Box::new(std::iter::empty()),
    }
}

impl<'a> Origin<'a> {
    /// Of the resource.
    #[must_use]
    pub fn resource(self) -> Attributes<'a> {
        Attributes(self.of.map_or(&[], |resource| &resource.attributes))
    }

    /// The entities a resource is of, as an array in OTLP/JSON; `None`: it names none.
    #[must_use]
    pub fn entities(self) -> Option<String> {
        entities_json(&self.of?.entity_refs)
    }

    /// Of the scope.
    #[must_use]
    pub fn scope(self) -> Attributes<'a> {
        Attributes(self.library.map_or(&[], |scope| &scope.attributes))
    }

    /// Name and version of the scope.
    #[must_use]
    pub fn library(self) -> (&'a str, &'a str) {
        self.library.map_or(("", ""), |scope| (&scope.name, &scope.version))
    }

    /// Attributes the sender left out, of resource and scope.
    #[must_use]
    pub fn dropped(self) -> (u32, u32) {
        let resource = self.of.map_or(0, |resource| resource.dropped_attributes_count);
        (resource, self.library.map_or(0, |scope| scope.dropped_attributes_count))
    }
}

#[allow(missing_docs, reason = "fields of OTLP by their names")]
impl<'a> Span<'a> {
    #[must_use]
    pub fn name(self) -> &'a str {
        &self.0.name
    }

    #[must_use]
    pub fn trace_id(self) -> &'a [u8] {
        &self.0.trace_id
    }

    #[must_use]
    pub fn span_id(self) -> &'a [u8] {
        &self.0.span_id
    }

    #[must_use]
    pub fn parent_span_id(self) -> &'a [u8] {
        &self.0.parent_span_id
    }

    #[must_use]
    pub fn trace_state(self) -> &'a str {
        &self.0.trace_state
    }

    #[must_use]
    pub const fn flags(self) -> u32 {
        self.0.flags
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        match span::SpanKind::try_from(self.0.kind) {
            Ok(span::SpanKind::Internal) => Kind::Internal,
            Ok(span::SpanKind::Server) => Kind::Server,
            Ok(span::SpanKind::Client) => Kind::Client,
            Ok(span::SpanKind::Producer) => Kind::Producer,
            Ok(span::SpanKind::Consumer) => Kind::Consumer,
            Ok(span::SpanKind::Unspecified) | Err(_) => Kind::Unspecified,
        }
    }

    #[must_use]
    pub const fn start_time_unix_nano(self) -> u64 {
        self.0.start_time_unix_nano
    }

    #[must_use]
    pub const fn end_time_unix_nano(self) -> u64 {
        self.0.end_time_unix_nano
    }

    #[must_use]
    pub fn status(self) -> Status {
        let code = self.0.status.as_ref().map_or(0, |status| status.code);
        match status::StatusCode::try_from(code) {
            Ok(status::StatusCode::Ok) => Status::Ok,
            Ok(status::StatusCode::Error) => Status::Error,
            Ok(status::StatusCode::Unset) | Err(_) => Status::Unset,
        }
    }

    #[must_use]
    pub fn status_message(self) -> &'a str {
        self.0.status.as_ref().map_or("", |status| &status.message)
    }

    #[must_use]
    pub fn attributes(self) -> Attributes<'a> {
        Attributes(&self.0.attributes)
    }

    pub fn events(self) -> impl ExactSizeIterator<Item = Event<'a>> {
        self.0.events.iter().map(Event)
    }

    pub fn links(self) -> impl ExactSizeIterator<Item = Link<'a>> {
        self.0.links.iter().map(Link)
    }

    /// Attributes, events and links the sender left out.
    #[must_use]
    pub const fn dropped(self) -> [u32; 3] {
        [self.0.dropped_attributes_count, self.0.dropped_events_count, self.0.dropped_links_count]
    }
}

#[allow(missing_docs, reason = "fields of OTLP by their names")]
impl<'a> Event<'a> {
    #[must_use]
    pub fn name(self) -> &'a str {
        &self.0.name
    }

    #[must_use]
    pub const fn time_unix_nano(self) -> u64 {
        self.0.time_unix_nano
    }

    #[must_use]
    pub fn attributes(self) -> Attributes<'a> {
        Attributes(&self.0.attributes)
    }

    #[must_use]
    pub const fn dropped_attributes_count(self) -> u32 {
        self.0.dropped_attributes_count
    }
}

#[allow(missing_docs, reason = "fields of OTLP by their names")]
impl<'a> Link<'a> {
    #[must_use]
    pub fn trace_id(self) -> &'a [u8] {
        &self.0.trace_id
    }

    #[must_use]
    pub fn span_id(self) -> &'a [u8] {
        &self.0.span_id
    }

    #[must_use]
    pub fn trace_state(self) -> &'a str {
        &self.0.trace_state
    }

    #[must_use]
    pub const fn flags(self) -> u32 {
        self.0.flags
    }

    #[must_use]
    pub fn attributes(self) -> Attributes<'a> {
        Attributes(&self.0.attributes)
    }

    #[must_use]
    pub const fn dropped_attributes_count(self) -> u32 {
        self.0.dropped_attributes_count
    }
}

#[allow(missing_docs, reason = "fields of OTLP by their names")]
impl<'a> Log<'a> {
    #[must_use]
    pub const fn time_unix_nano(self) -> u64 {
        self.0.time_unix_nano
    }

    #[must_use]
    pub const fn observed_time_unix_nano(self) -> u64 {
        self.0.observed_time_unix_nano
    }

    #[must_use]
    pub const fn severity_number(self) -> i32 {
        self.0.severity_number
    }

    #[must_use]
    pub fn severity_text(self) -> &'a str {
        &self.0.severity_text
    }

    #[must_use]
    pub fn body(self) -> Value<'a> {
        Value::of(self.0.body.as_ref().and_then(|body| body.value.as_ref()))
    }

    #[must_use]
    pub fn event_name(self) -> &'a str {
        &self.0.event_name
    }

    #[must_use]
    pub fn trace_id(self) -> &'a [u8] {
        &self.0.trace_id
    }

    #[must_use]
    pub fn span_id(self) -> &'a [u8] {
        &self.0.span_id
    }

    #[must_use]
    pub const fn flags(self) -> u32 {
        self.0.flags
    }

    #[must_use]
    pub fn attributes(self) -> Attributes<'a> {
        Attributes(&self.0.attributes)
    }

    #[must_use]
    pub const fn dropped_attributes_count(self) -> u32 {
        self.0.dropped_attributes_count
    }
}

/// Runs one expression with a data point, whichever of the kinds it is.
macro_rules! of_point {
    ($of:expr, $point:ident => $run:expr) => {
        match $of {
            PointOf::Number($point) => $run,
            PointOf::Histogram($point) => $run,
            PointOf::Exponential($point) => $run,
            PointOf::Summary($point) => $run,
        }
    };
}

impl<'a> Point<'a> {
    /// Of the metric.
    #[must_use]
    pub fn name(self) -> &'a str {
        &self.metric.name
    }

    /// Of the metric.
    #[must_use]
    pub fn description(self) -> &'a str {
        &self.metric.description
    }

    /// Of the metric.
    #[must_use]
    pub fn unit(self) -> &'a str {
        &self.metric.unit
    }

    /// Of the metric.
    #[must_use]
    pub fn metadata(self) -> Attributes<'a> {
        Attributes(&self.metric.metadata)
    }

    /// What the metric is, in OTLP's word.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self.metric.data {
            Some(Data::Gauge(_)) | None => "gauge",
            Some(Data::Sum(_)) => "sum",
            Some(Data::Histogram(_)) => "histogram",
            Some(Data::ExponentialHistogram(_)) => "exponential_histogram",
            Some(Data::Summary(_)) => "summary",
        }
    }

    /// Whether it is `delta` or `cumulative`; `None` for what is neither.
    #[must_use]
    pub fn temporality(self) -> Option<&'static str> {
        let temporality = match self.metric.data.as_ref()? {
            Data::Sum(data) => data.aggregation_temporality,
            Data::Histogram(data) => data.aggregation_temporality,
            Data::ExponentialHistogram(data) => data.aggregation_temporality,
            Data::Gauge(_) | Data::Summary(_) => return None,
        };
        match temporality {
            1 => Some("delta"),
            2 => Some("cumulative"),
            _ => None,
        }
    }

    /// Whether a sum only rises; `None` for what is no sum.
    #[must_use]
    pub const fn is_monotonic(self) -> Option<bool> {
        match &self.metric.data {
            Some(Data::Sum(data)) => Some(data.is_monotonic),
            _ => None,
        }
    }

    /// Of the point.
    #[must_use]
    pub fn attributes(self) -> Attributes<'a> {
        Attributes(of_point!(self.of, point => &point.attributes))
    }

    /// When what it tells began; zero: not said.
    #[must_use]
    pub const fn start_time_unix_nano(self) -> u64 {
        of_point!(self.of, point => point.start_time_unix_nano)
    }

    /// When it was measured.
    #[must_use]
    pub const fn time_unix_nano(self) -> u64 {
        of_point!(self.of, point => point.time_unix_nano)
    }

    /// Of the point.
    #[must_use]
    pub const fn flags(self) -> u32 {
        of_point!(self.of, point => point.flags)
    }

    /// What was measured.
    #[must_use]
    pub fn measured(self) -> Measured {
        match self.of {
            PointOf::Number(point) => match point.value {
                Some(number_data_point::Value::AsInt(int)) => Measured::Int(int),
                Some(number_data_point::Value::AsDouble(double)) => Measured::Double(double),
                None => Measured::Nothing,
            },
            PointOf::Histogram(&HistogramDataPoint { count, sum, min, max, .. })
            | PointOf::Exponential(&ExponentialHistogramDataPoint { count, sum, min, max, .. }) => {
                Measured::Many { count, sum, min, max }
            }
            PointOf::Summary(point) => summary(point),
        }
    }

    /// Buckets, quantiles and exemplars of it, as an object in OTLP/JSON; `None`: there are none.
    #[must_use]
    pub fn details(self) -> Option<String> {
        point_json(self.of)
    }
}

/// The quantiles 0 and 1 are the least and the most.
fn summary(point: &SummaryDataPoint) -> Measured {
    let at = |wanted: f64| {
        let quantile = point.quantile_values.iter().find(|of| of.quantile.to_bits() == wanted.to_bits());
        quantile.map(|of| of.value)
    };
    Measured::Many { count: point.count, sum: Some(point.sum), min: at(0.0), max: at(1.0) }
}

impl<'a> Attributes<'a> {
    /// Every attribute, in order, with its value.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'a str, Value<'a>)> {
        self.0.iter().map(|kv| {
            let value = kv.value.as_ref().and_then(|value| value.value.as_ref());
            (kv.key.as_str(), Value::of(value))
        })
    }

    /// The value of the first attribute of that key, if it is a text that is not empty.
    #[must_use]
    pub fn text(self, key: &str) -> Option<&'a str> {
        self.iter().find(|(there, _)| *there == key).and_then(|(_, value)| match value {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        })
    }
}

impl<'a> Value<'a> {
    fn of(value: Option<&'a any_value::Value>) -> Self {
        match value {
            Some(any_value::Value::StringValue(text)) => Self::Text(text),
            Some(any_value::Value::BoolValue(bool)) => Self::Bool(*bool),
            Some(any_value::Value::IntValue(int)) => Self::Int(*int),
            Some(any_value::Value::DoubleValue(double)) => Self::Double(*double),
            Some(any_value::Value::BytesValue(bytes)) => Self::Bytes(bytes),
            Some(value @ (any_value::Value::ArrayValue(_) | any_value::Value::KvlistValue(_))) => {
                Self::Structured(Structured(value))
            }
            // Cleared when it was decoded.
            Some(any_value::Value::StringValueStrindex(_)) | None => Self::Nothing,
        }
    }

    /// The value as one text: lists and maps as plain JSON, bytes in base64, nothing as nothing.
    #[must_use]
    pub fn to_text(self) -> Cow<'a, str> {
        match self {
            Self::Nothing => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(bool) => Cow::Borrowed(if bool { "true" } else { "false" }),
            Self::Int(int) => Cow::Owned(int.to_string()),
            Self::Double(double) => Cow::Owned(double.to_string()),
            Self::Bytes(bytes) => Cow::Owned(data_encoding::BASE64.encode(bytes)),
            Self::Structured(Structured(value)) => Cow::Owned(write_plain(value)),
        }
    }
}

#[cfg(test)]
#[path = "read/tests.rs"]
mod tests;
