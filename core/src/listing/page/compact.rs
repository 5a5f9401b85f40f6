//! Turns records into lines, in the buffer of the body.

use std::ops::Range;

use super::scan::{Spacing, Span};

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
        from += bytes[from..range.end].iter().take_while(|byte| is_space(**byte)).count();
    }
    to
}

/// The number of bytes before the first white space between tokens.
fn solid_run(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = after_string(text, at + 1),
            byte if is_space(*byte) => return at,
            _ => at += 1,
        }
    }
    at
}

/// The end of the string whose content starts at `at`.
fn after_string(text: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
        if text[at + found] == b'"' {
            return at + found + 1;
        }
        at += found + 2;
    }
    text.len()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
