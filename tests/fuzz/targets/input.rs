//! Takes an input apart. Inputs begin with lines, so that a person can write them.

/// The first line of `input` without its end, and the rest.
pub(super) fn line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[]),
    }
}

/// The first line as text, and the rest. `None` if it is not UTF-8.
pub(super) fn text_line(input: &[u8]) -> Option<(&str, &[u8])> {
    let (first, rest) = line(input);
    Some((str::from_utf8(first).ok()?, rest))
}

/// A number that depends on every byte of `input`.
pub(super) fn number(input: &[u8]) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    input.iter().fold(0xcbf2_9ce4_8422_2325, fold)
}
