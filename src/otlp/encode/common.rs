//! What all signals share: resources, scopes, attributes, values.

use super::json::Object;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
};

pub(super) fn resource(out: &mut Object<'_>, resource: &Resource) {
    out.list("attributes", &resource.attributes, key_value);
    out.int("droppedAttributesCount", resource.dropped_attributes_count);
    out.list("entityRefs", &resource.entity_refs, entity_ref);
}

pub(super) fn entity_ref(out: &mut Object<'_>, entity: &EntityRef) {
    out.text("schemaUrl", &entity.schema_url);
    out.text("type", &entity.r#type);
    out.texts("idKeys", &entity.id_keys);
    out.texts("descriptionKeys", &entity.description_keys);
}

pub(super) fn scope(out: &mut Object<'_>, scope: &InstrumentationScope) {
    out.text("name", &scope.name);
    out.text("version", &scope.version);
    out.list("attributes", &scope.attributes, key_value);
    out.int("droppedAttributesCount", scope.dropped_attributes_count);
}

pub(super) fn key_value(out: &mut Object<'_>, kv: &KeyValue) {
    out.text("key", &kv.key);
    out.message("value", kv.value.as_ref(), any_value);
}

pub(super) fn any_value(out: &mut Object<'_>, value: &AnyValue) {
    match &value.value {
        Some(Value::StringValue(text)) => out.any_text("stringValue", text),
        Some(Value::BoolValue(bool)) => out.any_bool("boolValue", *bool),
        Some(Value::IntValue(int)) => out.any_long("intValue", *int),
        Some(Value::DoubleValue(double)) => out.any_double("doubleValue", *double),
        Some(Value::ArrayValue(array)) => {
            out.message("arrayValue", Some(array), |out, array| out.list("values", &array.values, any_value));
        }
        Some(Value::KvlistValue(list)) => {
            out.message("kvlistValue", Some(list), |out, list| out.list("values", &list.values, key_value));
        }
        Some(Value::BytesValue(bytes)) => out.any_base64("bytesValue", bytes),
        // Cleared when it was decoded.
        Some(Value::StringValueStrindex(_)) | None => {}
    }
}
