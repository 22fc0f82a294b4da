//! Application Insights, by its own ingestion: `POST {IngestionEndpoint}/v2.1/track`, lines of JSON, gzip.
//!
//! For resources without an OTLP endpoint. It is a translation, and its items are bounded: prefer
//! [`super::azure_monitor`] where there is a choice. What becomes of what is in `map`.
//!
//! One request of the queue is sent as many: an item has 64 kB at most, a request [`Config::max_request_bytes`], and
//! [`limits::TRACK_ITEMS`] items. Each item that was not taken is sent again alone, until it is taken or refused.
//!
//! | answer | what happens |
//! |---|---|
//! | 200, 206 | delivered, but for the items it names: 206, 402, 408, 429, 439 and 5xx are sent again, not before `Retry-After`; the rest is dropped and counted |
//! | 200, 206 with items that are neither named nor accepted | all of them are sent again; after three such answers in a row they are dropped and counted |
//! | 307, 308 | sent where it says, if that is Azure's; remembered for an hour, and no more than five in a row |
//! | 401 | the token is let go of, and another fetched; without one it is held: local authentication is off |
//! | 403, 404, 402, 439, 400 for the key | held and tried slowly: role, address, quota or key have to be put right |
//! | 408, 429, 5xx, no answer | tried again, not before `Retry-After` |
//! | 413 | half the items; of one the longest texts are cut |
//! | any other | dropped, counted, and logged |
//!
//! Sources: the specification of the service (`Monitor.Exporters` v2.1) and Microsoft's own clients. That an unknown
//! key is answered with 400 and `Invalid instrumentation key`, and that what is older than two days is refused, is
//! what those who asked were answered; it is in no specification.
//!
//! Considered and not done: continuing a long text in a second property (queries expect one), `/v2/track` (it takes
//! no tokens), sampling.

mod answer;
mod envelope;
mod map;
mod redirect;
mod work;

use super::otlp::compress;
use super::runner::{Cause, Export, Reason, Request, Sent, Tally};
use crate::azure::{Bearer, Credential, Tokens};
use crate::limits;
use crate::redact::Redacted;
use crate::secret::Secret;
use crate::signal::Signal;
use crate::upstream::{Answer, Endpoint, Failure, NoTrustStore, Upstream};
use answer::{Meaning, Refused};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use redirect::Place;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use work::Work;

/// Where to send, and as whom. Holds secrets: no `Debug`.
pub struct Config {
    /// `{IngestionEndpoint}/v2.1/track`.
    pub endpoint: Endpoint,
    /// Which resource: not a secret, and not for everyone either.
    pub instrumentation_key: Secret,
    /// Who we are, where the resource takes nothing from those who only know its key.
    pub credential: Option<Credential>,
    /// What the token is for: `https://monitor.azure.com`, but in sovereign clouds.
    pub audience: String,
    /// The gzip level, 1 to 9; `None` sends as it is.
    pub gzip: Option<u32>,
    /// For one request, from connecting to the end of the answer.
    pub timeout: Duration,
    /// Bytes of one request before compression.
    pub max_request_bytes: usize,
}

/// Sends to one resource.
pub(super) struct ApplicationInsights {
    shared: Arc<Shared>,
    /// What is left of the request that was tried last.
    work: Option<Work>,
    tally: Tally,
}

/// Connections, tokens, and where we were sent.
struct Shared {
    upstream: Upstream,
    place: Place,
    key: Arc<str>,
    tokens: Option<Tokens>,
    gzip: Option<u32>,
    timeout: Duration,
    max_request_bytes: usize,
}

impl ApplicationInsights {
    /// One for each signal. They share connections and tokens.
    pub(super) fn each(config: &Config) -> Result<Vec<(Signal, Self)>, NoTrustStore> {
        let place = Place::new(config.endpoint.clone());
        let tokens = config.credential.clone().map(|of| Tokens::for_resource(of, config.audience.clone()));
        let shared = Arc::new(Shared {
            upstream: Upstream::new(place.is_https())?,
            place,
            key: String::from_utf8_lossy(config.instrumentation_key.expose()).into(),
            tokens: tokens.transpose()?,
            gzip: config.gzip,
            timeout: config.timeout,
            max_request_bytes: config.max_request_bytes,
        });
        let one =
            |signal| (signal, Self { shared: Arc::clone(&shared), work: None, tally: Tally::default() });
        Ok(Signal::ALL.map(one).into())
    }

    /// Why there is no access token.
    pub(super) fn trouble(&self) -> Option<String> {
        self.shared.tokens.as_ref()?.trouble()
    }

    /// Sends a request without items. The key is in items alone: it is not tried.
    pub(super) async fn probe(&self) -> Sent {
        match self.shared.post(Bytes::new(), 0).await {
            Meaning::Settled(_) => Sent::Done { rejected: 0 },
            Meaning::Unclear { after } => unclear(after),
            Meaning::Retry { cause, after } => Sent::Retry { cause, after },
            Meaning::TooLarge => Sent::TooLarge,
            Meaning::Elsewhere(_) => not_there(),
            Meaning::Never(code) => Sent::Drop(Reason::Status(code)),
        }
    }

    /// What is left of this request: all of it, the first time.
    async fn work(&mut self, request: &Request) -> Option<Work> {
        if let Some(left) = self.work.take().filter(|work| work.is_of(&request.redacted)) {
            return Some(left);
        }
        let (signal, redacted): (Signal, Redacted<Bytes>) = (request.signal, request.redacted.clone());
        tokio::task::spawn_blocking(move || Work::new(signal, &redacted)).await.ok()?
    }

    /// Sends until all of it is settled, or something stands against it.
    async fn go_on(&mut self, work: &mut Work) -> Sent {
        loop {
            if work.items.is_empty() {
                match work.fill(&self.shared.key, self.shared.max_request_bytes).await {
                    Some(cut) => self.tally.trimmed += cut,
                    None => return Sent::Drop(Reason::Undecodable),
                }
            }
            if work.items.is_empty() {
                return done(work);
            }
            self.tally.trimmed += work.retime(Timestamp::now());
            let items = work.next(self.shared.max_request_bytes);
            let meaning = self.shared.post(work.body(items), items).await;
            if let Some(sent) = self.note(work, items, meaning) {
                return sent;
            }
        }
    }

    /// What came of the first so many items. `None`: on with the rest.
    fn note(&mut self, work: &mut Work, items: usize, meaning: Meaning) -> Option<Sent> {
        match meaning {
            Meaning::Settled(Refused { for_now, cause, after, for_good }) => {
                work.settle(items, &for_now, &for_good);
                cause.map(|cause| Sent::Retry { cause, after })
            }
            Meaning::Never(code) => {
                work.settle(items, &Default::default(), &(0..items).collect());
                work.never = Some(code);
                None
            }
            Meaning::TooLarge => {
                self.make_smaller(work, items);
                None
            }
            Meaning::Unclear { after } => (!work.give_up_unclear(items)).then_some(unclear(after)),
            Meaning::Retry { cause, after } => Some(Sent::Retry { cause, after }),
            Meaning::Elsewhere(_) => Some(not_there()),
        }
    }

    fn make_smaller(&mut self, work: &mut Work, items: usize) {
        if items > 1 {
            self.tally.split += 1;
            work.at_once = items / 2;
            return;
        }
        match work.items.first_mut().and_then(work::Item::halve) {
            Some(cut) => self.tally.trimmed += cut,
            None => work.give_up_first(),
        }
    }
}

/// Nothing taken, and something refused: then it is the request that was refused.
fn done(work: &Work) -> Sent {
    match work.never {
        Some(code) if !work.taken => Sent::Drop(Reason::Status(code)),
        _ => Sent::Done { rejected: work.refused.len() as u64 },
    }
}

/// Told as what it was: a success in part.
const fn unclear(after: Option<Duration>) -> Sent {
    Sent::Retry { cause: Cause::Status(206), after }
}

fn not_there() -> Sent {
    let cause = Cause::Mistake(307, answer::ELSEWHERE);
    Sent::Retry { cause, after: Some(limits::RETRY_MISTAKE) }
}

impl Export for ApplicationInsights {
    async fn send(&mut self, request: &Request) -> Sent {
        let Some(mut work) = self.work(request).await else { return Sent::Drop(Reason::Undecodable) };
        let sent = self.go_on(&mut work).await;
        if let Sent::Retry { .. } = sent {
            self.work = Some(work);
        }
        sent
    }

    fn tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }
}

impl Shared {
    /// Sends so many items, wherever the service wants them.
    async fn post(&self, body: Bytes, items: usize) -> Meaning {
        let Some(body) = compress(body, self.gzip).await else { return failed(Failure::Broken) };
        for _ in 0..=limits::REDIRECTS {
            let bearer = match &self.tokens {
                None => None,
                Some(tokens) => match tokens.bearer().await {
                    Ok(bearer) => Some(bearer),
                    Err(_) => return Meaning::Retry { cause: Cause::NoToken, after: None },
                },
            };
            match self.ask(body.clone(), items, bearer.as_ref()).await {
                Meaning::Elsewhere(there) if self.place.follow(&there) => {}
                meaning => return meaning,
            }
        }
        self.place.forget();
        Meaning::Elsewhere(String::new())
    }

    async fn ask(&self, body: Bytes, items: usize, bearer: Option<&Bearer>) -> Meaning {
        let (place, headers) = (self.place.now(), self.headers(bearer));
        let answer = self.upstream.send(
            Method::POST,
            place.uri(),
            &headers,
            body,
            limits::EXPORT_ANSWER_BYTES,
            self.timeout,
        );
        let answer: Answer = match answer.await {
            Ok(answer) => answer,
            Err(failure) => {
                self.place.forget();
                return failed(failure);
            }
        };
        if let (StatusCode::UNAUTHORIZED, Some(tokens), Some(bearer)) = (answer.status, &self.tokens, bearer)
        {
            tokens.refused(bearer);
        }
        answer::classify(&answer, items, bearer.is_some(), SystemTime::now())
    }

    fn headers(&self, bearer: Option<&Bearer>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-json-stream"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if self.gzip.is_some() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.extend(bearer.map(|bearer| (AUTHORIZATION, bearer.header.clone())));
        headers
    }
}

const fn failed(failure: Failure) -> Meaning {
    Meaning::Retry { cause: Cause::Failed(failure), after: None }
}
