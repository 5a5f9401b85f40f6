//! A row of CSV (RFC 4180).
//!
//! Unlike the libraries for CSV, this refuses a quote that is not closed and text after a closing quote, because a repaired
//! row is not the row that the server sent.

use std::ops::Range;

use crate::client::RowProblem;

/// A row whose values are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) text: &'a [u8],
    pub(super) values: &'a [Value],
    /// What follows the row in the text.
    pub(super) after: &'a [u8],
}

/// A value in a text.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Where it is, without its quotes.
    pub(super) range: Range<usize>,
    spelling: Spelling,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spelling {
    /// As it is.
    Plain,
    /// With each of its quotes doubled.
    DoubledQuotes,
}

impl<'a> Row<'a> {
    /// The values as they are written, without their quotes.
    pub(super) fn values(self) -> impl Iterator<Item = (&'a [u8], Spelling)> {
        self.values.iter().map(move |value| (&self.text[value.range.clone()], value.spelling))
    }

    /// Whether no other whole row may follow in the text. There may be a false alarm.
    pub(super) fn is_last_whole(self) -> bool {
        memchr::memchr2(b'\n', b'\r', self.after.trim_ascii_start()).is_none()
    }
}

/// Finds the values of the row that starts at `from`. Returns the end of the row with its line end, or `None` if it has
/// none; an open quote then leaves a value beyond the end of the text.
pub(super) fn row(
    text: &[u8],
    from: usize,
    delimiter: u8,
    values: &mut Vec<Value>,
) -> Result<Option<usize>, RowProblem> {
    values.clear();
    let mut at = from;
    loop {
        let after = if text.get(at) == Some(&b'"') {
            let value = quoted(text, at + 1);
            let after = value.range.end + 1;
            values.push(value);
            after
        } else {
            let rest = &text[at..];
            let length = memchr::memchr3(delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
            values.push(Value { range: at..at + length, spelling: Spelling::Plain });
            at + length
        };
        match text.get(after) {
            None => return Ok(None),
            Some(b'\n' | b'\r') => return Ok(Some(after + 1)),
            Some(byte) if *byte == delimiter => at = after + 1,
            Some(_) => return Err(RowProblem::TextAfterQuote),
        }
    }
}

/// The value whose text starts at `from`, after its quote. It ends beyond the text if it is not closed.
fn quoted(text: &[u8], from: usize) -> Value {
    let mut spelling = Spelling::Plain;
    let mut at = from;
    loop {
        let Some(length) = memchr::memchr(b'"', &text[at..]) else {
            return Value { range: from..text.len() + 1, spelling };
        };
        at += length;
        if text.get(at + 1) != Some(&b'"') {
            return Value { range: from..at, spelling };
        }
        spelling = Spelling::DoubledQuotes;
        at += 2;
    }
}

/// The text of a value. It is UTF-8, because its row is.
pub(super) fn value(text: &[u8], spelling: Spelling) -> String {
    let text = String::from_utf8_lossy(text);
    match spelling {
        Spelling::Plain => text.into_owned(),
        Spelling::DoubledQuotes => text.replace("\"\"", "\""),
    }
}
