//! Values as JSON of their own shape, and parts of messages as OTLP/JSON: for those who have only a text to
//! put them into.

use super::json::{self, Object};
use super::{common, metrics};
use crate::otlp::read::PointOf;
use data_encoding::BASE64;
use opentelemetry_proto::tonic::common::v1::{EntityRef, any_value::Value};
use std::io::Write as _;

/// The value in plain JSON: arrays are arrays, kvlists objects (with what they hold twice, twice), bytes base64,
/// and no value is `null`.
pub(in crate::otlp) fn write_plain(value: &Value) -> String {
    let mut out = Vec::new();
    plain(&mut out, Some(value));
    text(out)
}

fn plain(out: &mut Vec<u8>, value: Option<&Value>) {
    match value {
        Some(Value::StringValue(text)) => json::text(out, text),
        Some(Value::BytesValue(bytes)) => json::text(out, &BASE64.encode(bytes)),
        Some(Value::BoolValue(bool)) => _ = write!(out, "{bool}"),
        Some(Value::IntValue(int)) => _ = write!(out, "{int}"),
        Some(Value::DoubleValue(double)) => json::double(out, *double),
        Some(Value::ArrayValue(array)) => {
            let values = array.values.iter().map(|item| (None, item.value.as_ref()));
            members(out, *b"[]", values);
        }
        Some(Value::KvlistValue(list)) => {
            let values = list
                .values
                .iter()
                .map(|kv| (Some(kv.key.as_str()), kv.value.as_ref().and_then(|value| value.value.as_ref())));
            members(out, *b"{}", values);
        }
        Some(Value::StringValueStrindex(_)) | None => out.extend_from_slice(b"null"),
    }
}

/// As deep as decoding let it be: see [`crate::limits::VALUE_DEPTH`].
fn members<'a>(
    out: &mut Vec<u8>,
    [open, close]: [u8; 2],
    values: impl Iterator<Item = (Option<&'a str>, Option<&'a Value>)>,
) {
    out.push(open);
    for (at, (key, value)) in values.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if let Some(key) = key {
            json::text(out, key);
            out.push(b':');
        }
        plain(out, value);
    }
    out.push(close);
}

/// These entities as an array; `None`: there are none.
pub(in crate::otlp) fn entities_json(entities: &[EntityRef]) -> Option<String> {
    if entities.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    json::array(&mut out, entities, |out, entity| json::object(out, entity, common::entity_ref));
    Some(text(out))
}

/// What a data point has besides its attributes, times, flags and sums; `None`: nothing.
pub(in crate::otlp) fn point_json(point: PointOf<'_>) -> Option<String> {
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    match point {
        PointOf::Number(point) => object.list("exemplars", &point.exemplars, metrics::exemplar),
        PointOf::Histogram(point) => metrics::histogram_details(&mut object, point),
        PointOf::Exponential(point) => metrics::exponential_details(&mut object, point),
        PointOf::Summary(point) => metrics::summary_details(&mut object, point),
    }
    object.close();
    Some(text(out)).filter(|text| text != "{}")
}

/// What our own writers wrote is UTF-8.
fn text(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap_or_default()
}
