//! Reading a body: at most so many bytes, within so much time, as far as the budget has room.

use super::budget::{Budget, Share};
use super::refused::Refused;
use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A body as it came over the wire, and the room it takes.
pub(super) struct Wire {
    pub(super) bytes: Bytes,
    pub(super) share: Share,
}

/// The first allocation for a body of known length. More is allocated as bytes arrive: what a sender
/// announces costs nothing.
const FIRST_BYTES: usize = 256 << 10;

/// Reads a body to its end.
pub(super) async fn read<B>(
    mut body: B,
    limit: usize,
    timeout: Duration,
    budget: &Budget,
) -> Result<Wire, Refused>
where
    B: Body<Data: AsRef<[u8]>> + Unpin,
{
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Refused::WireTooLarge { limit });
    }
    if !budget.has_room_for(announced) {
        return Err(Refused::NoRoom);
    }
    let deadline = Instant::now() + timeout;
    let mut share = budget.share();
    let mut bytes = Vec::with_capacity(announced.min(FIRST_BYTES));
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| Refused::BodyTimeout)? {
        let frame = frame.map_err(|_| Refused::BodyBroken)?;
        let Some(data) = frame.data_ref().map(AsRef::as_ref) else { continue };
        if bytes.len() + data.len() > limit {
            return Err(Refused::WireTooLarge { limit });
        }
        share.grow(data.len()).map_err(|_| Refused::NoRoom)?;
        bytes.extend_from_slice(data);
    }
    Ok(Wire { bytes: bytes.into(), share })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body::Frame;
    use http_body_util::Full;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// A body of unknown length in pieces, which then ends, or never does.
    struct Pieces(Vec<&'static [u8]>, bool);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match (self.0.pop(), self.1) {
                (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece))))),
                (None, true) => Poll::Ready(None),
                (None, false) => Poll::Pending,
            }
        }
    }

    async fn outcome<B: Body<Data = Bytes> + Unpin>(body: B, limit: usize, room: usize) -> String {
        match read(body, limit, Duration::from_millis(50), &Budget::new(room)).await {
            Ok(wire) => format!("{} bytes", wire.bytes.len()),
            Err(refused) => refused.reason().unwrap_or_default().to_owned(),
        }
    }

    #[tokio::test]
    async fn reads_up_to_the_limit_however_it_is_framed() {
        let full = || Full::new(Bytes::from_static(b"0123456789"));
        let pieces = || Pieces(vec![b"01234", b"56789"], true);
        for (limit, room, expected) in [(10, 10, "10 bytes"), (9, 99, "wire_too_large"), (99, 9, "no_room")] {
            assert_eq!(outcome(full(), limit, room).await, expected, "announced");
            assert_eq!(outcome(pieces(), limit, room).await, expected, "in pieces");
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_runs_out_of_time() {
        assert_eq!(outcome(Pieces(vec![b"01234"], false), 99, 99).await, "body_timeout");
    }

    #[tokio::test]
    async fn no_body_is_an_empty_body() {
        assert_eq!(outcome(Pieces(Vec::new(), true), 0, 0).await, "0 bytes");
    }
}
