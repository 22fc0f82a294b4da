//! Where both doors meet: one authenticated body, inflated and handed to the line.
//!
//! From here on a request is a task of its own, which a connection that goes away does not end: short
//! lived clients send all they have in their last second and leave without reading the answer. The
//! task holds the request's share of the budget for as long as its bytes are in memory, which a task
//! tied to the connection would give back too early.
//!
//! A panic in the line ends this one task: the request is refused as our fault, counted, and nothing
//! of it was passed on.

use super::Limits;
use super::auth::Authenticate;
use super::body::{self, Wire};
use super::budget::{Budget, Share};
use super::cors::Cors;
use super::inflate::{Caps, Compression, inflate};
use super::refused::Refused;
use super::route::Routes;
use crate::limits;
use crate::principal::Principal;
use crate::proxy::{Accepted, Encoding, Line, Received, Refusal};
use crate::signal::Signal;
use crate::telemetry::Metrics;
use bytes::Bytes;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinError;

/// Compressed bodies up to this many bytes are inflated where they are read: a hop to another thread
/// costs more than they do.
const INFLATED_INLINE_BYTES: usize = 16 << 10;

/// What every request needs; one for all listeners.
pub(super) struct Intake<L> {
    pub(super) routes: Routes,
    pub(super) cors: Cors,
    pub(super) authenticate: Box<dyn Authenticate>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) limits: Limits,
    pub(super) budget: Budget,
    /// Turns to inflate something large. Inflating is all processor and no waiting: more at once than
    /// there are cores would only hold more memory.
    pub(super) turns: Arc<Semaphore>,
    pub(super) line: Arc<L>,
    /// Nothing is ever sent: when all clones are gone, no request is under way.
    pub(super) under_way: mpsc::Sender<Infallible>,
}

/// A request as it came in.
pub(super) struct Incoming {
    pub(super) principal: Principal,
    pub(super) signal: Signal,
    pub(super) encoding: Encoding,
    pub(super) compression: Compression,
    pub(super) wire: Wire,
}

impl<L: Line> Intake<L> {
    /// Reads a body within the bounds.
    pub(super) async fn read<B>(&self, body: B) -> Result<Wire, Refused>
    where
        B: http_body::Body<Data: AsRef<[u8]>> + Unpin,
    {
        body::read(body, self.limits.wire_bytes, self.limits.body_timeout, &self.budget).await
    }

    /// Takes a request in, and answers when the line has.
    pub(super) async fn take(self: &Arc<Self>, incoming: Incoming) -> Result<Accepted, Refused> {
        let intake = Arc::clone(self);
        let under_way = self.under_way.clone();
        let task = tokio::spawn(async move {
            let outcome = intake.run(incoming).await;
            drop(under_way);
            outcome
        });
        task.await.unwrap_or_else(|ended| Err(self.broken(&ended)))
    }

    /// Counts what was turned away before the line saw it.
    pub(super) fn count(&self, refused: &Refused) {
        if let Some(reason) = refused.reason() {
            self.metrics.refused(reason);
        }
    }

    async fn run(&self, incoming: Incoming) -> Result<Accepted, Refused> {
        let Incoming { principal, signal, encoding, compression, wire } = incoming;
        let (body, share) = self.inflate(compression, wire).await?;
        let outcome = self.line.take(Received { principal, signal, encoding, body }).await;
        drop(share);
        Ok(outcome?)
    }

    async fn inflate(&self, compression: Compression, wire: Wire) -> Result<(Bytes, Share), Refused> {
        let caps = self.caps();
        if compression == Compression::Identity {
            let fits = wire.bytes.len() <= caps.bytes;
            return if fits { Ok((wire.bytes, wire.share)) } else { Err(too_large(caps)) };
        }
        let small = wire.bytes.len() <= INFLATED_INLINE_BYTES;
        let share = self.budget.share();
        let work = move || inflate_one(compression, wire, caps, share);
        if small { work() } else { self.elsewhere(work).await }
    }

    /// Does this on a thread where it may take its time, when it is its turn.
    async fn elsewhere<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(turn);
            outcome
        });
        done.await.unwrap_or_else(|ended| Err(self.broken(&ended)))
    }

    /// A task that gave no outcome: it panicked, or the runtime is going away.
    fn broken(&self, ended: &JoinError) -> Refused {
        if ended.is_panic() {
            self.metrics.panics.inc();
        }
        Refused::Line(Refusal::Internal)
    }

    fn caps(&self) -> Caps {
        Caps {
            bytes: self.limits.inflated_bytes,
            ratio: self.limits.inflate_ratio,
            ratio_free: limits::RATIO_FREE_BYTES,
        }
    }
}

const fn too_large(caps: Caps) -> Refused {
    Refused::InflatedTooLarge { limit: caps.bytes }
}

/// The wire bytes, and their share of the budget, are gone when this is done.
fn inflate_one(
    compression: Compression,
    wire: Wire,
    caps: Caps,
    mut share: Share,
) -> Result<(Bytes, Share), Refused> {
    match inflate(compression, &wire.bytes, caps, &mut share) {
        Ok(body) => Ok((body.into(), share)),
        Err(error) => Err(Refused::inflating(compression, &error)),
    }
}
