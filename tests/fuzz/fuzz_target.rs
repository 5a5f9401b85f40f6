//! The program of a target for libFuzzer. Its name is that of the target.

#![no_main]
#![expect(clippy::unwrap_used, reason = "a panic is what the fuzzer looks for")]

mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::find(env!("CARGO_BIN_NAME"))(input));
