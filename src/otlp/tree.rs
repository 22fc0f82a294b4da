//! The three requests as one shape: resources, in them scopes, in them records.
//!
//! Reading, writing, walking and counting are each written once over these traits; what differs
//! between signals is the record alone. A fourth signal is one more line at the end of this file.

use super::{encode::ToJson, json::FromJson, protobuf::Settle, walk::Rewrite};
use opentelemetry_proto::tonic::{
    common::v1::InstrumentationScope,
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{Metric, ResourceMetrics, ScopeMetrics},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};

/// What a resource sent: `ResourceSpans`, `ResourceMetrics` or `ResourceLogs`.
pub(super) trait OfResource: Default {
    type Scoped: OfScope;
    /// The member of a request that holds these, in JSON.
    const NAME: &'static str;

    fn parts(&self) -> (Option<&Resource>, &[Self::Scoped], &str);
    fn parts_mut(&mut self) -> (&mut Option<Resource>, &mut Vec<Self::Scoped>, &mut String);
}

/// What a scope of it sent: `ScopeSpans`, `ScopeMetrics` or `ScopeLogs`.
pub(super) trait OfScope: Default {
    type Record: Record;
    /// The member of [`OfResource`] that holds these, in JSON.
    const NAME: &'static str;
    /// The member that holds the records, in JSON.
    const RECORDS: &'static str;

    fn parts(&self) -> (Option<&InstrumentationScope>, &[Self::Record], &str);
    fn parts_mut(&mut self) -> (&mut Option<InstrumentationScope>, &mut Vec<Self::Record>, &mut String);
}

/// A span, a log record, or a metric with its data points.
pub(super) trait Record: Default + FromJson + ToJson + Settle + Rewrite {
    /// How many records it counts for: a metric counts for each of its data points.
    fn count(&self) -> usize {
        1
    }

    /// Leaves one half of what it is made of, the first or the second. `false`: it is one thing.
    fn halve(&mut self, _first: bool) -> bool {
        false
    }
}

impl Record for Span {}
impl Record for LogRecord {}

impl Record for Metric {
    fn count(&self) -> usize {
        super::walk::points(self)
    }

    fn halve(&mut self, first: bool) -> bool {
        super::walk::halve_points(self, first)
    }
}

/// Records in these resources.
pub(super) fn count<R: OfResource>(resources: &[R]) -> usize {
    let scopes = resources.iter().flat_map(|resource| resource.parts().1);
    scopes.flat_map(|scope| scope.parts().1).map(Record::count).sum()
}

/// Runs one expression with the resources of a request, of whatever signal it is: by reference, by
/// mutable reference or by value, as the request is given.
macro_rules! with_resources {
    ($request:expr, $resources:ident => $run:expr) => {
        match $request {
            $crate::otlp::Request::Traces(
                opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest {
                    resource_spans: $resources,
                },
            ) => $run,
            $crate::otlp::Request::Metrics(
                opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest {
                    resource_metrics: $resources,
                },
            ) => $run,
            $crate::otlp::Request::Logs(
                opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest {
                    resource_logs: $resources,
                },
            ) => $run,
        }
    };
}
pub(super) use with_resources;

macro_rules! tree {
    ($of_resource:ident $name:literal, $of_scope:ident $scopes:ident $scopes_name:literal,
     $record:ident $records:ident $records_name:literal) => {
        impl OfResource for $of_resource {
            type Scoped = $of_scope;
            const NAME: &'static str = $name;

            fn parts(&self) -> (Option<&Resource>, &[Self::Scoped], &str) {
                (self.resource.as_ref(), &self.$scopes, &self.schema_url)
            }

            fn parts_mut(&mut self) -> (&mut Option<Resource>, &mut Vec<Self::Scoped>, &mut String) {
                (&mut self.resource, &mut self.$scopes, &mut self.schema_url)
            }
        }

        impl OfScope for $of_scope {
            type Record = $record;
            const NAME: &'static str = $scopes_name;
            const RECORDS: &'static str = $records_name;

            fn parts(&self) -> (Option<&InstrumentationScope>, &[Self::Record], &str) {
                (self.scope.as_ref(), &self.$records, &self.schema_url)
            }

            fn parts_mut(
                &mut self,
            ) -> (&mut Option<InstrumentationScope>, &mut Vec<Self::Record>, &mut String) {
                (&mut self.scope, &mut self.$records, &mut self.schema_url)
            }
        }
    };
}

tree!(ResourceSpans "resourceSpans", ScopeSpans scope_spans "scopeSpans", Span spans "spans");
tree!(ResourceMetrics "resourceMetrics", ScopeMetrics scope_metrics "scopeMetrics", Metric metrics "metrics");
tree!(ResourceLogs "resourceLogs", ScopeLogs scope_logs "scopeLogs", LogRecord log_records "logRecords");
