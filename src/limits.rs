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

/// Bytes of messages in memory for one byte of a body. What agents send takes up to 2.3 in protobuf;
/// empty spans take 132.
pub const GROWTH: usize = 12;

/// Bytes of messages in memory that any body may have.
pub const GROWTH_FREE: usize = 1 << 20;

/// Levels of braces and brackets in OTLP/JSON: four for each level of a value, and the way there.
pub const JSON_DEPTH: usize = 4 * VALUE_DEPTH + 24;

/// Layers in layers (JSON in strings of JSON, escapes, percent-encoding, base64) that are opened in one
/// content. Agents go to four, and each level of escapes doubles the one below it: what is deeper was made
/// to be.
pub const OPEN_DEPTH: usize = 12;

/// Leaves of one content, and objects and arrays on the way to them. A conversation of a megabyte has ten
/// thousand; each takes about a hundred bytes while it is looked at.
pub const OPEN_LEAVES: usize = 1 << 20;

/// Bytes that the layers of one content may be decoded to, together, for one byte of it, and
/// [`OPEN_FREE_BYTES`] besides. Four levels of JSON in strings take four.
pub const OPEN_RATIO: usize = 32;

/// Decoded bytes that any content may take: see [`OPEN_RATIO`].
pub const OPEN_FREE_BYTES: usize = 4 << 20;

/// Bytes of text that may come out of one compressed run inside base64.
pub const INFLATED_TEXT_BYTES: usize = 4 << 20;

/// Inflated bytes for one compressed byte of such a run. Text is near 4, and a file of log lines near 40.
pub const INFLATED_RATIO: usize = 200;

/// Bytes of a leaf that is scanned whole once more together with the leaves of its kind beside it: pieces
/// of a stream are shorter (11 to 124 characters were seen). Of a longer one the ends alone are.
pub const JOINED_LEAF_BYTES: usize = 128;

/// Bytes of an unbroken run of characters at the end of a long leaf that are joined to the next.
pub const JOINED_RUN_BYTES: usize = 4 << 10;

/// Bytes of the shortest value that an operator may call harmless.
pub const HARMLESS_BYTES: usize = 4;

/// Keywords in one list of a rule: every match is held against each of them.
pub const KEYWORDS: usize = 64;

/// Bytes on each side of a match in which a keyword of its rule may count: a long sentence. Every match is looked
/// around so far.
pub const KEYWORD_WITHIN: usize = 256;

/// Bytes that are looked at to turn one candidate down before a pattern is run on it. Nearly all are
/// turned down within twenty; a flood of keywords costs this much for each and no more.
pub const GUARD_BYTES: usize = 256;

/// Bytes of candidates that came to nothing for one byte of text, for one rule, up to which each place a
/// match may start at is tried on its own; and [`REJECTED_FREE_BYTES`] besides. Past it a flood of such
/// places is searched as one region, or it would run down the same long tail once for each.
pub const TRIED_RATIO: usize = 16;

/// Bytes behind the header of a PEM private key in which its END line is looked for: a key of 16,384
/// bits is 12.5 kB, and escapes and line numbers come on top.
pub const PEM_BYTES: usize = 16 << 10;

/// Bytes of a PEM private key without its END line.
pub const PEM_CUT_BYTES: usize = 8 << 10;

/// Bytes behind the name of a key file, or what else tells of a private key, in which lines of it are looked
/// for. Such names are in many texts, and each costs this much at most.
pub const PEM_NEAR_BYTES: usize = 512;

/// Bytes of a line that may be of a private key: 76 characters, and what tools put before them.
pub const PEM_LINE_BYTES: usize = 192;

/// Bytes one compiled pattern may take. A pattern past it repeats something thousands of times, and is
/// refused when it is loaded.
pub const PATTERN_BYTES: usize = 4 << 20;

/// Bytes of lazily built automaton one pattern may keep for one thread. With a megabyte those of two rules for words in
/// sentences were thrown away all the time, and took a sixth of all rules on text with a secret in ten kilobytes.
pub const PATTERN_CACHE_BYTES: usize = 2 << 20;

/// Bytes of lazily built automaton that all patterns anchored in digits may keep together for one thread. With
/// seventy of them eight megabytes are thrown away and built again where a text is of every kind.
pub const DIGITS_CACHE_BYTES: usize = 13 << 20;

/// Rejected bytes for one byte of text that validators may spend for one rule, and
/// [`REJECTED_FREE_BYTES`] besides. A search goes on one byte past the start of a rejected match, so
/// long matches that are all rejected would cost the square of the text; past this bound matches stand
/// unvalidated, which is linear and covers too much rather than too little.
pub const REJECTED_RATIO: usize = 64;

/// Rejected bytes that are free: short texts may reject as they like.
pub const REJECTED_FREE_BYTES: usize = 64 << 10;

/// Bytes of redacted telemetry the queue holds by default in memory.
pub const QUEUE_MEMORY_BYTES: usize = 256 << 20;

/// Bytes of redacted telemetry the queue holds by default on disk: ten minutes of a hundred requests a
/// second of 64 KiB. A day of that takes 600 GB.
pub const QUEUE_DISK_BYTES: usize = 4 << 30;

/// Bytes that may wait for the disk in memory: seconds of what it takes.
pub const QUEUE_PENDING_BYTES: usize = 128 << 20;

/// Time after which the queue takes nothing more until its oldest entry is delivered, by default. By then
/// somebody should have been asked.
pub const QUEUE_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Time after which a file of the queue that could not be read is tried again.
pub const QUEUE_READ_AGAIN: Duration = Duration::from_secs(1);

/// Bytes of entries in one file of a lane. Larger ones take longer to recover after a crash; smaller ones
/// are more files in a long outage (a thousand for 64 GB).
pub const STORE_SEGMENT_BYTES: u64 = 64 << 20;

/// Bytes of entries in a file all of which were delivered, from which it is removed before it is full.
pub const STORE_WORN_BYTES: u64 = 1 << 20;

/// Bytes of entries that are committed together: a few milliseconds of a disk's time.
pub const STORE_GROUP_BYTES: usize = 8 << 20;

/// Bytes of a file that are kept in memory while it is open.
pub const STORE_CACHE_BYTES: usize = 4 << 20;

/// Time after which it is written down that a reader has moved on. What is acknowledged in between is
/// delivered again after a crash.
pub const STORE_KEEP: Duration = Duration::from_millis(200);

/// Bytes an entry of the queue counts for besides its telemetry: what holding it costs. Without it, any
/// number of empty requests would fit.
pub const QUEUE_ENTRY_BYTES: usize = 128;

/// What a sender is told to wait when the queue is full. Long enough for a batch to leave, short enough
/// for an exporter that gives a request ten seconds.
pub const QUEUE_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Protobuf bytes of one request to an upstream, by default. 4 MiB is the least that common receivers
/// take (gRPC's own default). One entry that is bigger is sent as it is.
pub const EXPORT_BATCH_BYTES: usize = 4 << 20;

/// Time an entry waits for others to share a request with, by default.
pub const EXPORT_LINGER: Duration = Duration::from_millis(200);

/// Time for one request to an upstream, from connecting to the end of the answer, by default.
pub const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes read of an upstream's answer. Only the count in a partial success is wanted of it.
pub const EXPORT_ANSWER_BYTES: usize = 4 << 20;

/// First and longest wait between two tries of one request, before jitter.
pub const RETRY_BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// The longest an upstream's `Retry-After` is followed: a wrong clock or a typing error there must not
/// stop an exporter for a day.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// Time before its expiry from which a token is fetched anew. Managed identities give out the same token
/// until it has less than half its life; five minutes are what Microsoft's own clients take.
pub const TOKEN_AHEAD: Duration = Duration::from_secs(299);

/// Time a token is used before another is asked for, however soon it expires.
pub const TOKEN_LEAST: Duration = Duration::from_secs(10);

/// Time after which a token is asked for anew, whatever was said of its expiry.
pub const TOKEN_LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The first wait after a failed fetch of a token, and the longest.
pub const TOKEN_BACKOFF: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));

/// Time for a token to be fetched.
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer with a token. One has two kilobytes; with many group claims up to twenty.
pub const TOKEN_ANSWER_BYTES: usize = 64 << 10;

/// Bytes of a content that is never cut to make a record fit: names, ids and short texts stay whole.
pub const TRIM_LEAST: usize = 256;

/// Bytes of one request to Azure Monitor before compression, by default. Nothing is published for OTLP; the
/// Logs Ingestion API behind the same gateway takes 1 MB.
pub const AZURE_REQUEST_BYTES: usize = 1_000_000;

/// Bytes of what is remembered of cumulative metrics to make deltas of them, for one exporter. A sum takes two
/// hundred, a histogram of fifteen buckets five hundred: a hundred thousand streams.
pub const DELTA_BYTES: usize = 64 << 20;

/// Time after which a stream is forgotten that nothing came of: a laptop that slept over a night goes on where it
/// was.
pub const DELTA_AGE: Duration = Duration::from_secs(24 * 3600);

/// Sequences of one stream that are remembered: processes that say the same of themselves, and those before them. They
/// may be those of a whole company, where redaction takes away what told them apart. [`DELTA_BYTES`] bounds them too;
/// this bounds what it costs to put one more in its place.
pub const DELTA_SEQUENCES: usize = 4096;

/// Of these, those that do not say when they began. A point is compared with each, and the more there are the less is
/// told of one process that begins again and again.
pub const DELTA_UNKNOWN: usize = 8;

/// Buckets of an exponential histogram that was made of an explicit one: what SDKs have by default.
pub const EXPONENTIAL_BUCKETS: i64 = 160;

/// UTF-16 units of what items of Application Insights hold, as the specification of its ingestion has them
/// (azure-rest-api-specs, `Monitor.Exporters` v2.1); the service cuts what is longer without a word. A property.
pub const TRACK_VALUE: usize = 8192;
/// The name of a property or measurement: see [`TRACK_VALUE`].
pub const TRACK_KEY: usize = 150;
/// A message, and the message and stack of an exception: see [`TRACK_VALUE`].
pub const TRACK_MESSAGE: usize = 32_768;
/// Names, targets, types and result codes; a user, a version: see [`TRACK_VALUE`].
pub const TRACK_NAME: usize = 1024;
/// The name of an event: see [`TRACK_VALUE`].
pub const TRACK_EVENT: usize = 512;
/// The URL of a request: see [`TRACK_VALUE`].
pub const TRACK_URL: usize = 2048;
/// An id in a tag: see [`TRACK_VALUE`].
pub const TRACK_ID: usize = 128;
/// A role, and an instance of it: see [`TRACK_VALUE`].
pub const TRACK_ROLE: usize = 256;
/// A session: see [`TRACK_VALUE`].
pub const TRACK_SESSION: usize = 64;
/// Who wrote an item: see [`TRACK_VALUE`].
pub const TRACK_SDK: usize = 64;

/// Bytes of one item of Application Insights: "64 KB", by the smaller meaning of it.
/// <https://learn.microsoft.com/azure/azure-monitor/service-limits#application-insights>
pub const TRACK_ITEM: usize = 64_000;

/// Items in one request to Application Insights. It takes 64,000; the collector sends 1,024.
pub const TRACK_ITEMS: usize = 1024;

/// Properties of one item that are looked at: no more find room in [`TRACK_ITEM`] that say anything.
pub const TRACK_PROPERTIES: usize = 1000;

/// Measurements of one item: each is a property as well.
pub const TRACK_MEASUREMENTS: usize = 200;

/// Age from which an item is sent with the time of sending, and its own in a property: the service refuses what is
/// 48 hours old.
pub const TRACK_AGE: Duration = Duration::from_secs(47 * 3600);

/// Redirects followed in a row. One is what moving takes; a circle is a mistake.
pub const REDIRECTS: usize = 5;

/// Time a redirect is remembered. Resources move between regions, and back.
pub const REDIRECT_KEPT: Duration = Duration::from_secs(3600);

/// Time after which a request is tried again that a mistake in the configuration of the upstream stands
/// against: a role that is missing, a rule that is not there.
pub const RETRY_MISTAKE: Duration = Duration::from_secs(30);

/// Different secrets of one request that are sealed. Each costs some 0.2 ms, and a request can hold a hundred thousand
/// secrets; what is past it is redacted like the rest, and its alert has nothing sealed in it.
pub const SEALS: usize = 256;

/// Groups of alerts of one request or window. About a kilobyte each.
pub const ALERT_GROUPS: usize = 10_000;

/// Different places that are told of one group: a person looks at the first few.
pub const ALERT_PATHS: usize = 16;

/// Secrets whose spread is remembered: some hundred bytes each.
pub const ALERT_SECRETS: usize = 50_000;

/// Different users, principals or sessions of one secret that are counted.
pub const ALERT_SPREAD: usize = 16;

/// Records of one principal and severity in an hour that are told one by one: one every six seconds is more than a
/// person reads.
pub const ALERTS_AN_HOUR: u64 = 600;

/// Time between two summaries of what one principal raised past [`ALERTS_AN_HOUR`].
pub const ALERT_SUMMARY: Duration = Duration::from_secs(600);

/// Bytes of alerts that wait to be merged, and of records that wait for a sink. A record has a kilobyte.
pub const ALERT_BYTES: usize = 256 << 20;

/// Bytes of alerts in one file.
pub const ALERT_SEGMENT_BYTES: u64 = 8 << 20;

/// Bytes of alerts that are merged, or written to a sink, at once. The Logs Ingestion API takes a megabyte
/// a call.
pub const ALERT_BATCH_BYTES: usize = 512 << 10;

/// Bytes of one call of the Logs Ingestion API, before compression: "1 MB, compressed and uncompressed".
/// <https://learn.microsoft.com/azure/azure-monitor/service-limits#logs-ingestion-api>
pub const INGESTION_BYTES: usize = 1_000_000;

/// Bytes of one value of a CEF event, with its escapes. An event has at most fourteen of them and the name of a
/// machine, and so stays under the 8192 bytes that receivers of RFC 5425 should take. CEF's own bound on most is
/// 1023 characters.
pub const CEF_VALUE_BYTES: usize = 448;

/// Time a syslog receiver has to close a connection that was closed on our side. Those that do take a round
/// trip.
pub const SYSLOG_CLOSE: Duration = Duration::from_secs(2);

/// Time in which a connection is reset that was closed before it was read to the end: some round trips.
pub const SYSLOG_RESET: Duration = Duration::from_millis(300);

/// Time for one request with alerts.
pub const ALERT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time a record waits for others to be written together.
pub const ALERT_LINGER: Duration = Duration::from_millis(50);

/// Time alerts are held to be merged with others like them, by default.
pub const ALERT_WINDOW: Duration = Duration::from_secs(1);

/// Bytes of requests being received, inflated, decoded and scanned at once; past it the answer is
/// "busy, come back". Bounds memory however many connections there are.
pub const IN_FLIGHT_BYTES: usize = 512 << 20;

/// Bytes of the configuration file. A hand-written file is a hundredth of it.
pub const CONFIG_BYTES: usize = 1 << 20;

/// Bytes of a file named by `${file:PATH}`: a token, a key, a header value.
pub const SUBSTITUTED_BYTES: usize = 64 << 10;

/// Bytes of all the rule files of a directory together, and how many there may be. A wrong path
/// (`/`, a home directory) is then an error, not a program that reads a disk.
pub const RULE_PACK_BYTES: usize = 16 << 20;

/// Rule files in a directory: see [`RULE_PACK_BYTES`].
pub const RULE_PACK_FILES: usize = 2048;

/// Time between two looks at a directory of rules. What changes there is looked for twice that later, and a
/// second of compiling.
pub const RULES_WATCH: Duration = Duration::from_secs(2);

/// Time between two looks whether a request still needs rules that were replaced.
pub const RULES_LET_GO: Duration = Duration::from_millis(100);

/// Bytes a bearer token must have: 16 random bytes cannot be guessed over a network.
pub const TOKEN_BYTES: usize = 16;

/// Bytes the key of tokens and fingerprints must have: as many as HMAC-SHA-256 gives out (RFC 2104,
/// section 3).
pub const TOKEN_KEY_BYTES: usize = 32;

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

/// Bytes of a request that is processed where it was received. A larger one takes longer than a socket
/// should wait (about 0.1 ms for each 32 KiB) and goes to a blocking thread.
pub const INLINE_BYTES: usize = 32 << 10;

/// Bytes that one content may open to. It is a little more than its own size, unless somebody writes
/// many short values under one key; past this it is replaced by a placeholder, whole.
pub const SCAN_TEXT_BYTES: usize = 256 << 20;

/// Bytes of what telemetry claims of itself (a user, a session, a service) that an alert tells.
pub const CLAIM_BYTES: usize = 256;

/// Bytes of buffers that are kept from one request to the next. Few contents are larger.
pub const KEPT_BUFFER_BYTES: usize = 4 << 20;

/// Characters of a secret that the action `partial` leaves, and the shortest secret it leaves any of: a
/// third of it at most.
pub const PARTIAL_KEEPS: usize = 4;
/// See [`PARTIAL_KEEPS`].
pub const PARTIAL_SHORTEST: usize = 12;
