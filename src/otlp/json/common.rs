//! What all signals share: resources, scopes, attributes, values, ids.

use super::Read;
use super::lexer::Kind;
use super::reader::{Reader, members, whole};
use data_encoding::{BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use opentelemetry_proto::tonic::{
    common::v1::{
        AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
    },
    resource::v1::Resource,
};

pub(super) fn resource(reader: &mut Reader<'_>) -> Read<Resource> {
    let mut resource = Resource::default();
    members!(reader:
        "attributes" => list(resource.attributes, key_value),
        "droppedAttributesCount" => field(resource.dropped_attributes_count, Reader::int),
        "entityRefs" => list(resource.entity_refs, entity_ref),
    )?;
    Ok(resource)
}

fn entity_ref(reader: &mut Reader<'_>) -> Read<EntityRef> {
    let mut entity = EntityRef::default();
    members!(reader:
        "schemaUrl" => field(entity.schema_url, Reader::text),
        "type" => field(entity.r#type, Reader::text),
        "idKeys" => list(entity.id_keys, Reader::text),
        "descriptionKeys" => list(entity.description_keys, Reader::text),
    )?;
    Ok(entity)
}

pub(super) fn scope(reader: &mut Reader<'_>) -> Read<InstrumentationScope> {
    let mut scope = InstrumentationScope::default();
    members!(reader:
        "name" => field(scope.name, Reader::text),
        "version" => field(scope.version, Reader::text),
        "attributes" => list(scope.attributes, key_value),
        "droppedAttributesCount" => field(scope.dropped_attributes_count, Reader::int),
    )?;
    Ok(scope)
}

pub(super) fn key_value(reader: &mut Reader<'_>) -> Read<KeyValue> {
    let mut kv = KeyValue::default();
    members!(reader:
        "key" => field(kv.key, Reader::text),
        "value" => some(kv.value, any_value),
    )?;
    Ok(kv)
}

pub(super) fn any_value(reader: &mut Reader<'_>) -> Read<AnyValue> {
    if reader.kind()? != Kind::Object {
        return bare(reader).map(|value| AnyValue { value: Some(value) });
    }
    let mut value = None;
    members!(reader:
        "stringValue" => field(value, |r| r.text().map(|text| Some(Value::StringValue(text)))),
        "boolValue" => field(value, |r| r.bool().map(|bool| Some(Value::BoolValue(bool)))),
        "intValue" => field(value, |r| any_number(r).map(Some)),
        "doubleValue" => field(value, |r| r.double().map(|double| Some(Value::DoubleValue(double)))),
        "arrayValue" => field(value, |r| r.nested(array).map(|array| Some(Value::ArrayValue(array)))),
        "kvlistValue" => field(value, |r| r.nested(kvlist).map(|list| Some(Value::KvlistValue(list)))),
        "bytesValue" => field(value, |r| bytes(r).map(|bytes| Some(Value::BytesValue(bytes)))),
    )?;
    Ok(AnyValue { value })
}

/// A scalar where an object of type `AnyValue` should be.
fn bare(reader: &mut Reader<'_>) -> Read<Value> {
    match reader.kind()? {
        Kind::String => reader.text().map(Value::StringValue),
        Kind::Number => any_number(reader),
        Kind::Bool(_) => reader.bool().map(Value::BoolValue),
        Kind::Object | Kind::Array | Kind::Null => reader.expected("an AnyValue"),
    }
}

fn any_number(reader: &mut Reader<'_>) -> Read<Value> {
    number(reader, Value::IntValue, Value::DoubleValue)
}

/// A 64-bit integer, or else a double.
pub(super) fn number<T>(
    reader: &mut Reader<'_>,
    int: impl FnOnce(i64) -> T,
    double: impl FnOnce(f64) -> T,
) -> Read<T> {
    let text = reader.scalar("an integer")?;
    if let Some(whole) = whole(&text) {
        return Ok(int(whole));
    }
    match text.parse() {
        Ok(number) => Ok(double(number)),
        Err(_) => reader.expected("an integer"),
    }
}

fn array(reader: &mut Reader<'_>) -> Read<ArrayValue> {
    let mut array = ArrayValue::default();
    members!(reader: "values" => list(array.values, any_value))?;
    Ok(array)
}

fn kvlist(reader: &mut Reader<'_>) -> Read<KeyValueList> {
    let mut list = KeyValueList::default();
    members!(reader: "values" => list(list.values, key_value))?;
    Ok(list)
}

fn bytes(reader: &mut Reader<'_>) -> Read<Vec<u8>> {
    let text = reader.scalar("base64")?;
    base64(&text).map_or_else(|| reader.expected("base64"), Ok)
}

/// 16 bytes, or none.
pub(super) fn trace_id(reader: &mut Reader<'_>) -> Read<Vec<u8>> {
    id(reader, 16, "32 hex digits, or an empty string")
}

/// 8 bytes, or none.
pub(super) fn span_id(reader: &mut Reader<'_>) -> Read<Vec<u8>> {
    id(reader, 8, "16 hex digits, or an empty string")
}

fn id(reader: &mut Reader<'_>, len: usize, expected: &'static str) -> Read<Vec<u8>> {
    let text = reader.scalar(expected)?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let hex = (text.len() == 2 * len).then(|| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()).flatten();
    let id = hex.or_else(|| base64(&text).filter(|id| id.len() == len));
    id.map_or_else(|| reader.expected(expected), Ok)
}

/// Base64 of the standard or the URL alphabet, padded or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').bytes();
    let standard: Vec<u8> = text
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            _ => byte,
        })
        .collect();
    BASE64_NOPAD.decode(&standard).ok()
}
