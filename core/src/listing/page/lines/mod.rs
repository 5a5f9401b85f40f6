//! Pages that are lines: NDJSON and CSV.
//!
//! A page in memory is read at once. A longer one is in a file, and is read twice: first to check every line and to count
//! the records, because nothing is written of a page that turns out to be invalid; then batch by batch, while the sinks
//! write. So a page may have any length, and takes the memory of a batch.

mod is_last;
mod json_row;
mod ndjson;
mod plain_run;
mod row;
mod rows;

use std::{
    fs::File,
    io::{Read, Seek},
    mem,
    ops::Range,
};

use self::{is_last::IsLast, json_row::Columns, row::Row, rows::Rows};
use super::{
    Format, compact,
    scan::{Spacing, Span},
};
use crate::client::BodyFault;

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
    file: File,
    reader: Reader,
    /// What was read of the file and is not decoded yet.
    text: Vec<u8>,
    is_at_end: bool,
    /// Every line is a record without white space between its tokens, and nothing else.
    is_plain: bool,
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

/// How much of a file is read at a time.
const BATCH: usize = 1 << 20;

/// The maximum length of a line.
const LONGEST: usize = 16 << 20;

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
    /// Checks a page in a file. `text` is memory to use.
    pub(super) fn check(file: File, format: &Format, text: Vec<u8>) -> Result<Self, BodyFault> {
        let reader = Reader::new(format);
        let mut page = Self {
            file,
            reader,
            text,
            is_at_end: false,
            is_plain: true,
            count: 0,
            last: Vec::new(),
            size: [0; 8],
            header: Vec::new(),
        };
        page.size = page.file.metadata().map_err(BodyFault::Disk)?.len().to_le_bytes();
        page.rewind()?;
        while !page.is_at_end {
            page.fill()?;
            let used = page.check_text()?;
            page.text.drain(..used);
        }
        if let Reader::Csv(rows) = &page.reader {
            rows.check_header()?;
            page.header = rows.header();
        }
        page.reader = Reader::of_valid(format);
        page.rewind()?;
        Ok(page)
    }

    /// The length of the file, for fingerprints.
    pub(super) fn size(&self) -> &[u8] {
        &self.size
    }

    /// Checks the whole lines of the text, and returns their length.
    fn check_text(&mut self) -> Result<usize, BodyFault> {
        let (text, is_last) = (&self.text, IsLast::from(self.is_at_end));
        match &mut self.reader {
            Reader::Ndjson { number } => {
                let (mut before, mut last) = (0, None);
                let used = ndjson::lines(text, is_last, number, |span| {
                    let ends_its_line = text.get(span.range.end).is_none_or(|byte| *byte == b'\n');
                    let is_plain =
                        span.spacing == Spacing::None && span.range.start == before && ends_its_line;
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

    /// The next records, in the memory of the ones before. None after the last.
    pub(super) fn next(&mut self, before: Lines) -> Result<Lines, BodyFault> {
        let mut lines = Lines { bytes: before.bytes, ..Lines::default() };
        while lines.ends.is_empty() && !self.is_at_end {
            self.fill()?;
            lines = match self.reader {
                Reader::Ndjson { .. } => self.next_lines(lines.bytes)?,
                Reader::Csv(_) => self.next_rows(lines.bytes)?,
            };
        }
        Ok(lines)
    }

    fn next_lines(&mut self, mut memory: Vec<u8>) -> Result<Lines, BodyFault> {
        let is_last = IsLast::from(self.is_at_end);
        let (mut spans, mut ends) = (Vec::new(), Vec::new());
        let used = match &mut self.reader {
            Reader::Ndjson { number } if !self.is_plain => {
                ndjson::lines(&self.text, is_last, number, |span| spans.push(span))?
            }
            _ => ndjson::plain_lines(&self.text, is_last, &mut ends),
        };
        // The whole lines are the batch. What follows them stays, in the memory of the batch before.
        memory.clear();
        memory.extend_from_slice(&self.text[used..]);
        self.text.truncate(used);
        let mut bytes = mem::replace(&mut self.text, memory);
        if !self.is_plain {
            return Ok(Lines::of_spans(bytes, &spans));
        }
        if bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        Ok(Lines { range: 0..bytes.len(), bytes, ends, ..Lines::default() })
    }

    fn next_rows(&mut self, memory: Vec<u8>) -> Result<Lines, BodyFault> {
        let mut lines = Lines { bytes: memory, ..Lines::default() };
        if let Reader::Csv(rows) = &mut self.reader {
            let is_last = IsLast::from(self.is_at_end);
            let used = rows.rows(&self.text, is_last, |columns, row| lines.push(columns, row))?;
            self.text.drain(..used);
        }
        Ok(lines)
    }

    /// Reads text until there is a batch of it, or more if a line is longer.
    fn fill(&mut self) -> Result<(), BodyFault> {
        let before = self.text.len();
        if before > LONGEST {
            return Err(BodyFault::LongLine { number: self.reader.number() + 1, longest: LONGEST >> 20 });
        }
        let wanted = BATCH.max(2 * before).min(LONGEST + 1) - before;
        let read = (&self.file).take(wanted as u64).read_to_end(&mut self.text).map_err(BodyFault::Disk)?;
        self.is_at_end = read < wanted;
        Ok(())
    }

    /// Starts at the first line, after the byte order mark.
    fn rewind(&mut self) -> Result<(), BodyFault> {
        self.is_at_end = false;
        self.text.clear();
        self.file.rewind().map_err(BodyFault::Disk)?;
        let read = (&self.file).take(3).read_to_end(&mut self.text);
        read.map_err(BodyFault::Disk)?;
        if self.text == b"\xef\xbb\xbf" {
            self.text.clear();
        }
        Ok(())
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
