//! Log records.

use super::common::{any_value, key_value, span_id, trace_id};
use super::reader::{Reader, members};
use super::{FromJson, Read};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};

impl FromJson for LogRecord {
    fn from_json(reader: &mut Reader<'_>) -> Read<Self> {
        let mut log = Self::default();
        members!(reader:
            "timeUnixNano" => field(log.time_unix_nano, Reader::int),
            "observedTimeUnixNano" => field(log.observed_time_unix_nano, Reader::int),
            "severityNumber" => field(log.severity_number, severity),
            "severityText" => field(log.severity_text, Reader::text),
            "body" => some(log.body, any_value),
            "attributes" => list(log.attributes, key_value),
            "droppedAttributesCount" => field(log.dropped_attributes_count, Reader::int),
            "flags" => field(log.flags, Reader::int),
            "traceId" => field(log.trace_id, trace_id),
            "spanId" => field(log.span_id, span_id),
            "eventName" => field(log.event_name, Reader::text),
        )?;
        Ok(log)
    }
}

fn severity(reader: &mut Reader<'_>) -> Read<i32> {
    reader.enumeration(|name| SeverityNumber::from_str_name(name).map(i32::from))
}
