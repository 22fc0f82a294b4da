//! What the process does against giving away what it holds in memory.
//!
//! **Promise.** After [`process`] no core dump is written, other processes of the same user cannot
//! attach or read our memory (Linux), and a panic tells where it was, never what it was about: the
//! message of a panic often quotes the bytes that caused it.
//!
//! Called before anything else. Where the system refuses, the caller is told and decides; a container
//! that forbids `prctl` should not be a reason to send telemetry around blackbar.
//!
//! Not done: locking memory against swapping (needs a privilege most containers lack, for every buffer
//! of every library), wiping buffers of requests (the allocator would have to).

use std::io::{self, Write as _};
use std::panic::{self, Location};

/// Takes all the measures.
///
/// # Errors
/// If the system refuses one. The others are taken all the same.
pub fn process() -> io::Result<()> {
    quiet_panics();
    let core = no_core_dumps();
    no_tracing()?;
    core
}

/// From now on a panic prints its place alone.
fn quiet_panics() {
    panic::set_hook(Box::new(|info| {
        let thread = std::thread::current();
        let line = panic_line(info.location(), thread.name());
        // Nowhere to tell of it if this fails.
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }));
}

fn panic_line(location: Option<&Location<'_>>, thread: Option<&str>) -> String {
    let place = location.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let thread = thread.unwrap_or("unnamed");
    format!(
        "blackbar: panic at {place} in thread {thread}; its message is kept back, it may quote what was received\n"
    )
}

#[cfg(unix)]
fn no_core_dumps() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

#[cfg(not(unix))]
fn no_core_dumps() -> io::Result<()> {
    Ok(())
}

// The limit alone does not hold where dumps are piped to a program (`core_pattern = |...`).
#[cfg(target_os = "linux")]
fn no_tracing() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(not(target_os = "linux"))]
fn no_tracing() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_by_its_place() {
        let line = panic_line(Some(Location::caller()), Some("worker"));
        assert!(line.starts_with("blackbar: panic at src/harden.rs:"), "{line}");
        assert!(line.contains("in thread worker;"), "{line}");
        assert!(panic_line(None, None).starts_with("blackbar: panic at an unknown place in thread unnamed;"));
    }
}
