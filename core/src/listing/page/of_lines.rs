//! Pages of lines, which may be longer than memory allows.

use std::{cell::OnceCell, mem};

use http::{HeaderMap, StatusCode};
use url::Url;

use super::{
    EmptyBody, EmptyLines, Format, Layout, Page, Records,
    envelope::Envelope,
    lines::{self, Lines, Spooled},
};
use crate::{
    client::{BodyFault, answer::Basis},
    http::transport::Spool,
};

impl Page {
    /// Reads a page of lines. `body` is its start if it is in a file.
    pub(super) fn of_lines(
        status: StatusCode,
        url: Url,
        headers: HeaderMap,
        mut body: Vec<u8>,
        mut spooled: Option<Spool>,
        layout: &Layout,
    ) -> Result<Self, BodyFault> {
        if body.starts_with(b"\xef\xbb\xbf") {
            body.drain(..3);
        }
        check(&body, spooled.as_mut(), layout)?;
        let is_empty = spooled.is_none() && is_empty(&body, &layout.format);
        let (lines, spooled) = match spooled {
            _ if is_empty => (Lines::default(), None),
            None => (lines::read(body, &layout.format)?, None),
            Some(spool) => {
                let mut spooled = Spooled::check(spool, &layout.format, body)?;
                let first = spooled.next(Lines::default())?;
                (first, Some(Box::new(spooled)))
            }
        };
        let Lines { bytes, range, ends, header } = lines;
        let header = spooled.as_ref().map_or(header, |spooled| spooled.header.clone());
        Ok(Self {
            status,
            url,
            headers,
            bytes,
            start: range.start,
            end: range.end,
            ends,
            records: Records::Found,
            picked: Vec::new(),
            envelope: Envelope::empty(),
            parsed: OnceCell::new(),
            spooled,
            header,
            basis: Basis::Status,
        })
    }

    /// The number of records, of all batches.
    pub fn len(&self) -> u64 {
        self.spooled.as_ref().map_or(self.ends.len() as u64, |spooled| spooled.count)
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Replaces the [`batch`](Self::batch) by the next one. Returns whether there is one.
    ///
    /// # Errors
    /// The page cannot be read from disk.
    pub fn next_batch(&mut self) -> Result<bool, BodyFault> {
        let Some(spooled) = &mut self.spooled else { return Ok(false) };
        let before = Lines { bytes: mem::take(&mut self.bytes), ..Lines::default() };
        let Lines { bytes, range, ends, .. } = spooled.next(before)?;
        (self.bytes, self.start, self.end, self.ends) = (bytes, range.start, range.end, ends);
        Ok(!self.ends.is_empty())
    }

    /// Parts of the records that no other page has, unless it has the same records.
    pub(in crate::listing) fn identity(&self) -> Vec<&[u8]> {
        let batch = &self.bytes[self.start..self.end];
        match &self.spooled {
            None => vec![batch],
            Some(spooled) => vec![batch, &spooled.last, spooled.size()],
        }
    }
}

/// Whether a page has no rows and no header line.
fn is_empty(body: &[u8], format: &Format) -> bool {
    let may_be_rows = matches!(format, Format::Csv(csv) if csv.empty_lines == EmptyLines::Rows);
    body.is_empty() || !may_be_rows && body.trim_ascii().is_empty()
}

/// Checks what can be checked before the lines are read.
fn check(start: &[u8], spooled: Option<&mut Spool>, layout: &Layout) -> Result<(), BodyFault> {
    let expected = if layout.format == Format::Ndjson { "NDJSON" } else { "CSV" };
    BodyFault::check_lines(start, expected)?;
    if spooled.is_none() && is_empty(start, &layout.format) && layout.empty == EmptyBody::Fault {
        return Err(BodyFault::NoLines);
    }
    match (&layout.format, spooled) {
        (Format::Csv(_), None) => BodyFault::check_not_json(start, start),
        (Format::Csv(_), Some(spool)) => {
            spool.rewind().map_err(BodyFault::Disk)?;
            BodyFault::check_not_json(start, spool)
        }
        (Format::Ndjson, None) => BodyFault::check_no_list(start),
        _ => Ok(()),
    }
}
