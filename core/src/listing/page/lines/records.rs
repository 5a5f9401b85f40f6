//! Records as lines.

use std::ops::Range;

use super::{json_row::Columns, row::Row};
use crate::listing::page::{compact::to_lines, scan::Span};

/// Records as lines, as a page holds them.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) bytes: Vec<u8>,
    pub(crate) range: Range<usize>,
    pub(crate) ends: Vec<usize>,
    /// The names in the header line, if there is one.
    pub(crate) header: Vec<String>,
}

impl Lines {
    pub(super) fn of_spans(mut bytes: Vec<u8>, spans: &[Span]) -> Self {
        let start = spans.first().map_or(0, |first| first.range.start);
        let mut ends = Vec::with_capacity(spans.len());
        let end = to_lines(&mut bytes, spans, start, &mut ends);
        Self { bytes, range: start..end, ends, header: Vec::new() }
    }

    pub(super) fn push(&mut self, columns: &Columns, row: &Row<'_>) {
        self.range.end = columns.write(row, &mut self.bytes, self.range.end);
        self.ends.push(self.range.end);
    }
}
