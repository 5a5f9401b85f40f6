//! CSV (RFC 4180): finds the values of rows.
//!
//! Unlike the `csv` crate, this refuses a quote that is not closed and text after a closing quote, because a repaired row
//! is not the row that the server sent.

use std::ops::Range;

use super::{IsLast, json_row::Columns};
use crate::{
    client::{BodyFault, RowProblem},
    listing::page::format::Csv,
};

/// Reads rows, and counts them.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    delimiter: u8,
    columns: Option<Columns>,
    number: u64,
}

/// A row whose values are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    text: &'a [u8],
    values: &'a [Value],
    after: &'a [u8],
}

/// A value in a text.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Where it is, without its quotes.
    range: Range<usize>,
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

impl Rows {
    pub(super) fn new(csv: &Csv) -> Self {
        let columns = csv.header.as_ref().map(|names| Columns::new(names));
        Self { delimiter: csv.delimiter, columns, number: 0 }
    }

    /// How many rows were read.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Checks that there was a header line, after the last row.
    pub(super) fn check_header(&self) -> Result<(), BodyFault> {
        if self.columns.is_some() { Ok(()) } else { Err(BodyFault::NoLines) }
    }

    /// Calls `found` with each row of `text`, and returns the length of the whole rows. Empty lines are ignored.
    pub(super) fn rows(
        &mut self,
        text: &[u8],
        is_last: IsLast,
        mut found: impl FnMut(&Columns, Row<'_>),
    ) -> Result<usize, BodyFault> {
        let mut values = Vec::new();
        let mut from = 0;
        loop {
            while matches!(text.get(from), Some(b'\n' | b'\r')) {
                from += 1;
            }
            if from == text.len() {
                return Ok(from);
            }
            let row = row(text, from, self.delimiter, &mut values);
            let (end, ended) = match row {
                Ok(Some(end)) => (end, Ended::ByLineEnd),
                Ok(None) if is_last == IsLast::No => return Ok(from),
                Ok(None) => (text.len(), Ended::ByTextEnd),
                Err(problem) => return Err(self.fault(problem)),
            };
            if values.iter().any(|value| value.range.end > text.len()) {
                // A quote is open at the end of the text.
                return Err(match text.last() {
                    Some(b'\n' | b'\r') => self.fault(RowProblem::UnclosedQuote),
                    _ => BodyFault::CutRow { number: self.number + 1 },
                });
            }
            let row = Row { text, values: &values, after: &text[end..] };
            self.row(row, &text[from..end], ended, &mut found)?;
            from = end;
        }
    }

    fn row(
        &mut self,
        row: Row<'_>,
        whole: &[u8],
        ended: Ended,
        found: &mut impl FnMut(&Columns, Row<'_>),
    ) -> Result<(), BodyFault> {
        if str::from_utf8(whole).is_err() {
            return Err(self.fault(RowProblem::NotUtf8));
        }
        match &self.columns {
            None => {
                let names: Vec<String> = row.values().map(|(text, spelling)| value(text, spelling)).collect();
                let columns = Columns::new(&names);
                if let Some(name) = columns.repeated() {
                    return Err(self.fault(RowProblem::SameName(name.to_owned())));
                }
                self.columns = Some(columns);
            }
            Some(columns) => {
                let (values, names) = (row.values.len(), columns.len());
                if values < names && ended == Ended::ByTextEnd {
                    return Err(BodyFault::CutRow { number: self.number + 1 });
                }
                if values != names {
                    return Err(self.fault(RowProblem::Length { values, names }));
                }
                if self.number == 0 && columns.are(row.values().map(|(text, spelling)| value(text, spelling)))
                {
                    return Err(self.fault(RowProblem::IsHeader));
                }
                found(columns, row);
            }
        }
        self.number += 1;
        Ok(())
    }

    /// The fault of the next row.
    fn fault(&self, problem: RowProblem) -> BodyFault {
        BodyFault::Row { number: self.number + 1, problem }
    }
}

/// What a row ended with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ended {
    ByLineEnd,
    ByTextEnd,
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
fn row(
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
fn value(text: &[u8], spelling: Spelling) -> String {
    let text = String::from_utf8_lossy(text);
    match spelling {
        Spelling::Plain => text.into_owned(),
        Spelling::DoubledQuotes => text.replace("\"\"", "\""),
    }
}
