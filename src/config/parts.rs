//! The small sections: `[resource]`, `[alerts]`, `[queue]`, `[drain]`, `[log]`.

use super::table::Table;
use crate::limits;
use crate::queue::Durability;
use std::path::PathBuf;
use std::time::Duration;

/// What is set on every resource after redaction: the operator's text, not a sender's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Keys and values, by key.
    pub attributes: Vec<(String, String)>,
}

/// What is held between receivers and exporters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// What of it survives what.
    pub durability: Durability,
    /// Bytes of redacted telemetry.
    pub max_bytes: usize,
    /// Age of the oldest entry from which nothing more is taken.
    pub max_age: Duration,
}

/// How we stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    /// Time to finish what is held.
    pub deadline: Duration,
}

/// Our own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// What is worth a line.
    pub level: LogLevel,
    /// What a line looks like.
    pub format: LogFormat,
}

/// What is worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// What needs someone.
    Error,
    /// And what may soon.
    Warn,
    /// And what happens once.
    Info,
    /// And what happens often.
    Debug,
}

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(super) fn read_resource(table: &mut Table<'_>) -> Resource {
    let attribute = |(key, text): (&str, super::Text<'_>)| {
        let sound = !key.trim().is_empty() && !text.value.trim().is_empty();
        if !sound {
            text.complain("an attribute needs a key and a value that are not empty");
        }
        sound.then(|| (key.to_owned(), text.value.to_string()))
    };
    Resource { attributes: table.map("attributes").into_iter().filter_map(attribute).collect() }
}

pub(super) fn read_queue(table: &mut Table<'_>) -> Queue {
    let durabilities =
        [("fsync", Durability::Fsync), ("page_cache", Durability::PageCache), ("memory", Durability::Memory)];
    let durability = table.choice("durability", &durabilities, Durability::Fsync);
    let max_bytes = match durability {
        Durability::Memory => limits::QUEUE_MEMORY_BYTES,
        Durability::Fsync | Durability::PageCache => limits::QUEUE_DISK_BYTES,
    };
    let (minute, year) = (Duration::from_secs(60), Duration::from_secs(365 * 24 * 3600));
    Queue {
        durability,
        max_bytes: table.size("max_bytes", 1024..=1 << 40, max_bytes),
        max_age: table.duration("max_age", minute..=year, limits::QUEUE_AGE),
    }
}

pub(super) fn read_drain(table: &mut Table<'_>) -> Drain {
    let longest = Duration::from_secs(3600);
    Drain { deadline: table.duration("deadline", Duration::ZERO..=longest, limits::DRAIN) }
}

pub(super) fn read_log(table: &mut Table<'_>) -> Log {
    let levels = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
    ];
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    Log {
        level: table.choice("level", &levels, LogLevel::Info),
        format: table.choice("format", &formats, LogFormat::Text),
    }
}

/// A path that is not empty.
pub(super) fn path(table: &mut Table<'_>, key: &'static str, default: impl FnOnce() -> PathBuf) -> PathBuf {
    let Some(text) = table.text(key) else { return default() };
    if text.value.trim().is_empty() {
        text.complain("is empty: name a path, or leave the key out");
    }
    PathBuf::from(text.value.as_str())
}
