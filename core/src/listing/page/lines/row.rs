//! A row of CSV (RFC 4180).
//!
//! Unlike the libraries for CSV, this refuses a quote that is not closed and text after a closing quote, because a repaired
//! row is not the row that the server sent.

use std::ops::Range;

use crate::client::RowProblem;
use crate::json::plain_run;

/// A row whose values are known.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    pub(super) text: &'a [u8],
    /// Where it is in the text, with its line end.
    pub(super) range: Range<usize>,
    pub(super) values: &'a [Value],
}

/// A value in a text.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Where it is, without its quotes.
    pub(super) range: Range<usize>,
    pub(super) spelling: Spelling,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spelling {
    /// As it is, and as in a JSON string.
    Json,
    /// As it is, with a character that a JSON string escapes.
    Plain,
    /// With each of its quotes doubled.
    DoubledQuotes,
}

impl<'a> Row<'a> {
    /// The values as they are written, without their quotes.
    pub(super) fn values(&self) -> impl Iterator<Item = (&'a [u8], Spelling)> {
        let text = self.text;
        self.values.iter().map(move |value| (&text[value.range.clone()], value.spelling))
    }

    /// The delimiter that the row names, if it is a line such as `sep=;`, as Excel writes and reads it before the header.
    pub(super) fn names_delimiter(&self) -> Option<u8> {
        let row = &self.text[self.range.clone()];
        let line = row.split(|byte| b"\r\n".contains(byte)).next()?;
        let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
        match line {
            [s, e, p, b'=', named] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") && named.is_ascii() => {
                Some(*named)
            }
            _ => None,
        }
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
            let value = unquoted(text, at, delimiter);
            let after = value.range.end;
            values.push(value);
            after
        };
        match text.get(after) {
            None => return Ok(None),
            Some(b'\n' | b'\r') => return Ok(Some(after + 1)),
            Some(byte) if *byte == delimiter => at = after + 1,
            Some(_) => return Err(RowProblem::TextAfterQuote),
        }
    }
}

/// The value that starts at `from` without a quote.
fn unquoted(text: &[u8], from: usize, delimiter: u8) -> Value {
    let mut spelling = Spelling::Json;
    let mut at = from;
    loop {
        at += plain_run(&text[at..], delimiter);
        match text.get(at) {
            None | Some(b'\n' | b'\r') => return Value { range: from..at, spelling },
            Some(byte) if *byte == delimiter => return Value { range: from..at, spelling },
            Some(_) => spelling = Spelling::Plain,
        }
        at += 1;
    }
}

/// The value whose text starts at `from`, after its quote. It ends beyond the text if it is not closed.
fn quoted(text: &[u8], from: usize) -> Value {
    let mut spelling = Spelling::Json;
    let mut at = from;
    loop {
        at += plain_run(&text[at..], b'"');
        match text.get(at) {
            None => return Value { range: from..text.len() + 1, spelling },
            Some(b'"') if text.get(at + 1) != Some(&b'"') => return Value { range: from..at, spelling },
            Some(b'"') => {
                spelling = Spelling::DoubledQuotes;
                at += 1;
            }
            Some(_) if spelling == Spelling::Json => spelling = Spelling::Plain,
            Some(_) => {}
        }
        at += 1;
    }
}

/// The text of a value. It is UTF-8, because its row is.
pub(super) fn value(text: &[u8], spelling: Spelling) -> String {
    let text = String::from_utf8_lossy(text);
    match spelling {
        Spelling::Json | Spelling::Plain => text.into_owned(),
        Spelling::DoubledQuotes => text.replace("\"\"", "\""),
    }
}
