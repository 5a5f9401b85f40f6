//! Turns records into lines, in the buffer of the body.

use std::{mem, ops::Range};

use super::scan::{Spacing, Span};
use crate::json::lanes::{BLOCK, block, equal, spaces_and_controls};

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
    let mut quoted = Quoted::default();
    let mut from = range.start;
    while from < range.end {
        let end = range.end.min(from + BLOCK);
        let block = block(&bytes[from..end]);
        let kept =
            !(spaces_and_controls(&block) & !quoted.in_next(&block)) & (u64::MAX >> (BLOCK - (end - from)));
        to = copy_runs(bytes, from, kept, to);
        from = end;
    }
    to
}

/// Copies the bytes of the block at `from` that are `kept` to `to`.
fn copy_runs(bytes: &mut [u8], mut from: usize, mut kept: u64, mut to: usize) -> usize {
    while kept != 0 {
        let gap = kept.trailing_zeros();
        from += gap as usize;
        kept >>= gap;
        let run = kept.trailing_ones();
        kept = kept.checked_shr(run).unwrap_or(0);
        let run = run as usize;
        match bytes[from..].first_chunk::<BLOCK>() {
            // A copy of fixed length is faster. What it writes after the run is overwritten later.
            Some(&block) if to + BLOCK <= from => bytes[to..to + BLOCK].copy_from_slice(&block),
            _ => bytes.copy_within(from..from + run, to),
        }
        from += run;
        to += run;
    }
    to
}

/// Finds the bytes that are in strings, block by block. The text was scanned before, so every string ends, and only strings
/// have backslashes.
#[derive(Debug, Default)]
struct Quoted {
    /// All ones if a string continues into the next block.
    continues: u64,
    /// 1 if the first byte of the next block is escaped.
    escaped: u64,
}

impl Quoted {
    /// The bytes of the next block that are in strings.
    #[inline]
    fn in_next(&mut self, block: &[u8; BLOCK]) -> u64 {
        let quotes = equal(block, b'"') & !self.escaped_in(equal(block, b'\\'));
        let inside = (0..6).fold(quotes, |parity, step| parity ^ parity << (1 << step)) ^ self.continues;
        self.continues = if inside >> (BLOCK - 1) == 1 { u64::MAX } else { 0 };
        inside
    }

    /// The bytes of the next block that are escaped by these backslashes, or by the last of the block before.
    #[inline]
    fn escaped_in(&mut self, backslashes: u64) -> u64 {
        let mut escaped = mem::take(&mut self.escaped);
        let mut escapes = backslashes & !escaped;
        while escapes != 0 {
            let first = escapes & escapes.wrapping_neg();
            escaped |= first << 1;
            self.escaped = first >> (BLOCK - 1);
            escapes &= !(first | first << 1);
        }
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::{Spacing, Span, to_lines};

    /// Numbers that look random, and are the same every time.
    fn numbers() -> impl Iterator<Item = usize> {
        let next = |last: &u64| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        std::iter::successors(Some(1), next).map(|number| usize::try_from(number >> 40).unwrap())
    }

    /// `text` without white space between tokens, found byte by byte.
    fn compacted(text: &str) -> String {
        let (mut is_inside, mut is_escaped) = (false, false);
        let kept = text.chars().filter(|char| {
            let is_kept = is_inside || !char.is_ascii_whitespace();
            is_inside ^= *char == '"' && !is_escaped;
            is_escaped = *char == '\\' && !is_escaped;
            is_kept
        });
        kept.collect()
    }

    #[test]
    fn lines_are_the_same_as_byte_by_byte_wherever_blocks_begin() {
        const PIECES: [&str; 14] = [
            " ",
            "\n        ",
            "                                                                                ",
            "\t",
            "\r\n",
            "7",
            "12345678",
            "[{}]",
            "\"\"",
            "\" \"",
            r#""\\""#,
            r#""a \" b""#,
            r#""\\\\\\\" \" é \\""#,
            "\"a longer text, of words, with several blanks, that goes on for more than a whole block of bytes\"",
        ];
        let mut numbers = numbers();
        for _ in 0..5_000 {
            let mut text = " ".repeat(numbers.next().unwrap() % 70);
            let (start, mut spans, mut expected) = (text.len(), Vec::new(), String::new());
            for _ in 0..numbers.next().unwrap() % 4 {
                let pieces = numbers.next().unwrap() % 30;
                let pieces = numbers.by_ref().take(pieces).map(|number| PIECES[number % PIECES.len()]);
                let record = format!("[{}]", pieces.collect::<String>());
                let line = compacted(&record);
                let spacing = if line == record { Spacing::None } else { Spacing::Some };
                spans.push(Span { range: text.len()..text.len() + record.len(), spacing });
                text += &record;
                text += [",", "  , "][numbers.next().unwrap() % 2];
                expected += &(line + "\n");
            }
            let (mut bytes, mut ends) = (text.clone().into_bytes(), Vec::new());
            let end = to_lines(&mut bytes, &spans, start, &mut ends);
            assert_eq!(str::from_utf8(&bytes[start..end]).unwrap(), expected, "{text:?}");
            assert_eq!(ends.len(), spans.len());
        }
    }
}
