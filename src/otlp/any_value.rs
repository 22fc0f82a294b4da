//! The depth of values.
