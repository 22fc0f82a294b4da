//! The depth of values, and what may stand in one.
//!
//! An `AnyValue` is the one message that contains itself. Both decoders count its levels with
//! [`deeper`]; everything after them recurses over values without counting again.

use super::DecodeError;
use crate::limits::VALUE_DEPTH;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

/// One array or kvlist further down, if there may be one.
pub(super) fn deeper(depth: usize) -> Result<usize, DecodeError> {
    if depth < VALUE_DEPTH { Ok(depth + 1) } else { Err(DecodeError::TooDeep) }
}

/// Clears the indexes into a string table that only profiles have: without the table they say
/// nothing, and to a reader that has one they would say something we did not scan.
pub(super) fn clear_indexes(attributes: &mut [KeyValue]) {
    for attribute in attributes {
        attribute.key_strindex = 0;
        attribute.value.iter_mut().for_each(clear_index);
    }
}

/// The same for a value that is not in an attribute.
pub(super) fn clear_index(value: &mut AnyValue) {
    match &mut value.value {
        Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(clear_index),
        Some(Value::KvlistValue(list)) => clear_indexes(&mut list.values),
        Some(Value::StringValueStrindex(_)) => value.value = None,
        _ => {}
    }
}
