//! Writes rows as JSON objects.

use std::ops::Range;

use super::row::{Row, Spelling};
use crate::json::plain_run;

/// The columns of a table.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    /// What is written before each value: its name, and the end of the value before it.
    before: Vec<Before>,
    /// How long all of that is together.
    length: usize,
}

/// What is written before a value.
#[derive(Clone, Debug)]
struct Before {
    /// The text, and something after it, so that it can be copied as a [`BLOCK`].
    bytes: Vec<u8>,
    length: usize,
}

/// The end of an object, and of its line.
const END: &[u8] = b"\"}\n";

/// How many bytes are copied for a shorter text, because calling `memcpy` takes longer than the copy.
const BLOCK: usize = 32;

/// How much a buffer grows at most beyond what is needed. Small pages need no more than a small buffer.
const STEP: usize = 64 << 10;

impl Columns {
    pub(super) fn new(names: &[String]) -> Self {
        let before = names.iter().enumerate().map(|(index, name)| {
            let mut bytes = if index == 0 { b"{\"".to_vec() } else { b"\",\"".to_vec() };
            let start = bytes.len();
            let end = write_text(name.as_bytes(), 0..name.len(), Spelling::Plain, &mut bytes, start, 0);
            bytes.truncate(end);
            bytes.extend_from_slice(b"\":\"");
            let length = bytes.len();
            bytes.extend([0; BLOCK]);
            bytes.shrink_to_fit();
            Before { bytes, length }
        });
        let before: Vec<_> = before.collect();
        let length = before.iter().map(|before| before.length).sum();
        Self { names: names.to_vec(), before, length }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the columns have exactly these names.
    pub(super) fn are(&self, names: impl Iterator<Item = String>) -> bool {
        names.eq(self.names.iter().map(String::as_str))
    }

    /// A name that two columns have.
    pub(super) fn repeated(&self) -> Option<&str> {
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort();
        names.windows(2).find(|two| two[0] == two[1]).map(|two| two[0].as_str())
    }

    /// Writes `row` to `to` as an object on one line, over what is there from `at` on, and returns the end of the line. The
    /// row has a value for each column.
    pub(super) fn write(&self, row: &Row<'_>, to: &mut Vec<u8>, mut at: usize) -> usize {
        // For all values that need no escapes.
        let most = self.length + row.range.len() + END.len() + BLOCK;
        grow(to, at + most);
        for (before, value) in self.before.iter().zip(row.values) {
            copy(&before.bytes, before.length, &mut to[at..]);
            at += before.length;
            if value.spelling == Spelling::Json {
                let length = value.range.len();
                copy(&row.text[value.range.start..], length, &mut to[at..]);
                at += length;
            } else {
                at = write_text(row.text, value.range.clone(), value.spelling, to, at, most);
            }
        }
        to[at..at + END.len()].copy_from_slice(END);
        at + END.len()
    }
}

/// Makes sure that `bytes` are at least so many.
fn grow(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length + (length / 2).min(STEP), 0);
    }
}

/// Copies the first `length` bytes, and sometimes others that do not count.
fn copy(from: &[u8], length: usize, to: &mut [u8]) {
    match (from.first_chunk::<BLOCK>(), to.first_chunk_mut::<BLOCK>()) {
        (Some(from), Some(to)) if length <= BLOCK => *to = *from,
        _ => to[..length].copy_from_slice(&from[..length]),
    }
}

/// Writes the text at `range` as the inside of a JSON string, over what is in `to` from `at` on, and returns its end. After it,
/// there is room for as many bytes as `after` says.
fn write_text(
    text: &[u8],
    range: Range<usize>,
    spelling: Spelling,
    to: &mut Vec<u8>,
    mut at: usize,
    after: usize,
) -> usize {
    let mut from = range.start;
    loop {
        let plain = plain_run(&text[from..range.end], b'"');
        grow(to, at + plain + ESCAPE.len() + after);
        copy(&text[from..], plain, &mut to[at..]);
        at += plain;
        from += plain;
        if from == range.end {
            return at;
        }
        let byte = text[from];
        let (escape, length) = escape(byte);
        to[at..at + length].copy_from_slice(&escape[..length]);
        at += length;
        let is_doubled = byte == b'"' && spelling == Spelling::DoubledQuotes;
        from += 1 + usize::from(is_doubled);
    }
}

/// The longest escape.
const ESCAPE: &[u8; 6] = b"\\u0000";

/// The escape of a byte that a JSON string cannot contain (RFC 8259 §7), and its length.
fn escape(byte: u8) -> ([u8; ESCAPE.len()], usize) {
    let short = |letter: u8| ([b'\\', letter, 0, 0, 0, 0], 2);
    match byte {
        b'\n' => short(b'n'),
        b'\r' => short(b'r'),
        b'\t' => short(b't'),
        b'"' | b'\\' => short(byte),
        control => {
            let digit = |four: u8| b"0123456789abcdef"[usize::from(four)];
            let mut escape = *ESCAPE;
            (escape[4], escape[5]) = (digit(control >> 4), digit(control & 15));
            (escape, ESCAPE.len())
        }
    }
}
