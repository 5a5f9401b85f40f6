//! Turns records into lines, in the buffer of the body.

use std::ops::Range;

use super::scan::{Spacing, Span, after_spaces, is_space};
use crate::json::string_end;

/// Moves the records at `spans` together, starting at `start`. White space between their tokens is removed, and each
/// record ends with `\n`. Fills `ends` with the end of each line, counted from `start`, and returns the end of the last
/// line in `bytes`.
///
/// A page without white space is not copied: the comma after each record becomes its `\n`. There is room for every
/// `\n`, because a record is followed by a comma, by a bracket, or by the end of the buffer, which can grow.
pub(super) fn to_lines(bytes: &mut Vec<u8>, spans: &[Span], start: usize, ends: &mut Vec<usize>) -> usize {
    let mut at = start;
    for Span { range, spacing } in spans {
        at = match spacing {
            Spacing::Some => compact(bytes, range.clone(), at),
            Spacing::None if at == range.start => range.end,
            Spacing::None => {
                bytes.copy_within(range.clone(), at);
                at + range.len()
            }
        };
        match bytes.get_mut(at) {
            Some(byte) => *byte = b'\n',
            None => bytes.push(b'\n'),
        }
        at += 1;
        ends.push(at - start);
    }
    at
}

/// Copies the JSON text at `range` to `to`, which must not be after its start, without the white space between tokens.
fn compact(bytes: &mut [u8], range: Range<usize>, mut to: usize) -> usize {
    let mut from = range.start;
    while from < range.end {
        let run = solid_run(&bytes[from..range.end]);
        if to != from {
            bytes.copy_within(from..from + run, to);
        }
        to += run;
        from += run;
        while bytes[..range.end].get(from).is_some_and(|byte| is_space(*byte)) {
            from = after_spaces(&bytes[..range.end], from + 1);
        }
    }
    to
}

/// The number of bytes before the first white space between tokens.
fn solid_run(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            // The text was scanned before, so every string ends.
            b'"' => at = string_end(text, at + 1).map_or(text.len(), |(end, _)| end),
            byte if is_space(*byte) => return at,
            _ => at += 1,
        }
    }
    at
}
