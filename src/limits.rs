//! Every bound in the program, with its unit and its reason. Each has a test at it and past it, next
//! to the code that holds it. Bounds an operator may want to move are defaults of the configuration.

use std::time::Duration;

/// Bytes of one request as it comes over the wire. 64 MiB is what the OTLP exporters of the SDKs cap
/// their own requests at, so nothing a real client sends is refused.
pub const WIRE_BYTES: usize = 64 << 20;

/// Bytes of one request after inflating. The same 64 MiB: compression is not a way to send more.
pub const INFLATED_BYTES: usize = 64 << 20;

/// Inflated bytes for one wire byte. Telemetry that repeats itself reaches 40 with gzip; a bomb is
/// near 1000. Only looked at past [`RATIO_FREE_BYTES`].
pub const INFLATE_RATIO: usize = 200;

/// Inflated bytes below which no ratio is asked for: small requests may compress as well as they like.
pub const RATIO_FREE_BYTES: usize = 1 << 20;

/// Levels of arrays and kvlists in one `AnyValue`. prost stops at 100 nested messages, of which a
/// kvlist level takes three and the way to the deepest attribute (an exemplar's) nine.
pub const VALUE_DEPTH: usize = 24;

/// Levels of braces and brackets in OTLP/JSON: four for each level of a value, and the way there.
pub const JSON_DEPTH: usize = 4 * VALUE_DEPTH + 24;

/// Levels of JSON inside strings of JSON that are opened in one content. Agents go to four.
pub const OPEN_DEPTH: usize = 8;

/// Bytes that are looked at to turn one candidate down before a pattern is run on it. Nearly all are
/// turned down within twenty; a flood of keywords costs this much for each and no more.
pub const GUARD_BYTES: usize = 256;

/// Bytes of a match up to which each place it may start at is looked at on its own. Longer matches are
/// searched for from the first such place on, or a flood of them would run down one tail many times.
pub const EXACT_BYTES: usize = 512;

/// Bytes one compiled pattern may take. The largest of the pack takes a tenth of it.
pub const PATTERN_BYTES: usize = 4 << 20;

/// Bytes of lazily built automaton one pattern may keep for one thread.
pub const PATTERN_CACHE_BYTES: usize = 1 << 20;

/// Rejected bytes for one byte of text that validators may spend for one rule, and
/// [`REJECTED_FREE_BYTES`] besides. A search goes on one byte past the start of a rejected match, so
/// long matches that are all rejected would cost the square of the text; past this bound matches stand
/// unvalidated, which is linear and covers too much rather than too little.
pub const REJECTED_RATIO: usize = 64;

/// Rejected bytes that are free: short texts may reject as they like.
pub const REJECTED_FREE_BYTES: usize = 64 << 10;

/// Bytes of redacted telemetry the memory queue holds by default.
pub const QUEUE_BYTES: usize = 256 << 20;

/// Bytes of requests being received, inflated, decoded and scanned at once; past it the answer is
/// "busy, come back". Bounds memory however many connections there are.
pub const IN_FLIGHT_BYTES: usize = 512 << 20;

/// Time for the headers of a request to arrive. Slow senders are slow attackers.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for the whole body of a request to arrive. Exporters give up after ten seconds themselves.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Time a connection may stand idle.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// Streams one HTTP/2 connection may have open.
pub const HTTP2_STREAMS: u32 = 128;

/// Bytes of the headers of one request.
pub const HEADER_BYTES: usize = 32 << 10;

/// Connections open at once, over all listeners.
pub const CONNECTIONS: usize = 4096;

/// Time from the signal to stop until what is still held is given up.
pub const DRAIN: Duration = Duration::from_secs(10);
