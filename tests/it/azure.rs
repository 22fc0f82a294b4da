//! Azure on the loopback: Entra and managed identities, the OTLP data collection endpoint, the Logs Ingestion API,
//! and Application Insights, as far as anything is documented of them, and strict about it. A script makes them refuse, stall and
//! hang up. What is not known of the real ones is decided against us.

use crate::track;
use crate::upstream::serve;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const TENANT: &str = "00000000-aaaa-bbbb-cccc-000000000001";
pub(crate) const CLIENT: &str = "00000000-aaaa-bbbb-cccc-000000000002";
pub(crate) const CLIENT_SECRET: &str = "hunter2&~+=blackbar";
pub(crate) const IDENTITY_HEADER: &str = "hunter2-identity";
pub(crate) const RULE: &str = "dcr-0000000000000000000000000000b1ac";

/// What a data endpoint does with a request instead of taking it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// Takes it.
    Take,
    Status(u16),
    /// The status, and `Retry-After` in seconds.
    RetryAfter(u16, u64),
    /// Takes it, and says that so many records were rejected.
    Partial(i64),
    /// Application Insights: refuses these of the items, each with its status, and takes the others.
    Items(&'static [(usize, u16)]),
    /// Application Insights: refuses all of them, in these words.
    Bad(&'static str),
    /// It is over there.
    Moved(u16, SocketAddr),
    /// Hangs up when it has read the request.
    Cut,
    /// Says nothing for a minute.
    Stall,
}

/// What a data endpoint took.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) path: String,
    /// Inflated.
    pub(crate) body: Vec<u8>,
}

#[derive(Default)]
struct State {
    script: VecDeque<Step>,
    most: Option<usize>,
    tokens: BTreeSet<String>,
    issued: usize,
    asked: BTreeMap<String, usize>,
    taken: Vec<Taken>,
    refused: BTreeMap<u16, usize>,
    /// Application Insights takes nothing without a token.
    local_auth_off: bool,
    /// Why it refused items by itself.
    faults: Vec<String>,
}

/// Ends when dropped.
pub(crate) struct Azure {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Azure {
    pub(crate) async fn start(script: &[Step]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state =
            Arc::new(Mutex::new(State { script: script.iter().copied().collect(), ..State::default() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(serve(listener, move |request| answer(request, Arc::clone(&shared))));
        Self { address, state, task }
    }

    /// Does this as well, after the rest of the script.
    pub(crate) fn then(&self, step: Step) {
        self.state.lock().unwrap().script.push_back(step);
    }

    /// Takes no body of more bytes, inflated.
    pub(crate) fn limit(self, most: usize) -> Self {
        self.state.lock().unwrap().most = Some(most);
        self
    }

    /// Application Insights wants a token.
    pub(crate) fn without_local_auth(self) -> Self {
        self.state.lock().unwrap().local_auth_off = true;
        self
    }

    /// What was wrong with items.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.state.lock().unwrap().faults.clone()
    }

    /// Takes whatever comes from now on.
    pub(crate) fn recover(&self) {
        self.state.lock().unwrap().script.clear();
    }

    /// Accepts no token that was given out so far.
    pub(crate) fn revoke(&self) {
        self.state.lock().unwrap().tokens.clear();
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    /// How often each status was answered by a data endpoint that is not a success.
    pub(crate) fn refused(&self) -> BTreeMap<u16, usize> {
        self.state.lock().unwrap().refused.clone()
    }

    /// How often each token endpoint gave a token.
    pub(crate) fn asked(&self) -> BTreeMap<String, usize> {
        self.state.lock().unwrap().asked.clone()
    }

    /// The URL of the OTLP endpoint of a signal.
    pub(crate) fn otlp(&self, signal: &str, stream: &str) -> String {
        format!("http://{}/datacollectionRules/{RULE}/streams/{stream}/otlp/v1/{signal}", self.address)
    }
}

impl Drop for Azure {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Answer = Response<Full<Bytes>>;

fn status(code: u16) -> Answer {
    let body = json!({"error": {"code": "Refused", "message": "what was sent is not repeated"}}).to_string();
    Response::builder().status(code).body(Full::from(body)).unwrap()
}

fn text(body: String) -> Answer {
    Response::new(Full::from(body))
}

async fn answer(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Result<Answer, io::Error> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Err(io::ErrorKind::ConnectionReset.into()) };
    let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
    let body = body.to_bytes();
    if path == format!("/{TENANT}/oauth2/v2.0/token") {
        return Ok(entra(&head.method, &head.headers, &body, &state));
    }
    if path == "/msi/token" {
        let key = head.headers.get("x-identity-header").is_some_and(|header| header == IDENTITY_HEADER);
        return Ok(identity("identity", &head.method, key, &query, &state));
    }
    if path == "/metadata/identity/oauth2/token" {
        let asked_for = head.headers.get("metadata").is_some_and(|header| header == "true");
        let forwarded = head.headers.contains_key("x-forwarded-for");
        return Ok(identity("machine", &head.method, asked_for && !forwarded, &query, &state));
    }
    if path == track::PATH {
        return tracked(&head, &query, &body, &state).await;
    }
    let checked = check(&head.method, &head.headers, &path, &query, &body, &state);
    let step = match checked {
        Ok(_) => state.lock().unwrap().script.pop_front(),
        Err(code) => Some(Step::Status(code)),
    };
    match (step, checked) {
        (Some(Step::Cut), _) => Err(io::ErrorKind::ConnectionReset.into()),
        (Some(Step::Stall), _) => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(status(500))
        }
        (Some(Step::Status(code)), _) => Ok(refuse(code, None, &state)),
        (Some(Step::RetryAfter(code, seconds)), _) => Ok(refuse(code, Some(seconds), &state)),
        (Some(Step::Partial(rejected)), Ok(body)) => {
            state.lock().unwrap().taken.push(Taken { path, body });
            Ok(Response::new(Full::from(partial(rejected))))
        }
        (None | Some(Step::Take), Ok(body)) => {
            let code = if path.contains("/otlp/") { 200 } else { 204 };
            if !body.is_empty() {
                state.lock().unwrap().taken.push(Taken { path, body });
            }
            Ok(Response::builder().status(code).body(Full::default()).unwrap())
        }
        (_, Err(code)) => Ok(refuse(code, None, &state)),
        (Some(Step::Items(_) | Step::Bad(_) | Step::Moved(..)), _) => {
            unreachable!("a step of another endpoint")
        }
    }
}

/// Application Insights.
async fn tracked(head: &Parts, query: &str, body: &[u8], state: &Mutex<State>) -> Result<Answer, io::Error> {
    let body = match of_track(head, query, body, state) {
        Ok(body) => body,
        Err(code) => return Ok(refuse(code, None, state)),
    };
    let step = state.lock().unwrap().script.pop_front();
    match step {
        Some(Step::Status(code)) => return Ok(refuse(code, None, state)),
        Some(Step::RetryAfter(code, seconds)) => return Ok(refuse(code, Some(seconds), state)),
        Some(Step::Moved(code, there)) => {
            let mut answer = refuse(code, None, state);
            let there = format!("http://{there}{}", track::PATH).parse().unwrap();
            answer.headers_mut().insert(header::LOCATION, there);
            return Ok(answer);
        }
        Some(Step::Cut) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(Step::Stall) => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            return Ok(status(500));
        }
        None | Some(Step::Take | Step::Items(_) | Step::Bad(_) | Step::Partial(_)) => {}
    }
    let items = match track::items(&body) {
        Ok(items) => items,
        Err(code) => return Ok(refuse(code, None, state)),
    };
    let own: Vec<_> =
        items.iter().enumerate().filter_map(|(at, (_, why))| Some((at, why.clone()?))).collect();
    state.lock().unwrap().faults.extend(own.iter().map(|(_, (_, why))| why.clone()));
    let scripted = match step {
        None | Some(Step::Take) => own,
        Some(Step::Items(refused)) => refused
            .iter()
            .map(|(at, code)| (*at, (*code, "what was sent is not repeated".to_owned())))
            .collect(),
        Some(Step::Bad(words)) => (0..items.len()).map(|at| (at, (400, words.to_owned()))).collect(),
        Some(_) => unreachable!("a step of another endpoint"),
    };
    let is_refused = |at: usize| scripted.iter().any(|(refused, _)| *refused == at);
    let taken: Vec<_> =
        items.iter().enumerate().filter(|(at, _)| !is_refused(*at)).map(|(_, (line, _))| &**line).collect();
    let code = match (taken.len(), scripted.len()) {
        (_, 0) => 200,
        (0, _) => 400,
        _ => 206,
    };
    let mut state = state.lock().unwrap();
    state.taken.push(Taken { path: track::PATH.to_owned(), body: taken.join("\n").into_bytes() });
    if code != 200 {
        *state.refused.entry(code).or_default() += 1;
    }
    let answer = Response::builder().status(code).header(header::RETRY_AFTER, 1);
    Ok(answer.body(Full::from(track::told(items.len(), &scripted))).unwrap())
}

/// What is looked at before the items are anybody's.
fn of_track(head: &Parts, query: &str, body: &[u8], state: &Mutex<State>) -> Result<Vec<u8>, u16> {
    let text = |name: header::HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    if !query.is_empty() {
        return Err(404);
    }
    if head.method != Method::POST {
        return Err(405);
    }
    let bearer = text(header::AUTHORIZATION).map(|value| value.strip_prefix("Bearer ").unwrap_or_default());
    let (token_is_fine, most) = {
        let state = state.lock().unwrap();
        let fine = bearer.map_or(!state.local_auth_off, |bearer| state.tokens.contains(bearer));
        (fine, state.most.unwrap_or(1 << 20))
    };
    if !token_is_fine {
        return Err(401);
    }
    if text(header::CONTENT_TYPE) != Some("application/x-json-stream") {
        return Err(415);
    }
    if text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()) != Some(body.len()) {
        return Err(411);
    }
    let inflated = track::inflated(text(header::CONTENT_ENCODING), body)?;
    if inflated.len() > most { Err(413) } else { Ok(inflated) }
}

fn refuse(code: u16, seconds: Option<u64>, state: &Mutex<State>) -> Answer {
    *state.lock().unwrap().refused.entry(code).or_default() += 1;
    let mut answer = status(code);
    if let Some(seconds) = seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

fn partial(rejected: i64) -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceResponse,
    };
    let error_message = "what was sent is not repeated".to_owned();
    let partial_success = Some(ExportLogsPartialSuccess { rejected_log_records: rejected, error_message });
    prost::Message::encode_to_vec(&ExportLogsServiceResponse { partial_success })
}

/// What the gateway looks at before the request is anybody's: the inflated body, or a status.
fn check(
    method: &Method,
    headers: &HeaderMap,
    path: &str,
    query: &str,
    body: &[u8],
    state: &Mutex<State>,
) -> Result<Vec<u8>, u16> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let media = match (path.strip_prefix("/datacollectionRules/"), path.strip_prefix("/dataCollectionRules/"))
    {
        (Some(rest), _) if rest.starts_with(RULE) && query.is_empty() => "application/x-protobuf",
        (_, Some(rest)) if rest.starts_with(RULE) && query == "api-version=2023-01-01" => "application/json",
        _ => return Err(404),
    };
    if method != Method::POST {
        return Err(405);
    }
    let bearer =
        text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let (known, most) = {
        let state = state.lock().unwrap();
        (state.tokens.contains(bearer), state.most.unwrap_or(1 << 20))
    };
    if !known {
        return Err(401);
    }
    if text(header::CONTENT_TYPE) != Some(media) {
        return Err(415);
    }
    if text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()) != Some(body.len()) {
        return Err(411);
    }
    let inflated = track::inflated(text(header::CONTENT_ENCODING), body)?;
    if inflated.len() > most {
        return Err(413);
    }
    let sound = match media {
        "application/json" => {
            serde_json::from_slice::<Vec<serde_json::Map<String, Value>>>(&inflated).is_ok()
        }
        // An empty request is a request without records.
        _ => true,
    };
    if sound { Ok(inflated) } else { Err(400) }
}

/// `application/x-www-form-urlencoded`.
fn form(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let mut bytes = text.bytes();
        let mut decoded = Vec::new();
        while let Some(byte) = bytes.next() {
            match byte {
                b'%' => {
                    let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                    decoded.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
                }
                b'+' => decoded.push(b' '),
                byte => decoded.push(byte),
            }
        }
        String::from_utf8(decoded).unwrap()
    };
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn entra(method: &Method, headers: &HeaderMap, body: &[u8], state: &Mutex<State>) -> Answer {
    let form = form(std::str::from_utf8(body).unwrap());
    let is = |name: &str, value: &str| form.get(name).is_some_and(|there| there == value);
    let sound = method == Method::POST
        && headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|media| media == "application/x-www-form-urlencoded")
        && is("grant_type", "client_credentials")
        && is("scope", "https://monitor.azure.com/.default")
        && is("client_id", CLIENT);
    let assertion = is("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        && form.get("client_assertion").is_some_and(|assertion| assertion.split('.').count() == 3);
    if !sound {
        return status(400);
    }
    if !is("client_secret", CLIENT_SECRET) && !assertion {
        let body = json!({"error": "invalid_client", "error_codes": [7_000_215], "error_description": "x"});
        return Response::builder().status(401).body(Full::from(body.to_string())).unwrap();
    }
    let kind = if assertion { "assertion" } else { "secret" };
    let token = state.lock().unwrap().issue(kind);
    text(json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"}).to_string())
}

/// App Service and the metadata service of a machine differ in their path and in the header they insist on.
fn identity(kind: &str, method: &Method, header: bool, query: &str, state: &Mutex<State>) -> Answer {
    let form = form(query);
    let is = |name: &str, value: &str| form.get(name).is_some_and(|there| there == value);
    let sound = method == Method::GET
        && header
        && is("api-version", "2019-08-01")
        && is("resource", "https://monitor.azure.com");
    if !sound {
        return status(400);
    }
    let token = state.lock().unwrap().issue(kind);
    let expires = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600;
    text(
        json!({"access_token": token, "expires_on": expires.to_string(), "token_type": "Bearer"}).to_string(),
    )
}

impl State {
    fn issue(&mut self, kind: &str) -> String {
        self.issued += 1;
        *self.asked.entry(kind.to_owned()).or_default() += 1;
        let token = format!("hunter2.token.{}", self.issued);
        self.tokens.insert(token.clone());
        token
    }
}
