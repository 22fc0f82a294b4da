//! Log records.

use super::values::{Kept, attributes, emptied, field, value};
use super::{Attributes, Level, Rewrite, View, Visitor};
use crate::path::{Path, Segment};
use opentelemetry_proto::tonic::{common::v1::any_value::Value, logs::v1::LogRecord};

impl Rewrite for LogRecord {
    fn rewrite<V: Visitor>(&mut self, visitor: &mut V) -> Kept {
        visitor.enter(View {
            level: Level::Record,
            name: name(self),
            version: "",
            attributes: Attributes(&self.attributes),
            trace_id: &self.trace_id,
            span_id: &self.span_id,
        });
        let log = Path::root("log");
        field(visitor, &log, "event_name", &mut self.event_name)?;
        field(visitor, &log, "severity_text", &mut self.severity_text)?;
        if let Some(body) = &mut self.body {
            let kept = value(visitor, &log.then(Segment::Field("body")), &mut body.value);
            emptied(kept, || body.value = None)?;
        }
        attributes(visitor, &log, "attributes", &mut self.attributes)
    }
}

/// The event name; of a record without one, the body, if it is a string.
fn name(record: &LogRecord) -> &str {
    let body = record.body.as_ref().and_then(|body| body.value.as_ref());
    match body {
        Some(Value::StringValue(body)) if record.event_name.is_empty() => body,
        _ => &record.event_name,
    }
}
