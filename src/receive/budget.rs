//! Bytes of requests held at once, over all connections: what bounds the memory of the receivers.
//!
//! A request is charged as its bytes arrive and as they inflate, not by what its headers announce:
//! eight idle senders that announce 64 MiB each would otherwise shut everyone else out. A body that
//! is announced larger than what is free is turned away before it is read all the same.
//!
//! No queue for room: a sender that waits holds memory too. It is told to come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes that may be held, shared by every request.
#[derive(Clone)]
pub(super) struct Budget {
    held: Arc<AtomicUsize>,
    limit: usize,
}

/// There is no room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { held: Arc::new(AtomicUsize::new(0)), limit }
    }

    /// Whether so much would fit now. Promises nothing about later.
    pub(super) fn has_room_for(&self, bytes: usize) -> bool {
        self.held.load(Ordering::Relaxed).saturating_add(bytes) <= self.limit
    }

    /// A share of the budget, empty yet.
    pub(super) fn share(&self) -> Share {
        Share { budget: self.clone(), bytes: 0 }
    }
}

/// What one request holds of the budget; given back when dropped.
pub(super) struct Share {
    budget: Budget,
    bytes: usize,
}

impl Share {
    /// Holds so many bytes more.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let fits = |held: usize| held.checked_add(bytes).filter(|after| *after <= self.budget.limit);
        self.budget.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).map_err(|_| NoRoom)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_up_to_the_limit_and_gives_back_when_dropped() {
        let budget = Budget::new(10);
        let mut one = budget.share();
        let mut two = budget.share();
        assert_eq!(one.grow(6), Ok(()));
        assert_eq!(two.grow(5), Err(NoRoom));
        assert_eq!(two.grow(4), Ok(()));
        assert!(!budget.has_room_for(1));
        drop(one);
        assert!(budget.has_room_for(6));
        assert!(!budget.has_room_for(7));
        assert_eq!(two.grow(usize::MAX), Err(NoRoom));
        drop(two);
        assert!(budget.has_room_for(10));
    }
}
