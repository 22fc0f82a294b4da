//! libFuzzer over the properties of one target, which `BLACKBAR_FUZZ_TARGET` names.
#![no_main]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod properties;

use std::sync::LazyLock;

static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("BLACKBAR_FUZZ_TARGET").expect("BLACKBAR_FUZZ_TARGET names a target"));

// The scanner is built before the clock of the first case runs: it takes as long as a case may. An empty text needs it,
// which not every empty case does: a request that cannot be read is not scanned.
libfuzzer_sys::fuzz_target!(
    init: properties::check("text", b""),
    |case: &[u8]| properties::check(&TARGET, case)
);
