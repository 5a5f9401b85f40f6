//! Records made into lines, in the buffer they came in.

use std::ops::Range;

use super::scan::{Spacing, Span};

/// Moves the records at `spans` together, each without white space between its tokens and ended by `\n`, beginning
/// at `start`. Fills `ends`, counted from `start`, and returns where the last line ends.
///
/// Nothing is copied on a page without white space: the comma behind each record becomes its line end. There is room
/// for every line end, for a record is followed by a comma or a bracket, or by the end of the buffer, which grows.
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

/// Copies the JSON text at `range` to `to`, which is not behind it, leaving out white space between tokens.
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

/// How long the text goes on before white space that stands between tokens.
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

/// Where the string ends whose content begins at `at`.
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
