//! Pages that are lines: NDJSON and CSV.
//!
//! A page in memory is read at once. A longer one is in a file, and is read twice: first to check every line and to count
//! the records, because nothing is written of a page that turns out to be invalid; then batch by batch, while the sinks
//! write. So a page may have any length, and takes the memory of two batches.

mod batches;
mod is_last;
mod json_row;
mod ndjson;
mod plain_run;
mod row;
mod rows;
mod text;

use std::ops::Range;

use self::{
    batches::{Batches, Decoder},
    is_last::IsLast,
    json_row::Columns,
    row::Row,
    rows::Rows,
    text::Text,
};
use super::{
    Format, compact,
    scan::{Spacing, Span},
};
use crate::{client::BodyFault, http::transport::Spool};

/// Records as lines, as a [`Page`](super::Page) holds them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) bytes: Vec<u8>,
    pub(super) range: Range<usize>,
    pub(super) ends: Vec<usize>,
    /// The names in the header line, if there is one.
    pub(super) header: Vec<String>,
}

/// A page in a file.
#[derive(Debug)]
pub(super) struct Spooled {
    batches: Batches,
    /// How many records the page has.
    pub(super) count: u64,
    /// The last record.
    pub(super) last: Vec<u8>,
    /// The length of the file.
    size: [u8; 8],
    /// The names in the header line, if there is one.
    pub(super) header: Vec<String>,
}

/// Reads lines, and counts them.
#[derive(Clone, Debug)]
enum Reader {
    Ndjson { number: u64 },
    Csv(Rows),
}

/// Reads a whole page in memory. `body` has no byte order mark.
pub(super) fn read(mut body: Vec<u8>, format: &Format) -> Result<Lines, BodyFault> {
    let mut reader = Reader::new(format);
    match &mut reader {
        Reader::Ndjson { number } => {
            let mut spans = Vec::new();
            ndjson::lines(&body, IsLast::Yes, number, |span| spans.push(span))?;
            Ok(Lines::of_spans(body, &spans))
        }
        Reader::Csv(rows) => {
            let mut lines = Lines::default();
            rows.rows(&body, IsLast::Yes, |columns, row| lines.push(columns, row))?;
            rows.check_header()?;
            lines.header = rows.header();
            body.clear();
            Ok(lines)
        }
    }
}

impl Spooled {
    /// Checks a page in a file. `memory` is memory to use.
    pub(super) fn check(mut body: Spool, format: &Format, memory: Vec<u8>) -> Result<Self, BodyFault> {
        let size = body.length().to_le_bytes();
        body.rewind().map_err(BodyFault::Disk)?;
        let mut text = Text::of(&mut body, memory).map_err(BodyFault::Disk)?;
        let mut check = Check { reader: Reader::new(format), is_plain: true, count: 0, last: Vec::new() };
        while !text.is_at_end {
            text.fill(&check.reader)?;
            let used = check.lines(&text.bytes, IsLast::from(text.is_at_end))?;
            text.bytes.drain(..used);
        }
        let memory = text.into_memory();
        let Check { reader, is_plain, count, last } = check;
        let header = match reader {
            Reader::Ndjson { .. } => Vec::new(),
            Reader::Csv(rows) => {
                rows.check_header()?;
                rows.header()
            }
        };
        let text =
            body.into_last_reader().and_then(|body| Text::of(body, memory)).map_err(BodyFault::Disk)?;
        let batches = Batches::of(Decoder { text, reader: Reader::of_valid(format), is_plain });
        Ok(Self { batches, count, last, size, header })
    }

    /// The length of the file, for fingerprints.
    pub(super) fn size(&self) -> &[u8] {
        &self.size
    }

    /// The next records, in the memory of earlier ones. None after the last.
    pub(super) fn next(&mut self, before: Lines) -> Result<Lines, BodyFault> {
        self.batches.next(before)
    }
}

/// What is known of a page in a file after its first lines.
#[derive(Debug)]
struct Check {
    reader: Reader,
    /// Every line is a record without white space between its tokens, and nothing else.
    is_plain: bool,
    count: u64,
    last: Vec<u8>,
}

impl Check {
    /// Checks the whole lines of `text`, and returns their length.
    fn lines(&mut self, text: &[u8], is_last: IsLast) -> Result<usize, BodyFault> {
        match &mut self.reader {
            Reader::Ndjson { number } => {
                let (mut before, mut last) = (0, None);
                let used = ndjson::lines(text, is_last, number, |span| {
                    let is_plain = span.spacing == Spacing::None && span.range.start == before;
                    before = span.range.end + 1;
                    self.is_plain &= is_plain;
                    self.count += 1;
                    last = Some(span);
                })?;
                self.is_plain &= before == used || is_last == IsLast::Yes && before == used + 1;
                if let Some(Span { range, spacing }) = last {
                    let record = Span { range: 0..range.len(), spacing };
                    let lines = Lines::of_spans(text[range].to_vec(), &[record]);
                    self.last = lines.bytes[lines.range].trim_ascii_end().to_vec();
                }
                Ok(used)
            }
            Reader::Csv(rows) => {
                let mut last = 0..0;
                let used = rows.rows(text, is_last, |_, row| {
                    self.count += 1;
                    last.clone_from(&row.range);
                })?;
                if !last.is_empty() {
                    let mut lines = Lines::default();
                    rows.clone().rows(&text[last], IsLast::Yes, |columns, row| lines.push(columns, row))?;
                    self.last = lines.bytes[lines.range].trim_ascii_end().to_vec();
                }
                Ok(used)
            }
        }
    }
}

impl Reader {
    fn new(format: &Format) -> Self {
        match format {
            Format::Csv(csv) => Self::Csv(Rows::new(csv)),
            Format::Json | Format::Ndjson => Self::Ndjson { number: 0 },
        }
    }

    /// Reads text again that had no fault.
    fn of_valid(format: &Format) -> Self {
        match format {
            Format::Csv(csv) => Self::Csv(Rows::of_valid(csv)),
            Format::Json | Format::Ndjson => Self::new(format),
        }
    }

    /// How many lines were read.
    fn number(&self) -> u64 {
        match self {
            Self::Ndjson { number } => *number,
            Self::Csv(rows) => rows.number(),
        }
    }
}

impl Lines {
    fn of_spans(mut bytes: Vec<u8>, spans: &[Span]) -> Self {
        let start = spans.first().map_or(0, |first| first.range.start);
        let mut ends = Vec::with_capacity(spans.len());
        let end = compact::to_lines(&mut bytes, spans, start, &mut ends);
        Self { bytes, range: start..end, ends, header: Vec::new() }
    }

    fn push(&mut self, columns: &Columns, row: &Row<'_>) {
        self.range.end = columns.write(row, &mut self.bytes, self.range.end);
        self.ends.push(self.range.end);
    }
}

#[cfg(test)]
mod tests;
