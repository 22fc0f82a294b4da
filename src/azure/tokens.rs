//! A token, kept until it is no good any more.

use super::Trouble;
use super::answer::{self, Fresh};
use super::credential::{Credential, RESOURCE, TokenRequest};
use crate::backoff::Backoff;
use crate::limits;
use crate::upstream::{Body, NoTrustStore, Upstream};
use http::HeaderValue;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// The tokens of one credential. Cheap to clone; all clones share one token.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<Shared>);

struct Shared {
    source: Box<dyn Source>,
    state: Mutex<State>,
    /// Held while a token is fetched: one at a time.
    fetching: tokio::sync::Mutex<()>,
}

/// Something that can be asked for a token.
trait Source: Send + Sync {
    /// A new token; `None`: the one there is does not change.
    fn fetch(&self) -> std::pin::Pin<Box<dyn Future<Output = Result<Fresh, Trouble>> + Send + '_>>;
}

struct State {
    token: Option<Token>,
    trouble: Option<Trouble>,
    /// Not before this is a fetch tried again.
    not_before: Option<Instant>,
    backoff: Backoff,
    fetches: u64,
}

#[derive(Clone)]
struct Token {
    bearer: HeaderValue,
    number: u64,
    refresh: Instant,
    expires: Instant,
}

/// A value for `Authorization`, and which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// Marked as sensitive: its `Debug` shows nothing.
    pub(crate) header: HeaderValue,
    number: u64,
}

impl Tokens {
    /// The tokens of a credential. Nothing is fetched yet.
    pub(crate) fn new(credential: Credential) -> Result<Self, NoTrustStore> {
        Self::for_resource(credential, RESOURCE.to_owned())
    }

    /// The same, for something else than [`RESOURCE`].
    pub(crate) fn for_resource(credential: Credential, resource: String) -> Result<Self, NoTrustStore> {
        let https = credential.endpoint().is_some_and(crate::upstream::Endpoint::is_https);
        Ok(Self::of(Box::new(Entra { credential, resource, upstream: Upstream::new(https)? })))
    }

    fn of(source: Box<dyn Source>) -> Self {
        let (first, longest) = limits::TOKEN_BACKOFF;
        let backoff = Backoff::new(first, longest);
        let state = State { token: None, trouble: None, not_before: None, backoff, fetches: 0 };
        Self(Arc::new(Shared { source, state: Mutex::new(state), fetching: tokio::sync::Mutex::default() }))
    }

    /// A token that is good now. Fetches one if there is none; when the one there is expires soon, another
    /// is fetched meanwhile.
    ///
    /// # Errors
    /// Why there is none. After a failed fetch the same is said until it is time to try again.
    pub(crate) async fn bearer(&self) -> Result<Bearer, Trouble> {
        let now = Instant::now();
        if let Some(token) = self.0.state().good(now) {
            if token.refresh <= now {
                let tokens = self.clone();
                tokio::spawn(async move { tokens.renew(token.number).await });
            }
            return Ok(token.into());
        }
        self.renew(0).await;
        let state = self.0.state();
        let token = state.good(Instant::now()).map(Bearer::from);
        token.ok_or_else(|| state.trouble.clone().unwrap_or(Trouble::Garbled))
    }

    /// Why the last fetch failed, if it did.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.0.state().trouble.as_ref().map(ToString::to_string)
    }

    /// The service does not accept this token: it is let go of.
    pub(crate) fn refused(&self, bearer: &Bearer) {
        let mut state = self.0.state();
        if state.token.as_ref().is_some_and(|token| token.number == bearer.number) {
            state.token = None;
        }
    }

    /// Fetches a token, unless another caller got one after `number` meanwhile, or it is too early.
    async fn renew(&self, number: u64) {
        let _one = self.0.fetching.lock().await;
        {
            let (state, now) = (self.0.state(), Instant::now());
            let newer = state.good(now).is_some_and(|token| token.number > number);
            if newer || state.not_before.is_some_and(|at| at > now) {
                return;
            }
        }
        let fetched = self.0.source.fetch().await;
        self.0.state().note(fetched, Instant::now());
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn good(&self, now: Instant) -> Option<Token> {
        self.token.clone().filter(|token| token.expires > now)
    }

    fn note(&mut self, fetched: Result<Fresh, Trouble>, now: Instant) {
        match fetched.and_then(|fresh| Ok((bearer(&fresh.token)?, fresh.lasts))) {
            Ok((bearer, lasts)) => {
                self.fetches += 1;
                let lasts = lasts.min(limits::TOKEN_LONGEST);
                let ahead = lasts.saturating_sub(limits::TOKEN_AHEAD).max(limits::TOKEN_LEAST);
                let (refresh, expires) = (now + ahead, now + lasts);
                self.token = Some(Token { bearer, number: self.fetches, refresh, expires });
                if self.trouble.take().is_some() {
                    tracing::info!("there is an access token again");
                }
                self.not_before = None;
                self.backoff.reset();
            }
            Err(trouble) => {
                // Said once: whoever asks is told every time.
                if self.trouble.as_ref() != Some(&trouble) {
                    tracing::error!(%trouble, "cannot get an access token: trying again");
                }
                self.trouble = Some(trouble);
                self.not_before = Some(now + self.backoff.wait(None));
            }
        }
    }
}

impl From<Token> for Bearer {
    fn from(token: Token) -> Self {
        Self { header: token.bearer, number: token.number }
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Trouble> {
    let text = Zeroizing::new(format!("Bearer {token}"));
    let mut header = HeaderValue::from_str(&text).map_err(|_| Trouble::Garbled)?;
    header.set_sensitive(true);
    Ok(header)
}

/// The token service of a credential.
struct Entra {
    credential: Credential,
    resource: String,
    upstream: Upstream,
}

impl Source for Entra {
    fn fetch(&self) -> std::pin::Pin<Box<dyn Future<Output = Result<Fresh, Trouble>> + Send + '_>> {
        Box::pin(self.ask())
    }
}

impl Entra {
    async fn ask(&self) -> Result<Fresh, Trouble> {
        if let Credential::Bearer(token) = &self.credential {
            let token = String::from_utf8_lossy(token.expose()).trim().to_owned();
            return Ok(Fresh { token: Zeroizing::new(token), lasts: limits::TOKEN_LONGEST });
        }
        let (credential, resource) = (self.credential.clone(), self.resource.clone());
        let request = tokio::task::spawn_blocking(move || credential.request(&resource)).await;
        let Some(request) = request.map_err(|_| Trouble::Garbled)?? else { return Err(Trouble::Garbled) };
        let TokenRequest { method, uri, headers, body } = request;
        let (most, timeout) = (limits::TOKEN_ANSWER_BYTES, limits::TOKEN_TIMEOUT);
        let silent = |_| Trouble::Silent { hint: self.credential.hint() };
        let answer = self.upstream.send(method, &uri, &headers, body, most, timeout).await.map_err(silent)?;
        match answer.body {
            Body::Whole(body) => answer::read(answer.status, &body, SystemTime::now()),
            Body::TooLong | Body::Cut => Err(Trouble::Garbled),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    /// A source whose tokens are numbered.
    #[derive(Default)]
    struct Counting {
        asked: AtomicU64,
        failing: std::sync::atomic::AtomicBool,
        lasts: Duration,
    }

    struct Handle(Arc<Counting>);

    impl Source for Handle {
        fn fetch(&self) -> std::pin::Pin<Box<dyn Future<Output = Result<Fresh, Trouble>> + Send + '_>> {
            Box::pin(async {
                let number = self.0.asked.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
                if self.0.failing.load(Ordering::SeqCst) {
                    return Err(Trouble::Silent { hint: "" });
                }
                Ok(Fresh { token: Zeroizing::new(format!("t{number}")), lasts: self.0.lasts })
            })
        }
    }

    fn tokens(seconds: u64) -> (Tokens, Arc<Counting>) {
        let source = Arc::new(Counting { lasts: Duration::from_secs(seconds), ..Counting::default() });
        (Tokens::of(Box::new(Handle(Arc::clone(&source)))), source)
    }

    async fn text(tokens: &Tokens) -> String {
        tokens.bearer().await.unwrap().header.to_str().unwrap().to_owned()
    }

    async fn wait(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn one_token_is_fetched_for_all_who_ask_at_once() {
        let (tokens, source) = tokens(3600);
        let asking: Vec<_> = (0..20)
            .map(|_| {
                tokio::spawn({
                    let tokens = tokens.clone();
                    async move { text(&tokens).await }
                })
            })
            .collect();
        for asked in asking {
            assert_eq!(asked.await.unwrap(), "Bearer t1");
        }
        assert_eq!(source.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn another_is_fetched_ahead_of_expiry_while_the_old_one_is_used() {
        let (tokens, source) = tokens(3600);
        assert_eq!(text(&tokens).await, "Bearer t1");
        wait(3600 - 300).await;
        assert_eq!((text(&tokens).await.as_str(), source.asked.load(Ordering::SeqCst)), ("Bearer t1", 1));
        wait(2).await;
        assert_eq!(text(&tokens).await, "Bearer t1", "nobody waits");
        wait(1).await;
        assert_eq!(text(&tokens).await, "Bearer t2");
    }

    #[tokio::test(start_paused = true)]
    async fn the_old_one_is_used_to_its_end_while_none_can_be_fetched() {
        let (tokens, source) = tokens(3600);
        text(&tokens).await;
        source.failing.store(true, Ordering::SeqCst);
        for _ in 0..3590 {
            assert_eq!(text(&tokens).await, "Bearer t1");
            wait(1).await;
        }
        let asked = source.asked.load(Ordering::SeqCst);
        assert!((5..60).contains(&asked), "backed off: {asked}");
        wait(20).await;
        assert_eq!(tokens.bearer().await.unwrap_err(), Trouble::Silent { hint: "" });
        source.failing.store(false, Ordering::SeqCst);
        wait(301).await;
        assert!(text(&tokens).await.starts_with("Bearer t"));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_refused_is_not_used_again_and_a_late_refusal_hurts_nobody() {
        let (tokens, source) = tokens(3600);
        let first = tokens.bearer().await.unwrap();
        tokens.refused(&first);
        let second = tokens.bearer().await.unwrap();
        assert_ne!(first, second);
        tokens.refused(&first);
        assert_eq!(tokens.bearer().await.unwrap(), second);
        assert_eq!(source.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_token_is_not_shown() {
        let tokens = Tokens::new(Credential::Bearer(crate::secret::Secret::new(" hunter2 \n"))).ok().unwrap();
        let bearer = tokens.bearer().await.unwrap();
        assert_eq!(bearer.header, "Bearer hunter2");
        assert!(!format!("{bearer:?}").contains("hunter2"));
    }
}
