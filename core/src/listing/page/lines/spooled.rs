//! Pages that do not fit in memory.

use super::{
    batches::{Batches, Decoder},
    is_last::IsLast,
    ndjson,
    reader::Reader,
    records::Lines,
    text::Text,
};
use crate::{
    client::BodyFault,
    http::transport::Spool,
    listing::page::{
        format::Format,
        scan::{Spacing, Span},
    },
};

/// A page in a file.
#[derive(Debug)]
pub(crate) struct Spooled {
    batches: Batches,
    /// How many records the page has.
    pub(crate) count: u64,
    /// The last record.
    pub(crate) last: Vec<u8>,
    /// The length of the file.
    size: [u8; 8],
    /// The names in the header line, if there is one.
    pub(crate) header: Vec<String>,
}

impl Spooled {
    /// Checks a page in a file. `memory` is memory to use.
    pub(crate) fn check(mut body: Spool, format: &Format, memory: Vec<u8>) -> Result<Self, BodyFault> {
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
    pub(crate) fn size(&self) -> &[u8] {
        &self.size
    }

    /// The next records, in the memory of earlier ones. None after the last.
    pub(crate) fn next(&mut self, before: Lines) -> Result<Lines, BodyFault> {
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
}
