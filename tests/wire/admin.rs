//! What operators see.

use crate::support::*;
use blackbar::admin::{Bound, Config, Readiness, Reason, Reloads, Told, reload_router, router};
use blackbar::telemetry::{Loaded, Metrics, Reload};
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

#[tokio::test]
async fn a_reload_is_asked_for_by_post_and_not_by_a_web_page() {
    let bound = Bound::new(Config { listen: Some(free_port()) }).await.unwrap();
    let address = bound.address().unwrap();
    let (reloads, mut asked) = Reloads::new();
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(bound.serve(reload_router(reloads), stopped));
    let answering = tokio::spawn(async move {
        for outcome in [Reload::Loaded, Reload::Unchanged, Reload::Refused] {
            let (pack, digest) = ("acme".to_owned(), "0123456789abcdef".to_owned());
            let loaded = Loaded { pack, version: Some(7), digest, rules: 3 };
            let errors = if outcome == Reload::Refused { vec!["a.toml:1: bad".to_owned()] } else { vec![] };
            let told = Told { outcome, loaded, needs_restart: vec!["drain"], errors };
            asked.recv().await.unwrap().send(told).unwrap();
        }
    });
    let ask = |method: &'static str, headers: &'static [(&'static str, &'static str)]| async move {
        let reply = exchange(address, &request(method, "/reload", headers, Framing::Length, b"")).await;
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    // None of these gets as far as to be answered by the task above.
    for (method, headers, status) in [
        ("GET", &[][..], 405),
        ("PUT", &[], 405),
        ("POST", &[("origin", "https://example.com")], 403),
        ("POST", &[("origin", "null")], 403),
        ("POST", &[("sec-fetch-site", "same-origin")], 403),
    ] {
        assert_eq!(ask(method, headers).await.0, status, "{method} {headers:?}");
    }
    let body = |outcome: &str, errors: &str| {
        format!(
            "{{\"errors\":[{errors}],\"loaded\":{{\"digest\":\"0123456789abcdef\",\"pack\":\"acme\",\"rules\":3,\
             \"version\":7}},\"needs_restart\":[\"drain\"],\"outcome\":\"{outcome}\"}}\n"
        )
    };
    for (status, outcome, errors) in
        [(200, "loaded", ""), (200, "unchanged", ""), (422, "refused", "\"a.toml:1: bad\"")]
    {
        assert_eq!(ask("POST", &[]).await, (status, body(outcome, errors)));
    }
    answering.await.unwrap();
    assert_eq!(ask("POST", &[]).await.0, 503, "nobody reloads any more");
}
