//! Which stream a point is of: a keyed 128-bit digest of what its points have in common.
//!
//! Attributes are sorted by key, because nobody promises their order; the members of a map within one are taken
//! as they stand. What describes and does not identify (descriptions, schema URLs, metadata) is left out, as
//! the data model says.

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};
use opentelemetry_proto::tonic::resource::v1::Resource;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hasher as _;

/// What is known of an identity so far, from the resource down.
#[derive(Clone, Copy)]
pub(super) struct Identity(SipHasher13);

impl Identity {
    pub(super) fn of(keyed: SipHasher13, resource: Option<&Resource>) -> Self {
        let mut identity = Self(keyed);
        identity.attributes(resource.map_or(&[], |resource| &resource.attributes));
        identity
    }

    pub(super) fn scope(mut self, scope: Option<&InstrumentationScope>) -> Self {
        let (name, version) = scope.map_or(("", ""), |scope| (&scope.name, &scope.version));
        self.bytes(name.as_bytes());
        self.bytes(version.as_bytes());
        self.attributes(scope.map_or(&[], |scope| &scope.attributes));
        self
    }

    /// Only sums that are monotonic are asked for.
    pub(super) fn metric(mut self, metric: &Metric) -> Self {
        self.bytes(metric.name.as_bytes());
        self.bytes(metric.unit.as_bytes());
        self.0.write_u8(match &metric.data {
            Some(Data::Sum(_)) => 1,
            Some(Data::Histogram(_)) => 2,
            Some(Data::ExponentialHistogram(_)) => 3,
            _ => 0,
        });
        self
    }

    pub(super) fn point(mut self, attributes: &[KeyValue]) -> u128 {
        self.attributes(attributes);
        self.0.finish128().as_u128()
    }

    fn attributes(&mut self, attributes: &[KeyValue]) {
        let mut sorted: Vec<_> = attributes.iter().collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key));
        self.0.write_usize(sorted.len());
        for pair in sorted {
            self.bytes(pair.key.as_bytes());
            self.bytes(&pair.value.as_ref().map(prost::Message::encode_to_vec).unwrap_or_default());
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.write_usize(bytes.len());
        self.0.write(bytes);
    }
}
