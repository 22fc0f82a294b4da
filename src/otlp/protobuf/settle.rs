//! What the schema of OTLP says in words alone: ids are 16 or 8 bytes, or empty.
//!
//! Ids are the one content that is not scanned, so their length is law: a text that is put where an
//! id belongs is refused, not forwarded.

use crate::otlp::DecodeError;
use crate::otlp::any_value::{clear_index, clear_indexes};
use crate::otlp::tree::{OfResource, OfScope};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint,
    metric::Data,
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::Link};

/// What a signal has of its own.
pub(in crate::otlp) trait Settle {
    /// Checks the ids of a record, and clears what only profiles may set.
    fn settle(&mut self) -> Settled;
}

/// Where an id is of the wrong length, and what should be there.
pub(in crate::otlp) struct BadId {
    path: String,
    expected: &'static str,
}

type Settled = Result<(), BadId>;

pub(super) fn request<R: OfResource>(resources: &mut [R]) -> Result<(), DecodeError> {
    each(R::NAME, resources, of_resource)
        .map_err(|BadId { path, expected }| DecodeError::Shape { path, expected })
}

fn of_resource<R: OfResource>(node: &mut R) -> Settled {
    let (resource, scopes, _) = node.parts_mut();
    resource.iter_mut().for_each(|resource| clear_indexes(&mut resource.attributes));
    each(R::Scoped::NAME, scopes, of_scope)
}

fn of_scope<S: OfScope>(node: &mut S) -> Settled {
    let (scope, records, _) = node.parts_mut();
    scope.iter_mut().for_each(|scope| clear_indexes(&mut scope.attributes));
    each(S::RECORDS, records, Settle::settle)
}

impl Settle for Span {
    fn settle(&mut self) -> Settled {
        trace_id("traceId", &self.trace_id)?;
        span_id("spanId", &self.span_id)?;
        span_id("parentSpanId", &self.parent_span_id)?;
        clear_indexes(&mut self.attributes);
        self.events.iter_mut().for_each(|event| clear_indexes(&mut event.attributes));
        each("links", &mut self.links, Settle::settle)
    }
}

impl Settle for Link {
    fn settle(&mut self) -> Settled {
        clear_indexes(&mut self.attributes);
        trace_id("traceId", &self.trace_id)?;
        span_id("spanId", &self.span_id)
    }
}

impl Settle for LogRecord {
    fn settle(&mut self) -> Settled {
        clear_indexes(&mut self.attributes);
        self.body.iter_mut().for_each(clear_index);
        trace_id("traceId", &self.trace_id)?;
        span_id("spanId", &self.span_id)
    }
}

impl Settle for Metric {
    fn settle(&mut self) -> Settled {
        clear_indexes(&mut self.metadata);
        match &mut self.data {
            Some(Data::Gauge(data)) => points("gauge", &mut data.data_points),
            Some(Data::Sum(data)) => points("sum", &mut data.data_points),
            Some(Data::Histogram(data)) => points("histogram", &mut data.data_points),
            Some(Data::ExponentialHistogram(data)) => points("exponentialHistogram", &mut data.data_points),
            Some(Data::Summary(data)) => points("summary", &mut data.data_points),
            None => Ok(()),
        }
    }
}

fn points<P: Settle>(kind: &'static str, points: &mut [P]) -> Settled {
    each("dataPoints", points, P::settle).map_err(|bad| bad.within(kind))
}

macro_rules! settle_point {
    ($($kind:ident),*) => {$(
        impl Settle for $kind {
            fn settle(&mut self) -> Settled {
                clear_indexes(&mut self.attributes);
                each("exemplars", &mut self.exemplars, Settle::settle)
            }
        }
    )*};
}

settle_point!(NumberDataPoint, HistogramDataPoint, ExponentialHistogramDataPoint);

impl Settle for SummaryDataPoint {
    fn settle(&mut self) -> Settled {
        clear_indexes(&mut self.attributes);
        Ok(())
    }
}

impl Settle for Exemplar {
    fn settle(&mut self) -> Settled {
        clear_indexes(&mut self.filtered_attributes);
        trace_id("traceId", &self.trace_id)?;
        span_id("spanId", &self.span_id)
    }
}

fn each<T>(name: &'static str, list: &mut [T], settle: impl Fn(&mut T) -> Settled) -> Settled {
    for (index, item) in list.iter_mut().enumerate() {
        settle(item).map_err(|bad| bad.within(&format!("{name}[{index}]")))?;
    }
    Ok(())
}

fn trace_id(name: &'static str, id: &[u8]) -> Settled {
    length(name, id, 16, "16 bytes, or none")
}

fn span_id(name: &'static str, id: &[u8]) -> Settled {
    length(name, id, 8, "8 bytes, or none")
}

fn length(name: &'static str, id: &[u8], length: usize, expected: &'static str) -> Settled {
    if id.is_empty() || id.len() == length {
        return Ok(());
    }
    Err(BadId { path: name.to_owned(), expected })
}

impl BadId {
    fn within(self, outer: &str) -> Self {
        Self { path: format!("{outer}.{}", self.path), ..self }
    }
}
