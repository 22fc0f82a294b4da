//! Inflating, for both doors, with one set of bounds.
//!
//! Promise: whatever the bytes, no more than the smallest of three bounds is ever produced (plus one
//! step): a size, a ratio to the wire bytes, and what is free in the [budget](super::budget). A stream
//! that breaks off is an error, never a short body.
//!
//! Bias: one layer of one encoding. Stacked encodings are where bombs hide (a bomb of bombs), and no
//! exporter sends them. tonic's own decompression was not used: it is a second implementation with
//! bounds of its own, and the two would drift apart.
//!
//! `deflate` is the zlib format by name, but raw deflate is sent under it as well; the two-byte zlib
//! header tells them apart, since no real encoder starts a raw stream like that.

use super::budget::{NoRoom, Share};
use flate2::bufread::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Read};

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Identity,
    Gzip,
    Deflate,
    Zstd,
}

impl Compression {
    /// The names of all we take, as the headers `accept-encoding` and `grpc-accept-encoding` want them.
    pub(super) const ACCEPTED: &'static str = "identity,deflate,gzip,zstd";

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match () {
            () if name.is_empty() || is("identity") => Some(Self::Identity),
            () if is("gzip") || is("x-gzip") => Some(Self::Gzip),
            () if is("deflate") => Some(Self::Deflate),
            () if is("zstd") => Some(Self::Zstd),
            () => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
        }
    }
}

/// The bounds, from the configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    /// Bytes after inflating.
    pub(super) bytes: usize,
    /// Bytes after inflating for one byte before.
    pub(super) ratio: usize,
    /// Bytes after inflating below which no ratio is asked for.
    pub(super) ratio_free: usize,
}

/// Why there is no inflated body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InflateError {
    TooLarge { limit: usize },
    Ratio { limit: usize },
    Corrupt,
    NoRoom,
}

impl From<io::Error> for InflateError {
    /// Reading from memory has no other reason to fail.
    fn from(_: io::Error) -> Self {
        Self::Corrupt
    }
}

impl From<NoRoom> for InflateError {
    fn from(_: NoRoom) -> Self {
        Self::NoRoom
    }
}

/// Bytes inflated between two looks at the bounds.
const STEP: usize = 64 << 10;

/// The largest zstd window that is taken: 16 MiB, what `zstd -19` uses twice over. The format allows
/// 2 GiB, all of which the decoder would have to hold.
const ZSTD_WINDOW_LOG: u32 = 24;

/// Inflates a whole body, charging what comes out to `share`. No bytes at all are an empty body in
/// every encoding.
pub(super) fn inflate(
    compression: Compression,
    wire: &[u8],
    caps: Caps,
    share: &mut Share,
) -> Result<Vec<u8>, InflateError> {
    if wire.is_empty() {
        return Ok(Vec::new());
    }
    let sink = Sink { wire: wire.len(), caps, share, out: Vec::new() };
    match compression {
        Compression::Identity => sink.fill(wire),
        Compression::Gzip => sink.fill(MultiGzDecoder::new(wire)),
        Compression::Deflate => sink.fill(Deflate::new(wire)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(wire)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            sink.fill(decoder)
        }
    }
}

/// Where inflated bytes go, as long as the bounds hold.
struct Sink<'a> {
    wire: usize,
    caps: Caps,
    share: &'a mut Share,
    out: Vec<u8>,
}

impl Sink<'_> {
    fn fill(mut self, mut source: impl Read) -> Result<Vec<u8>, InflateError> {
        loop {
            let before = self.out.len();
            source.by_ref().take(STEP as u64).read_to_end(&mut self.out)?;
            let more = self.out.len() - before;
            if more == 0 {
                return Ok(self.out);
            }
            self.check()?;
            self.share.grow(more)?;
        }
    }

    fn check(&self) -> Result<(), InflateError> {
        let Caps { bytes, ratio, ratio_free } = self.caps;
        if self.out.len() > bytes {
            return Err(InflateError::TooLarge { limit: bytes });
        }
        if self.out.len() > ratio_free && self.out.len() > self.wire.saturating_mul(ratio) {
            return Err(InflateError::Ratio { limit: ratio });
        }
        Ok(())
    }
}

/// Reads zlib or raw deflate. flate2's own readers take the end of the input for the end of the
/// stream, so that half a body would pass for a whole one.
struct Deflate<'a> {
    state: Decompress,
    left: &'a [u8],
    ended: bool,
}

impl<'a> Deflate<'a> {
    fn new(wire: &'a [u8]) -> Self {
        Self { state: Decompress::new(has_zlib_header(wire)), left: wire, ended: false }
    }
}

impl Read for Deflate<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let (read_before, written_before) = (self.state.total_in(), self.state.total_out());
        let status = self.state.decompress(self.left, buffer, FlushDecompress::None)?;
        let consumed = usize::try_from(self.state.total_in() - read_before).unwrap_or(usize::MAX);
        let written = usize::try_from(self.state.total_out() - written_before).unwrap_or(usize::MAX);
        self.left = self.left.get(consumed..).unwrap_or_default();
        self.ended = status == Status::StreamEnd;
        let trailing = self.ended && !self.left.is_empty();
        let stuck = !self.ended && written == 0;
        if trailing || stuck { Err(io::ErrorKind::InvalidData.into()) } else { Ok(written) }
    }
}

/// Compression method 8, a window zlib knows, and a checksum over both bytes (RFC 1950, 2.2).
fn has_zlib_header(wire: &[u8]) -> bool {
    match wire {
        [method, flags, ..] => {
            method & 0x0f == 8 && method >> 4 <= 7 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0
        }
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::receive::budget::Budget;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write;

    const CAPS: Caps = Caps { bytes: 8 << 20, ratio: 200, ratio_free: 1 << 20 };

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn raw(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zst(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    type Encode = fn(&[u8]) -> Vec<u8>;
    const ENCODERS: [(&str, Compression, Encode); 4] = [
        ("gzip", Compression::Gzip, gzip),
        ("zlib", Compression::Deflate, zlib),
        ("raw deflate", Compression::Deflate, raw),
        ("zstd", Compression::Zstd, zst),
    ];

    fn run(compression: Compression, wire: &[u8], caps: Caps) -> Result<Vec<u8>, InflateError> {
        inflate(compression, wire, caps, &mut Budget::new(64 << 20).share())
    }

    /// Bytes that do not compress.
    fn noise(len: usize) -> Vec<u8> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .take(len)
        .collect()
    }

    #[test]
    fn gives_back_what_was_compressed() {
        for (name, compression, encode) in ENCODERS {
            for body in [Vec::new(), b"a".to_vec(), b"secret ".repeat(1000), noise(300_000)] {
                assert!(run(compression, &encode(&body), CAPS) == Ok(body), "{name}");
            }
            assert_eq!(run(compression, b"", CAPS), Ok(Vec::new()), "{name}, no bytes");
        }
    }

    #[test]
    fn takes_gzip_in_several_members() {
        let wire = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(run(Compression::Gzip, &wire, CAPS), Ok(b"one two".to_vec()));
    }

    #[test]
    fn a_stream_that_breaks_off_anywhere_is_corrupt() {
        for (name, compression, encode) in ENCODERS {
            let wire = encode(&b"what was said, and said again, and said again".repeat(3));
            for cut in 1..wire.len() {
                assert_eq!(
                    run(compression, &wire[..cut], CAPS),
                    Err(InflateError::Corrupt),
                    "{name} at {cut}"
                );
            }
        }
    }

    #[test]
    fn bytes_after_the_end_are_corrupt() {
        for (name, compression, encode) in ENCODERS {
            let wire = [encode(b"body").as_slice(), b"and more"].concat();
            assert_eq!(run(compression, &wire, CAPS), Err(InflateError::Corrupt), "{name}");
        }
    }

    #[test]
    fn the_size_cap_holds_to_the_byte() {
        let caps = Caps { bytes: 100_000, ..CAPS };
        for (name, compression, encode) in ENCODERS {
            let at = noise(100_000);
            assert!(run(compression, &encode(&at), caps) == Ok(at), "{name}, at");
            let past = run(compression, &encode(&noise(100_001)), caps);
            assert_eq!(past, Err(InflateError::TooLarge { limit: 100_000 }), "{name}, past");
        }
    }

    #[test]
    fn the_ratio_cap_counts_only_past_the_free_bytes() {
        let caps = Caps { ratio: 5, ratio_free: STEP, ..CAPS };
        for (name, compression, encode) in ENCODERS {
            assert!(run(compression, &encode(&vec![0; STEP]), caps).is_ok(), "{name}, at");
            let past = run(compression, &encode(&vec![0; STEP + 1]), caps);
            assert_eq!(past, Err(InflateError::Ratio { limit: 5 }), "{name}, past");
        }
    }

    #[test]
    fn a_bomb_is_refused_with_little_produced() {
        for (name, compression, encode) in ENCODERS {
            let wire = encode(&vec![0; 64 << 20]);
            let budget = Budget::new(CAPS.bytes + STEP);
            let mut share = budget.share();
            let outcome = inflate(compression, &wire, CAPS, &mut share);
            assert!(
                matches!(outcome, Err(InflateError::Ratio { .. } | InflateError::TooLarge { .. })),
                "{name}"
            );
            assert!(budget.has_room_for(STEP), "{name} held more than the cap");
        }
    }

    #[test]
    fn no_room_in_the_budget_stops_it() {
        let body = noise(STEP * 2);
        for (name, compression, encode) in ENCODERS {
            let budget = Budget::new(STEP);
            let outcome = inflate(compression, &encode(&body), CAPS, &mut budget.share());
            assert_eq!(outcome, Err(InflateError::NoRoom), "{name}");
            assert!(budget.has_room_for(STEP), "{name} did not give back");
        }
    }

    #[test]
    fn a_zstd_window_past_the_cap_is_corrupt() {
        let body = noise(1000);
        for (window_log, taken) in [(ZSTD_WINDOW_LOG, true), (ZSTD_WINDOW_LOG + 1, false)] {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
            encoder.set_parameter(zstd::stream::raw::CParameter::WindowLog(window_log)).unwrap();
            encoder.write_all(&body).unwrap();
            let wire = encoder.finish().unwrap();
            assert_eq!(run(Compression::Zstd, &wire, CAPS).is_ok(), taken, "{window_log}");
        }
    }
}
