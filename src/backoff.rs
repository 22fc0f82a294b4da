//! How long to wait before trying again.
//!
//! Doubles from the first wait to the longest, and takes a random part of the upper half of it, so that
//! many proxies that lost one upstream together do not come back together.

use crate::limits;
use std::time::Duration;
use tokio::time::sleep;

/// The waits between tries of one thing.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        let (first, longest) = limits::RETRY_BACKOFF;
        Self::new(first, longest)
    }
}

impl Backoff {
    /// Waits from `first` to `longest`, before jitter.
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first.min(longest) }
    }

    /// The next wait; not shorter than what the other side asked for.
    pub(crate) fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let base = self.next;
        self.next = base.saturating_mul(2).min(self.longest);
        // Without randomness everybody waits the longer half: late, not wrong.
        let random = getrandom::u32().unwrap_or(u32::MAX);
        jittered(base, random).max(asked.unwrap_or_default())
    }

    /// Waits for the next try. When the drain begins this ends at once, and the waits begin again with the
    /// shortest: there is no time to lose. `draining` is noted, so that it happens once.
    pub(crate) async fn pause(
        &mut self,
        wait: Duration,
        draining: &mut bool,
        begins: impl Future<Output = ()>,
    ) {
        if *draining {
            return sleep(wait).await;
        }
        tokio::select! {
            () = sleep(wait) => {}
            () = begins => {
                *draining = true;
                self.reset();
            }
        }
    }

    /// Begins again with the first wait.
    pub(crate) fn reset(&mut self) {
        self.next = self.first.min(self.longest);
    }
}

/// Between half of `base` and all of it.
fn jittered(base: Duration, random: u32) -> Duration {
    let half = base / 2;
    half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new(ms(500), ms(30_000));
        for base in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            let wait = backoff.wait(None);
            assert!(wait >= ms(base / 2) && wait <= ms(base), "{wait:?} of {base} ms");
        }
        backoff.reset();
        assert!(backoff.wait(None) <= ms(500));
    }

    #[test]
    fn what_was_asked_for_is_the_least() {
        let mut backoff = Backoff::new(ms(500), ms(30_000));
        assert_eq!(backoff.wait(Some(ms(60_000))), ms(60_000));
        assert!(backoff.wait(Some(ms(0))) >= ms(500), "zero is not an invitation to spin");
    }

    #[test]
    fn jitter_stays_in_the_upper_half() {
        for (random, expected) in [(0, 50), (u32::MAX / 2, 75), (u32::MAX, 100)] {
            let wait = jittered(ms(100), random);
            assert!(wait.abs_diff(ms(expected)) < ms(1), "{random}: {wait:?}");
        }
    }
}
