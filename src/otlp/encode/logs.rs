//! Log records.

use super::common::{any_value, key_value};
use super::json::{Object, ToJson};
use opentelemetry_proto::tonic::logs::v1::LogRecord;

impl ToJson for LogRecord {
    fn to_json(&self, out: &mut Object<'_>) {
        out.long("timeUnixNano", self.time_unix_nano);
        out.long("observedTimeUnixNano", self.observed_time_unix_nano);
        out.int("severityNumber", self.severity_number);
        out.text("severityText", &self.severity_text);
        out.message("body", self.body.as_ref(), any_value);
        out.list("attributes", &self.attributes, key_value);
        out.int("droppedAttributesCount", self.dropped_attributes_count);
        out.int("flags", self.flags);
        out.id("traceId", &self.trace_id);
        out.id("spanId", &self.span_id);
        out.text("eventName", &self.event_name);
    }
}
