//! Pages that are lines: NDJSON and CSV.
//!
//! A page in memory is read at once. A longer one is in a file, and is read twice: first to check every line and to count
//! the records, because nothing is written of a page that turns out to be invalid; then batch by batch, while the sinks
//! write. So a page may have any length, and takes the memory of two batches.

mod batches;
mod is_last;
mod json_row;
mod ndjson;
mod reader;
mod records;
mod row;
mod rows;
mod spooled;
mod text;

use self::{is_last::IsLast, reader::Reader};
pub(super) use self::{records::Lines, spooled::Spooled};
use super::Format;
use crate::client::BodyFault;

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

#[cfg(test)]
mod tests;
