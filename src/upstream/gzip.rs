//! Making a body smaller, for upstreams that take gzip (RFC 9110, 8.4.1.3).

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::io::{self, Write as _};

/// The body in gzip, at a level from 1 (fast) to 9. Megabytes take milliseconds.
pub(crate) fn gzipped(body: &[u8], level: u32) -> io::Result<Bytes> {
    let level = Compression::new(level.clamp(1, 9));
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), level);
    encoder.write_all(body)?;
    encoder.finish().map(Bytes::from)
}
