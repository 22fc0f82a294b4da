//! Payloads for the tests of this module: one full request a signal, and random ones.
#![allow(clippy::indexing_slicing)]

use super::{Payload, Request};
use crate::signal::Signal;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList, any_value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
        Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar,
        exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
        summary_data_point::ValueAtQuantile,
    },
    resource::v1::Resource,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span, Status,
        span::{Event, Link},
    },
};

/// A request with something in every field, as [`Payload::write_json`] writes it.
pub(super) const fn full(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => TRACES,
        Signal::Metrics => METRICS,
        Signal::Logs => LOGS,
    }
}

const TRACES: &str = concat!(
    r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"agent"}},"#,
    r#"{"key":"process.command_args","value":{"arrayValue":{"values":[{"stringValue":"-p"},{"intValue":"5"}]}}}],"#,
    r#""droppedAttributesCount":1,"entityRefs":[{"schemaUrl":"entity-url","type":"service","idKeys":["id-key"],"#,
    r#""descriptionKeys":["description-key"]}]},"scopeSpans":[{"scope":{"name":"lib","version":"1.0","#,
    r#""attributes":[{"key":"k","value":{"boolValue":false}}],"droppedAttributesCount":2},"#,
    r#""spans":[{"traceId":"000102030405060708090a0b0c0d0e0f","spanId":"0001020304050607","traceState":"a=b","#,
    r#""parentSpanId":"08090a0b0c0d0e0f","flags":1,"name":"chat","kind":3,"startTimeUnixNano":"1795221413136903157","#,
    r#""endTimeUnixNano":"1795221413136903158","attributes":[{"key":"cost","value":{"doubleValue":1.5}}],"#,
    r#""droppedAttributesCount":3,"events":[{"timeUnixNano":"1","name":"exception","attributes":"#,
    r#"[{"key":"exception.message","value":{"stringValue":"no"}}],"droppedAttributesCount":4}],"#,
    r#""droppedEventsCount":5,"links":[{"traceId":"000102030405060708090a0b0c0d0e0f","spanId":"0001020304050607","#,
    r#""traceState":"c=d","attributes":[{"key":"raw","value":{"bytesValue":"aGk="}}],"droppedAttributesCount":6,"#,
    r#""flags":7}],"droppedLinksCount":8,"status":{"message":"failed","code":2}}],"schemaUrl":"scope-url"}],"#,
    r#""schemaUrl":"resource-url"}]}"#
);

const METRICS: &str = concat!(
    r#"{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{"name":"meter"},"metrics":["#,
    r#"{"name":"g","description":"d","unit":"s","gauge":{"dataPoints":[{"attributes":[{"key":"model","#,
    r#""value":{"stringValue":"m"}}],"startTimeUnixNano":"1","timeUnixNano":"2","asDouble":0.0,"exemplars":"#,
    r#"[{"filteredAttributes":[{"key":"user","value":{"stringValue":"u"}}],"timeUnixNano":"3","asInt":"0","#,
    r#""spanId":"0001020304050607","traceId":"000102030405060708090a0b0c0d0e0f"}],"flags":1}]},"#,
    r#""metadata":[{"key":"m","value":{"stringValue":"metadata"}}]},"#,
    r#"{"name":"s","sum":{"dataPoints":[{"attributes":[{"key":"a","value":{"intValue":"1"}}],"asInt":"-1"},"#,
    r#"{"asDouble":"NaN"}],"aggregationTemporality":2,"isMonotonic":true}},"#,
    r#"{"name":"h","histogram":{"dataPoints":[{"attributes":[{"key":"b","value":{"stringValue":"h1"}}],"count":"2","#,
    r#""sum":0.0,"bucketCounts":["1","1"],"explicitBounds":[0.5],"flags":1,"min":-1.0,"max":"Infinity"}],"#,
    r#""aggregationTemporality":1}},{"name":"e","exponentialHistogram":{"dataPoints":[{"attributes":"#,
    r#"[{"key":"c","value":{"stringValue":"e1"}}],"count":"3","sum":1e300,"scale":-2,"zeroCount":"1","#,
    r#""positive":{"offset":-1,"bucketCounts":["1"]},"negative":{},"zeroThreshold":1e-7}]}},"#,
    r#"{"name":"q","summary":{"dataPoints":[{"attributes":[{"key":"d","value":{"stringValue":"q1"}}],"count":"1","#,
    r#""sum":1.0,"quantileValues":[{"quantile":0.5,"value":2.0}]}]}}]}]}]}"#
);

const LOGS: &str = concat!(
    r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"agent"}}]},"#,
    r#""scopeLogs":[{"scope":{"name":"lib"},"logRecords":[{"timeUnixNano":"1","observedTimeUnixNano":"2","#,
    r#""severityNumber":9,"severityText":"INFO","body":{"kvlistValue":{"values":[{"key":"content","value":"#,
    r#"{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"text","value":{"stringValue":"hello"}}]}}]}}},"#,
    r#"{"key":"none"}]}},"attributes":[{"key":"prompt","value":{"stringValue":""}}],"droppedAttributesCount":1,"#,
    r#""flags":1,"traceId":"000102030405060708090a0b0c0d0e0f","spanId":"0001020304050607","eventName":"said"},"#,
    r#"{"timeUnixNano":"3","body":{"stringValue":"plain"}}]}]}]}"#
);

/// A random request, made of these bytes; where they end, so does it.
pub(super) fn random(signal: Signal, bytes: &[u8]) -> Payload {
    let mut dice = Dice(bytes.iter());
    Payload(match signal {
        Signal::Traces => {
            Request::Traces(opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest {
                resource_spans: dice.list(Dice::resource_spans),
            })
        }
        Signal::Metrics => Request::Metrics(
            opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest {
                resource_metrics: dice.list(Dice::resource_metrics),
            },
        ),
        Signal::Logs => {
            Request::Logs(opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest {
                resource_logs: dice.list(Dice::resource_logs),
            })
        }
    })
}

struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn flip(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.byte() % 4).map(|_| item(self)).collect()
    }

    fn some<T>(&mut self, item: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flip().then(|| item(self))
    }

    fn u32(&mut self) -> u32 {
        self.of(&[0, 1, 300, u32::MAX])
    }

    fn i32(&mut self) -> i32 {
        self.of(&[0, 1, 2, 9, -1, i32::MIN, i32::MAX])
    }

    fn u64(&mut self) -> u64 {
        self.of(&[0, 1, 1_795_221_413_136_903_157, u64::MAX, 1 << 53])
    }

    fn i64(&mut self) -> i64 {
        self.of(&[0, 1, -1, i64::MIN, i64::MAX, (1 << 53) + 1])
    }

    fn f64(&mut self) -> f64 {
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, f64::MAX];
        let plain = [0.0, -0.0, 1.0, -1.5, 0.1, 1e300, 1e-300, 5e-324, 1e21, 123_456_789.125];
        if self.flip() { self.of(&plain) } else { self.of(&special) }
    }

    fn text(&mut self) -> String {
        let long = "a longer text, with \"quotes\", \\ and\na line after more than one short run of bytes";
        let texts =
            ["", "a", "plain text", "q\" b\\ /", "\0\u{1f}\u{7f}\n\r\t\u{8}\u{c}", "\u{1f600}\u{2028}\u{e9}"];
        if self.byte() % 8 == 7 { long.to_owned() } else { self.of(&texts).to_owned() }
    }

    fn id(&mut self, length: usize) -> Vec<u8> {
        if self.flip() { Vec::new() } else { (0..length).map(|_| self.byte()).collect() }
    }

    fn value(&mut self, depth: usize) -> AnyValue {
        use any_value::Value;
        let value = match self.byte() % if depth == 0 { 6 } else { 8 } {
            0 => None,
            1 => Some(Value::StringValue(self.text())),
            2 => Some(Value::BoolValue(self.flip())),
            3 => Some(Value::IntValue(self.i64())),
            4 => Some(Value::DoubleValue(self.f64())),
            5 => Some(Value::BytesValue(self.list(Self::byte))),
            6 => Some(Value::ArrayValue(ArrayValue { values: self.list(|dice| dice.value(depth - 1)) })),
            _ => {
                Some(Value::KvlistValue(KeyValueList { values: self.list(|dice| dice.key_value(depth - 1)) }))
            }
        };
        AnyValue { value }
    }

    fn key_value(&mut self, depth: usize) -> KeyValue {
        KeyValue { key: self.text(), value: self.some(|dice| dice.value(depth)), key_strindex: 0 }
    }

    fn attributes(&mut self) -> Vec<KeyValue> {
        self.list(|dice| dice.key_value(3))
    }

    fn resource(&mut self) -> Resource {
        Resource {
            attributes: self.attributes(),
            dropped_attributes_count: self.u32(),
            entity_refs: self.list(|dice| EntityRef {
                schema_url: dice.text(),
                r#type: dice.text(),
                id_keys: dice.list(Self::text),
                description_keys: dice.list(Self::text),
            }),
        }
    }

    fn scope(&mut self) -> InstrumentationScope {
        InstrumentationScope {
            name: self.text(),
            version: self.text(),
            attributes: self.attributes(),
            dropped_attributes_count: self.u32(),
        }
    }

    fn resource_spans(&mut self) -> ResourceSpans {
        ResourceSpans {
            resource: self.some(Self::resource),
            scope_spans: self.list(|dice| ScopeSpans {
                scope: dice.some(Self::scope),
                spans: dice.list(Self::span),
                schema_url: dice.text(),
            }),
            schema_url: self.text(),
        }
    }

    fn resource_logs(&mut self) -> ResourceLogs {
        ResourceLogs {
            resource: self.some(Self::resource),
            scope_logs: self.list(|dice| ScopeLogs {
                scope: dice.some(Self::scope),
                log_records: dice.list(Self::log),
                schema_url: dice.text(),
            }),
            schema_url: self.text(),
        }
    }

    fn resource_metrics(&mut self) -> ResourceMetrics {
        ResourceMetrics {
            resource: self.some(Self::resource),
            scope_metrics: self.list(|dice| ScopeMetrics {
                scope: dice.some(Self::scope),
                metrics: dice.list(Self::metric),
                schema_url: dice.text(),
            }),
            schema_url: self.text(),
        }
    }

    fn span(&mut self) -> Span {
        Span {
            trace_id: self.id(16),
            span_id: self.id(8),
            trace_state: self.text(),
            parent_span_id: self.id(8),
            flags: self.u32(),
            name: self.text(),
            kind: self.i32(),
            start_time_unix_nano: self.u64(),
            end_time_unix_nano: self.u64(),
            attributes: self.attributes(),
            dropped_attributes_count: self.u32(),
            events: self.list(Self::event),
            dropped_events_count: self.u32(),
            links: self.list(Self::link),
            dropped_links_count: self.u32(),
            status: self.some(|dice| Status { message: dice.text(), code: dice.i32() }),
        }
    }

    fn event(&mut self) -> Event {
        Event {
            time_unix_nano: self.u64(),
            name: self.text(),
            attributes: self.attributes(),
            dropped_attributes_count: self.u32(),
        }
    }

    fn link(&mut self) -> Link {
        Link {
            trace_id: self.id(16),
            span_id: self.id(8),
            trace_state: self.text(),
            attributes: self.attributes(),
            dropped_attributes_count: self.u32(),
            flags: self.u32(),
        }
    }

    fn log(&mut self) -> LogRecord {
        LogRecord {
            time_unix_nano: self.u64(),
            observed_time_unix_nano: self.u64(),
            severity_number: self.i32(),
            severity_text: self.text(),
            body: self.some(|dice| dice.value(3)),
            attributes: self.attributes(),
            dropped_attributes_count: self.u32(),
            flags: self.u32(),
            trace_id: self.id(16),
            span_id: self.id(8),
            event_name: self.text(),
        }
    }

    fn metric(&mut self) -> Metric {
        Metric {
            name: self.text(),
            description: self.text(),
            unit: self.text(),
            metadata: self.attributes(),
            data: self.some(Self::data),
        }
    }

    fn data(&mut self) -> Data {
        match self.byte() % 5 {
            0 => Data::Gauge(Gauge { data_points: self.list(Self::number) }),
            1 => Data::Sum(Sum {
                data_points: self.list(Self::number),
                aggregation_temporality: self.i32(),
                is_monotonic: self.flip(),
            }),
            2 => Data::Histogram(Histogram {
                data_points: self.list(Self::histogram),
                aggregation_temporality: self.i32(),
            }),
            3 => Data::ExponentialHistogram(ExponentialHistogram {
                data_points: self.list(Self::exponential),
                aggregation_temporality: self.i32(),
            }),
            _ => Data::Summary(Summary { data_points: self.list(Self::summary) }),
        }
    }

    fn number(&mut self) -> NumberDataPoint {
        use number_data_point::Value;
        NumberDataPoint {
            attributes: self.attributes(),
            start_time_unix_nano: self.u64(),
            time_unix_nano: self.u64(),
            exemplars: self.list(Self::exemplar),
            flags: self.u32(),
            value: match self.byte() % 3 {
                0 => None,
                1 => Some(Value::AsInt(self.i64())),
                _ => Some(Value::AsDouble(self.f64())),
            },
        }
    }

    fn exemplar(&mut self) -> Exemplar {
        use exemplar::Value;
        Exemplar {
            filtered_attributes: self.attributes(),
            time_unix_nano: self.u64(),
            span_id: self.id(8),
            trace_id: self.id(16),
            value: match self.byte() % 3 {
                0 => None,
                1 => Some(Value::AsInt(self.i64())),
                _ => Some(Value::AsDouble(self.f64())),
            },
        }
    }

    fn histogram(&mut self) -> HistogramDataPoint {
        HistogramDataPoint {
            attributes: self.attributes(),
            start_time_unix_nano: self.u64(),
            time_unix_nano: self.u64(),
            count: self.u64(),
            sum: self.some(Self::f64),
            bucket_counts: self.list(Self::u64),
            explicit_bounds: self.list(Self::f64),
            exemplars: self.list(Self::exemplar),
            flags: self.u32(),
            min: self.some(Self::f64),
            max: self.some(Self::f64),
        }
    }

    fn exponential(&mut self) -> ExponentialHistogramDataPoint {
        ExponentialHistogramDataPoint {
            attributes: self.attributes(),
            start_time_unix_nano: self.u64(),
            time_unix_nano: self.u64(),
            count: self.u64(),
            sum: self.some(Self::f64),
            scale: self.i32(),
            zero_count: self.u64(),
            positive: self.some(Self::buckets),
            negative: self.some(Self::buckets),
            flags: self.u32(),
            exemplars: self.list(Self::exemplar),
            min: self.some(Self::f64),
            max: self.some(Self::f64),
            zero_threshold: self.f64(),
        }
    }

    fn buckets(&mut self) -> Buckets {
        Buckets { offset: self.i32(), bucket_counts: self.list(Self::u64) }
    }

    fn summary(&mut self) -> SummaryDataPoint {
        SummaryDataPoint {
            attributes: self.attributes(),
            start_time_unix_nano: self.u64(),
            time_unix_nano: self.u64(),
            count: self.u64(),
            sum: self.f64(),
            quantile_values: self.list(|dice| ValueAtQuantile { quantile: dice.f64(), value: dice.f64() }),
            flags: self.u32(),
        }
    }
}
