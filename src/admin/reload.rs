//! `POST /reload`: reads the rules again, and answers when that is done.
//!
//! | answer | when |
//! |---|---|
//! | 200 | they are loaded, or are the same as before |
//! | 403 | a browser asks for a web page: the request names an `Origin` |
//! | 405 | it is no `POST` |
//! | 422 | they are wrong: `errors` says how, and the old ones go on |
//! | 503 | the program is stopping |
//!
//! The body is JSON. What is wrong is told in the words that a start would tell it in, which quote no secret
//! of the configuration. Whoever reaches this address may ask, as for all of it; asking again while nothing
//! changed costs reading the files, and asks that come together share one reload.

use crate::telemetry::{Loaded, Reload};
use axum::Router;
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

/// Who waits to ask. More wait for room.
const WAITING: usize = 16;

/// What came of a reload, for who asked for it.
#[derive(Debug, Clone)]
pub struct Told {
    /// What came of it.
    pub outcome: Reload,
    /// What is loaded now.
    pub loaded: Loaded,
    /// Sections of the configuration that were changed and are read at the start alone.
    pub needs_restart: Vec<&'static str>,
    /// What is wrong, if it was refused.
    pub errors: Vec<String>,
}

/// Somebody who asked, and waits.
pub type Asked = oneshot::Sender<Told>;

/// Where to ask for the rules to be read again. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Reloads(mpsc::Sender<Asked>);

impl Reloads {
    /// Where to ask, and where asks arrive.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Asked>) {
        let (ask, asked) = mpsc::channel(WAITING);
        (Self(ask), asked)
    }

    /// Asks, and waits for what comes of it. `None`: nobody reloads any more.
    pub async fn ask(&self) -> Option<Told> {
        let (told, answer) = oneshot::channel();
        self.0.send(told).await.ok()?;
        answer.await.ok()
    }
}

/// The path above.
pub fn reload_router(reloads: Reloads) -> Router {
    Router::new().route("/reload", post(move |headers: HeaderMap| answer(reloads, headers)))
}

async fn answer(reloads: Reloads, headers: HeaderMap) -> Response {
    // Browsers name the origin of the page with every POST; a page has no business here.
    if headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site") {
        return refuse(StatusCode::FORBIDDEN, "this is not for web pages: ask without an Origin header");
    }
    match reloads.ask().await {
        Some(told) => told.into_response(),
        None => refuse(StatusCode::SERVICE_UNAVAILABLE, "the program is stopping"),
    }
}

fn refuse(status: StatusCode, why: &str) -> Response {
    respond(status, &json!({"errors": [why]}))
}

fn respond(status: StatusCode, body: &serde_json::Value) -> Response {
    let json = HeaderValue::from_static("application/json");
    (status, [(CONTENT_TYPE, json)], format!("{body}\n")).into_response()
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let status = match self.outcome {
            Reload::Loaded | Reload::Unchanged => StatusCode::OK,
            Reload::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let Loaded { pack, version, digest, rules } = self.loaded;
        let body = json!({
            "outcome": self.outcome.name(),
            "loaded": {"pack": pack, "version": version, "digest": digest, "rules": rules},
            "needs_restart": self.needs_restart,
            "errors": self.errors,
        });
        respond(status, &body)
    }
}
