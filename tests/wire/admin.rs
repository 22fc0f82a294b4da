//! What operators see.

use crate::support::*;
use blackbar::admin::{Bound, Config, Readiness, Reason, router};
use blackbar::telemetry::Metrics;
use std::sync::Arc;
use tokio::sync::watch;

#[tokio::test]
async fn health_readiness_metrics_and_nothing_else() {
    let metrics = Arc::new(Metrics::new().unwrap());
    metrics.refused("path");
    let readiness = Readiness::starting();
    let bound = Bound::new(Config { listen: Some(free_port()) }).await.unwrap();
    let address = bound.address().unwrap();
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(bound.serve(router(metrics, readiness.clone()), stopped));
    let get = |path: &str| {
        let sent = request("GET", path, &[], Framing::Length, b"");
        async move { exchange(address, &sent).await }
    };

    assert_eq!(get("/healthz").await.status, 200);
    for (reason, holds, status, body) in [
        (Reason::Starting, true, 503, "not ready: starting\n"),
        (Reason::Starting, false, 200, "ready\n"),
        (Reason::QueueFull, true, 503, "not ready: queue full\n"),
        (Reason::Draining, true, 503, "not ready: draining, queue full\n"),
        (Reason::QueueFull, false, 503, "not ready: draining\n"),
    ] {
        readiness.set(reason, holds);
        let reply = get("/readyz").await;
        assert_eq!((reply.status, String::from_utf8(reply.body).unwrap().as_str()), (status, body));
    }
    let reply = get("/metrics").await;
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = String::from_utf8(reply.body).unwrap();
    assert!(text.contains("blackbar_refused_total{reason=\"path\"} 1"));
    for path in ["/", "/debug", "/healthz/", "/v1/traces"] {
        assert_eq!(get(path).await.status, 404, "{path}");
    }
    stop.send(true).unwrap();
    serving.await.unwrap();
}

#[tokio::test]
async fn no_address_is_no_listener() {
    let bound = Bound::new(Config { listen: None }).await.unwrap();
    assert_eq!(bound.address(), None);
    let (_stop, stopped) = watch::channel(false);
    bound.serve(router(Arc::new(Metrics::new().unwrap()), Readiness::starting()), stopped).await;
}
