//! A look at the wire before prost decodes it: how deep values go, and how large the messages would
//! be in memory.
//!
//! prost bounds recursion but does not say that it did, and it bounds nothing else: two bytes are an
//! empty span, and 64 MiB of these would be 8 GiB of memory. So the messages on the wire are counted
//! first, at their size in memory, against the same budget that the JSON reader has.
//!
//! The tables below name only what is repeated, or leads to what is.

use crate::otlp::any_value::deeper;
use crate::otlp::{DecodeError, OVER_BUDGET, budget};
use crate::signal::Signal;
use opentelemetry_proto::tonic::{
    common::v1 as common, logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace,
};
use prost::encoding::decode_varint;

/// A message: its bytes in memory, and the messages in it by their tags. One without any (it may be a
/// string) is not looked into.
struct Shape {
    size: usize,
    inside: &'static [(u64, &'static Shape)],
    /// An array or kvlist: a level of a value.
    level: bool,
}

const fn shape<T>(inside: &'static [(u64, &'static Shape)]) -> Shape {
    Shape { size: size_of::<T>(), inside, level: false }
}

const fn level<T>(inside: &'static [(u64, &'static Shape)]) -> Shape {
    Shape { size: size_of::<T>(), inside, level: true }
}

/// Checks a request of this signal. What it lets pass can still be malformed to prost.
pub(super) fn inspect(signal: Signal, bytes: &[u8]) -> Result<(), DecodeError> {
    let request = match signal {
        Signal::Traces => &TRACES,
        Signal::Metrics => &METRICS,
        Signal::Logs => &LOGS,
    };
    message(request, bytes, 0, &mut budget(bytes.len()))
}

fn message(shape: &Shape, mut bytes: &[u8], depth: usize, budget: &mut usize) -> Result<(), DecodeError> {
    if shape.inside.is_empty() {
        return Ok(());
    }
    let depth = if shape.level { deeper(depth)? } else { depth };
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        match key & 7 {
            0 => drop(varint(&mut bytes)?),
            1 => drop(take(&mut bytes, 8)?),
            5 => drop(take(&mut bytes, 4)?),
            2 => {
                let length = varint(&mut bytes)?;
                let field = take(&mut bytes, length)?;
                let tag = key >> 3;
                if let Some((_, inner)) = shape.inside.iter().find(|(known, _)| *known == tag) {
                    spend(budget, inner.size)?;
                    message(inner, field, depth, budget)?;
                }
            }
            // Groups, which OTLP does not have.
            _ => return Err(DecodeError::Protobuf),
        }
    }
    Ok(())
}

fn spend(budget: &mut usize, size: usize) -> Result<(), DecodeError> {
    let over = || DecodeError::Shape { path: "body".to_owned(), expected: OVER_BUDGET };
    *budget = budget.checked_sub(size).ok_or_else(over)?;
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Result<u64, DecodeError> {
    decode_varint(bytes).map_err(|_| DecodeError::Protobuf)
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Result<&'a [u8], DecodeError> {
    let length = usize::try_from(length).map_err(|_| DecodeError::Protobuf)?;
    let (field, rest) = bytes.split_at_checked(length).ok_or(DecodeError::Protobuf)?;
    *bytes = rest;
    Ok(field)
}

static TRACES: Shape = shape::<()>(&[(1, &RESOURCE_SPANS)]);
static RESOURCE_SPANS: Shape = shape::<trace::ResourceSpans>(&[(1, &RESOURCE), (2, &SCOPE_SPANS)]);
static SCOPE_SPANS: Shape = shape::<trace::ScopeSpans>(&[(1, &SCOPE), (2, &SPAN)]);
static SPAN: Shape = shape::<trace::Span>(&[(9, &KEY_VALUE), (11, &EVENT), (13, &LINK)]);
static EVENT: Shape = shape::<trace::span::Event>(&[(3, &KEY_VALUE)]);
static LINK: Shape = shape::<trace::span::Link>(&[(4, &KEY_VALUE)]);

static LOGS: Shape = shape::<()>(&[(1, &RESOURCE_LOGS)]);
static RESOURCE_LOGS: Shape = shape::<logs::ResourceLogs>(&[(1, &RESOURCE), (2, &SCOPE_LOGS)]);
static SCOPE_LOGS: Shape = shape::<logs::ScopeLogs>(&[(1, &SCOPE), (2, &LOG)]);
static LOG: Shape = shape::<logs::LogRecord>(&[(5, &VALUE), (6, &KEY_VALUE)]);

static METRICS: Shape = shape::<()>(&[(1, &RESOURCE_METRICS)]);
static RESOURCE_METRICS: Shape = shape::<metrics::ResourceMetrics>(&[(1, &RESOURCE), (2, &SCOPE_METRICS)]);
static SCOPE_METRICS: Shape = shape::<metrics::ScopeMetrics>(&[(1, &SCOPE), (2, &METRIC)]);
static METRIC: Shape = shape::<metrics::Metric>(&[
    (5, &NUMBERS),
    (7, &NUMBERS),
    (9, &HISTOGRAM),
    (10, &EXPONENTIAL),
    (11, &SUMMARY),
    (12, &KEY_VALUE),
]);
static NUMBERS: Shape = shape::<metrics::Sum>(&[(1, &NUMBER)]);
static HISTOGRAM: Shape = shape::<metrics::Histogram>(&[(1, &HISTOGRAM_POINT)]);
static EXPONENTIAL: Shape = shape::<metrics::ExponentialHistogram>(&[(1, &EXPONENTIAL_POINT)]);
static SUMMARY: Shape = shape::<metrics::Summary>(&[(1, &SUMMARY_POINT)]);
static NUMBER: Shape = shape::<metrics::NumberDataPoint>(&[(5, &EXEMPLAR), (7, &KEY_VALUE)]);
static HISTOGRAM_POINT: Shape = shape::<metrics::HistogramDataPoint>(&[(8, &EXEMPLAR), (9, &KEY_VALUE)]);
static EXPONENTIAL_POINT: Shape =
    shape::<metrics::ExponentialHistogramDataPoint>(&[(1, &KEY_VALUE), (11, &EXEMPLAR)]);
static SUMMARY_POINT: Shape = shape::<metrics::SummaryDataPoint>(&[(6, &QUANTILE), (7, &KEY_VALUE)]);
static QUANTILE: Shape = shape::<metrics::summary_data_point::ValueAtQuantile>(&[]);
static EXEMPLAR: Shape = shape::<metrics::Exemplar>(&[(7, &KEY_VALUE)]);

static RESOURCE: Shape = shape::<()>(&[(1, &KEY_VALUE), (3, &ENTITY)]);
static ENTITY: Shape = shape::<common::EntityRef>(&[(3, &STRING), (4, &STRING)]);
static SCOPE: Shape = shape::<()>(&[(3, &KEY_VALUE)]);
static STRING: Shape = shape::<String>(&[]);
static KEY_VALUE: Shape = shape::<common::KeyValue>(&[(2, &VALUE)]);
static VALUE: Shape = shape::<()>(&[(5, &ARRAY), (6, &KVLIST)]);
static ARRAY: Shape = level::<common::ArrayValue>(&[(1, &ELEMENT)]);
static ELEMENT: Shape = shape::<common::AnyValue>(&[(5, &ARRAY), (6, &KVLIST)]);
static KVLIST: Shape = level::<common::KeyValueList>(&[(1, &KEY_VALUE)]);
