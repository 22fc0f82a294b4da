//! When a connection was last alive, as seen from outside HTTP.
//!
//! hyper has a timeout for the head of a request over HTTP/1, but it also runs between requests, and
//! exporters that send once a minute would lose their connection each time. It has none before the
//! first byte, and none over HTTP/2. One clock for all of it is simpler: a connection with no request
//! under way must start one in time, and a request that has begun to arrive must arrive in time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The times a connection has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// From the first byte of a head, or from connecting, until the head is complete.
    pub(super) header: Duration,
    /// From one request to the next.
    pub(super) idle: Duration,
}

/// The life of one connection.
pub(super) struct Pulse(Mutex<State>);

/// One request under way; over when dropped.
pub(super) struct Beat<'a>(&'a Pulse);

impl Pulse {
    pub(super) fn new(times: Times) -> Self {
        Self(Mutex::new(State::new(times, Instant::now())))
    }

    /// These bytes arrived.
    pub(super) fn arrived(&self, bytes: &[u8]) {
        self.state().arrived(bytes, Instant::now());
    }

    /// The head of a request has arrived.
    pub(super) fn request(&self) -> Beat<'_> {
        self.state().begin();
        Beat(self)
    }

    /// A body was left unread.
    pub(super) fn leave_unread(&self) {
        self.state().unread = true;
    }

    /// Whether a body was left unread.
    pub(super) fn left_unread(&self) -> bool {
        self.state().unread
    }

    /// Whether this connection has used up its time.
    pub(super) fn is_overdue(&self) -> bool {
        self.state().is_overdue(Instant::now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Beat<'_> {
    fn drop(&mut self) {
        self.0.state().end(Instant::now());
    }
}

struct State {
    times: Times,
    under_way: usize,
    /// Since when no request has been under way.
    quiet_since: Instant,
    /// When the head that is arriving began to.
    head_since: Option<Instant>,
    /// HTTP/2 talks between requests, so that bytes do not mean a head.
    http2: bool,
    /// The body of a request was left unread.
    unread: bool,
}

impl State {
    fn new(times: Times, now: Instant) -> Self {
        Self { times, under_way: 0, quiet_since: now, head_since: Some(now), http2: false, unread: false }
    }

    fn arrived(&mut self, bytes: &[u8], now: Instant) {
        // What an HTTP/2 connection starts with. Said elsewhere, it buys the idle time and no more.
        self.http2 |= bytes.starts_with(b"PRI * HTTP/2");
        if self.under_way == 0 {
            self.head_since.get_or_insert(now);
        }
    }

    fn begin(&mut self) {
        self.under_way += 1;
        self.head_since = None;
    }

    fn end(&mut self, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        self.quiet_since = now;
        self.head_since = None;
    }

    fn is_overdue(&self, now: Instant) -> bool {
        let longer = |since, time| now.saturating_duration_since(since) > time;
        match (self.under_way, self.http2, self.head_since) {
            (1.., _, _) => false,
            (0, false, Some(since)) => longer(since, self.times.header),
            (0, _, _) => longer(self.quiet_since, self.times.idle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times { header: Duration::from_secs(10), idle: Duration::from_secs(120) };
    const TICK: Duration = Duration::from_millis(1);

    /// It has this long from then, to the millisecond.
    fn check(state: &State, from: Instant, time: Duration) {
        assert!(!state.is_overdue(from + time));
        assert!(state.is_overdue(from + time + TICK));
    }

    #[test]
    fn a_silent_connection_has_as_long_as_a_head() {
        let start = Instant::now();
        check(&State::new(TIMES, start), start, TIMES.header);
    }

    #[test]
    fn dribbled_bytes_do_not_buy_time() {
        let start = Instant::now();
        let mut state = State::new(TIMES, start);
        for second in 0..10 {
            state.arrived(b"P", start + Duration::from_secs(second));
        }
        check(&state, start, TIMES.header);
    }

    #[test]
    fn a_request_under_way_is_never_overdue() {
        let start = Instant::now();
        let mut state = State::new(TIMES, start);
        state.begin();
        state.begin();
        assert!(!state.is_overdue(start + TIMES.idle * 2));
        state.end(start);
        assert!(!state.is_overdue(start + TIMES.idle * 2));
        state.end(start + TIMES.idle);
        check(&state, start + TIMES.idle, TIMES.idle);
    }

    #[test]
    fn the_second_head_has_its_own_time() {
        let start = Instant::now();
        let mut state = State::new(TIMES, start);
        state.begin();
        state.end(start);
        let second = start + Duration::from_secs(60);
        state.arrived(b"POST /", second);
        check(&state, second, TIMES.header);
    }

    #[test]
    fn http2_may_talk_between_requests() {
        let start = Instant::now();
        let mut state = State::new(TIMES, start);
        state.arrived(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", start);
        state.arrived(b"ping", start + Duration::from_secs(60));
        check(&state, start, TIMES.idle);
    }
}
