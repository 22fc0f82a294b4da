//! The blackbar program.
fn main() {}
