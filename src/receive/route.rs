//! Which door a path is.
//!
//! By hand rather than with axum's router: one service has to serve gRPC (told by its content type),
//! OTLP/HTTP and preflights on the same paths, and every way to miss has a text of its own. Here that
//! is one `match`; as routes it would be nine of them for each base path and a fallback that parses
//! the path again.

use super::refused::Refused;
use crate::signal::Signal;
use std::sync::Arc;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// `{base}/v1/{signal}`.
    Http(Signal),
    /// `/opentelemetry.proto.collector.{signal}.v1.{Signal}Service/Export`.
    Grpc(Signal),
    /// A signal that is not taken, at either door.
    Profiles,
    /// Nothing.
    Unknown,
}

/// The paths we answer on.
pub(super) struct Routes {
    /// Each empty, or starting with a slash and not ending in one.
    bases: Vec<String>,
    /// The paths, for people who missed them.
    told: Arc<str>,
}

const HTTP_PROFILES: &str = "/v1development/profiles";
const GRPC_PREFIX: &str = "/opentelemetry.proto.collector.";

impl Routes {
    /// Base paths as configured: slashes around them do not matter. None at all is the same as `""`.
    pub(super) fn new(bases: &[String]) -> Self {
        let mut bases: Vec<String> = bases.iter().map(|base| normal(base)).collect();
        if bases.is_empty() {
            bases.push(String::new());
        }
        let told: Vec<String> =
            bases.iter().map(|base| format!("{base}/v1/{{traces,metrics,logs}}")).collect();
        let told = Arc::from(told.join(" or "));
        Self { bases, told }
    }

    pub(super) fn find(&self, path: &str) -> Route {
        match path.strip_prefix(GRPC_PREFIX) {
            Some(method) => grpc(method),
            None => self.http(path),
        }
    }

    /// The refusal for a path that leads nowhere. It names the right ones and not the one given.
    pub(super) fn missed(&self) -> Refused {
        Refused::Path(Arc::clone(&self.told))
    }

    fn http(&self, path: &str) -> Route {
        let under_base = |rest: &str| self.bases.iter().any(|base| base == rest);
        if path.strip_suffix(HTTP_PROFILES).is_some_and(under_base) {
            return Route::Profiles;
        }
        let found = path.rsplit_once("/v1/").filter(|(base, _)| under_base(base));
        found.and_then(|(_, name)| Signal::from_name(name)).map_or(Route::Unknown, Route::Http)
    }
}

fn normal(base: &str) -> String {
    match base.trim_matches('/') {
        "" => String::new(),
        base => format!("/{base}"),
    }
}

fn grpc(method: &str) -> Route {
    match method {
        "trace.v1.TraceService/Export" => Route::Grpc(Signal::Traces),
        "metrics.v1.MetricsService/Export" => Route::Grpc(Signal::Metrics),
        "logs.v1.LogsService/Export" => Route::Grpc(Signal::Logs),
        _ if method.starts_with("profiles.") => Route::Profiles,
        _ => Route::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bases: &[&str], path: &str, expected: Route) {
        let bases: Vec<String> = bases.iter().map(|base| (*base).to_owned()).collect();
        assert_eq!(Routes::new(&bases).find(path), expected, "{path} under {bases:?}");
    }

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        use Route::{Grpc, Http, Profiles, Unknown};
        let both = &["", "/api/public/otel"];
        for (bases, path, expected) in [
            (&[""][..], "/v1/traces", Http(Signal::Traces)),
            (&[], "/v1/metrics", Http(Signal::Metrics)),
            (both, "/v1/logs", Http(Signal::Logs)),
            (both, "/api/public/otel/v1/logs", Http(Signal::Logs)),
            (&["api/public/otel/"], "/api/public/otel/v1/traces", Http(Signal::Traces)),
            (&["/v1/v1"], "/v1/v1/v1/traces", Http(Signal::Traces)),
            (&["/otel"], "/v1/traces", Unknown),
            (&[""], "/otel/v1/traces", Unknown),
            (&[""], "/v1/traces/", Unknown),
            (&[""], "/v1/trace", Unknown),
            (&[""], "/V1/traces", Unknown),
            (&[""], "//v1/traces", Unknown),
            (&[""], "v1/traces", Unknown),
            (&[""], "/", Unknown),
            (&[""], "", Unknown),
            (&[""], "*", Unknown),
            (&[""], "/v1/profiles", Unknown),
            (&[""], "/v1development/profiles", Profiles),
            (&["/otel"], "/otel/v1development/profiles", Profiles),
            (&["/otel"], "/v1development/profiles", Unknown),
            (&[""], "/opentelemetry.proto.collector.trace.v1.TraceService/Export", Grpc(Signal::Traces)),
            (
                &["/o"],
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                Grpc(Signal::Metrics),
            ),
            (&[""], "/opentelemetry.proto.collector.logs.v1.LogsService/Export", Grpc(Signal::Logs)),
            (&[""], "/opentelemetry.proto.collector.logs.v1.LogsService/Import", Unknown),
            (&[""], "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export", Profiles),
        ] {
            check(bases, path, expected);
        }
    }

    #[test]
    fn a_miss_names_every_right_path() {
        let routes = Routes::new(&[String::new(), "/otel".to_owned()]);
        let text = routes.missed().to_string();
        assert!(text.ends_with("/v1/{traces,metrics,logs} or /otel/v1/{traces,metrics,logs}"), "{text}");
    }
}
