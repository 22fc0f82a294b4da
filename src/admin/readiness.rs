//! Whether requests should be sent here now, and if not, why not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// A reason not to send requests here. Several may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not everything is built yet.
    Starting,
    /// Stopping: what is held is being finished.
    Draining,
    /// A queue has no room: requests would be answered with "busy".
    QueueFull,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Starting, Self::Draining, Self::QueueFull];

    /// The words told to probes and people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Draining => "draining",
            Self::QueueFull => "queue full",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A handle to the one answer; cheap to clone, and every clone sees and sets the same.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicU8>);

impl Readiness {
    /// [`Reason::Starting`], and nothing else.
    #[must_use]
    pub fn starting() -> Self {
        Self(Arc::new(AtomicU8::new(Reason::Starting.bit())))
    }

    /// From now on this reason holds, or no longer does.
    pub fn set(&self, reason: Reason, holds: bool) {
        if holds {
            self.0.fetch_or(reason.bit(), Ordering::Relaxed);
        } else {
            self.0.fetch_and(!reason.bit(), Ordering::Relaxed);
        }
    }

    /// The reasons that hold; none means ready.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> + use<> {
        let held = self.0.load(Ordering::Relaxed);
        Reason::ALL.into_iter().filter(move |reason| held & reason.bit() != 0)
    }

    /// Whether no reason holds.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.reasons().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_no_reason_holds() {
        let readiness = Readiness::starting();
        let clone = readiness.clone();
        assert!(!readiness.is_ready());
        clone.set(Reason::Starting, false);
        assert!(readiness.is_ready());
        clone.set(Reason::QueueFull, true);
        clone.set(Reason::QueueFull, true);
        clone.set(Reason::Draining, true);
        clone.set(Reason::QueueFull, false);
        assert_eq!(readiness.reasons().collect::<Vec<_>>(), [Reason::Draining]);
    }
}
