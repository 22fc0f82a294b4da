//! A hardened process: this test runs itself again as one, and looks at what it leaves behind.

#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(target_os = "linux")]

use std::process::{Command, Output};

const ROLE: &str = "BLACKBAR_TEST_HARDENED";
const SECRET: &str = "hunter2";

/// Does nothing unless [`hardened`] asks for it by the environment.
#[test]
fn the_hardened_process() {
    match std::env::var(ROLE).as_deref() {
        Ok("panic") => {
            blackbar::harden::process().unwrap();
            let received = String::from(SECRET);
            panic!("cannot make sense of {received}");
        }
        Ok("limits") => {
            blackbar::harden::process().unwrap();
            let core = rustix::process::getrlimit(rustix::process::Resource::Core);
            assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
            let dumpable = rustix::process::dumpable_behavior().unwrap();
            assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
        }
        _ => {}
    }
}

fn hardened(role: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_hardened_process", "--nocapture"])
        .env(ROLE, role)
        .output()
        .unwrap()
}

#[test]
fn a_panic_tells_its_place_and_not_its_message() {
    let output = hardened("panic");
    assert!(!output.status.success());
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(err.contains("blackbar: panic at tests/harden.rs:"), "{err}");
    assert!(!out.contains(SECRET) && !err.contains(SECRET), "{out}{err}");
}

#[test]
fn nothing_is_dumped() {
    let output = hardened("limits");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
