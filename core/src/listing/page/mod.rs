//! One page of a listing: the bytes of its records, and the values that lead to the next page.

mod compact;
mod decode;
mod ends;
mod envelope;
mod every;
mod format;
mod lines;
mod more;
mod of_lines;
mod problem;
mod records;
mod scan;

use std::cell::OnceCell;

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;
use url::Url;

pub(crate) use self::more::around_files;
pub(super) use self::problem::PageProblem;
use self::{decode::Decoded, envelope::Envelope, lines::Spooled};
pub use self::{
    decode::{EmptyBody, Layout},
    envelope::Continuation,
    format::{Csv, EmptyLines, Format},
    problem::ErrorSign,
    records::Records,
};
use crate::{
    client::{Answer, BodyFault, answer::Basis},
    http::{
        place::{Found, Place, PlaceError, Places, links},
        transport::Response,
    },
    json::{ExactValue, pointer::Pointer},
    shown_url::ShownUrl,
    sink::Batch,
};

/// A decoded page. The records keep the bytes that the server sent, except for white space between tokens, in the buffer
/// of the body.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    url: Url,
    headers: HeaderMap,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    ends: Vec<usize>,
    records: Records,
    picked: Vec<(Pointer, ExactValue)>,
    envelope: Envelope,
    /// The value of the envelope, once somebody has asked for it.
    parsed: OnceCell<ExactValue>,
    /// The batches that follow the one in `bytes`, if the page does not fit in memory.
    spooled: Option<Box<Spooled>>,
    /// The names in the header line of CSV, if it has one.
    header: Vec<String>,
    /// Why the response is a page.
    basis: Basis,
}

impl Page {
    /// Reads a page from a response.
    ///
    /// # Errors
    /// The body is cut off, empty, or not in the format of `layout`.
    pub fn read(answer: Answer, layout: &Layout) -> Result<Self, BodyFault> {
        let Answer { response, url, basis } = answer;
        let Response { status, headers, body: mut bytes, spooled } = response;
        // RFC 9110 §15.3.5 and §15.3.6: these have no content. APIs use them to say that there are no more records.
        if status == StatusCode::NO_CONTENT || status == StatusCode::RESET_CONTENT {
            bytes.clear();
            return Ok(Self::without_content(status, url, headers, bytes));
        }
        BodyFault::check_range(status, &headers)?;
        BodyFault::check_encoding(&headers, &bytes)?;
        if layout.format != Format::Json {
            let page = Self::of_lines(status, url, headers, bytes, spooled, layout);
            return page.map(|page| Self { basis, ..page });
        }
        // RFC 8259 §8.1: a byte order mark is not allowed, but a parser may ignore it.
        if let Some(mark) = bytes.get_mut(..3).filter(|start| *start == b"\xef\xbb\xbf") {
            mark.fill(b' ');
        }
        BodyFault::check(&bytes)?;
        let decoded = decode::decode(&bytes, layout);
        let decoded = decoded.map_err(|error| BodyFault::of(error, &headers, &bytes))?;
        let start = decoded.spans.first().map_or(0, |first| first.range.start);
        let mut ends = Vec::with_capacity(decoded.spans.len());
        let end = compact::to_lines(&mut bytes, &decoded.spans, start, &mut ends);
        let Decoded { records, picked, envelope, .. } = decoded;
        let parsed = OnceCell::new();
        Ok(Self {
            status,
            url,
            headers,
            bytes,
            start,
            end,
            ends,
            records,
            picked,
            envelope,
            parsed,
            spooled: None,
            header: Vec::new(),
            basis,
        })
    }

    fn without_content(status: StatusCode, url: Url, headers: HeaderMap, bytes: Vec<u8>) -> Self {
        Self {
            status,
            url,
            headers,
            bytes,
            start: 0,
            end: 0,
            ends: Vec::new(),
            records: Records::NoContent,
            picked: Vec::new(),
            envelope: Envelope::empty(),
            parsed: OnceCell::new(),
            spooled: None,
            header: Vec::new(),
            basis: Basis::Status,
        }
    }

    /// The status of the response.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The URL of the page, after redirects.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The records; the next ones if the page does not fit in memory.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(&self.bytes[self.start..self.end], &self.ends)
    }

    /// What the page has where the records should be.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The names in the header line of CSV, if it has one.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The first value that the page has at `places`, and its place. Pointers into the body must be in the [`Layout`].
    ///
    /// # Errors
    /// A place is ambiguous, or a `Link` header is malformed.
    pub fn find<'p>(&self, places: &'p Places) -> Result<Option<(ExactValue, &'p Place)>, PlaceError> {
        for place in places.iter() {
            let value = match place {
                Place::Body(pointer) => self.pick(pointer).cloned(),
                Place::Path { .. } => place.find(&Found { body: Some(self.parsed()), ..self.found() })?,
                Place::Header(_) | Place::Link { .. } | Place::Last(_) => place.find(&self.found())?,
            };
            if let Some(value) = value {
                return Ok(Some((value, place)));
            }
        }
        Ok(None)
    }

    /// The value at `pointer`, which must be in the [`Layout`].
    pub(super) fn pick(&self, pointer: &Pointer) -> Option<&ExactValue> {
        self.picked.iter().find(|(picked, _)| picked == pointer).map(|(_, value)| value)
    }

    fn found(&self) -> Found<'_> {
        Found { headers: &self.headers, body: None, last: self.last() }
    }

    /// The last record.
    pub(super) fn last(&self) -> Option<&[u8]> {
        if let Some(spooled) = &self.spooled {
            return Some(&spooled.last);
        }
        let start = self.ends.len().checked_sub(2).map_or(0, |before| self.ends[before]);
        let end = self.ends.last()? - 1;
        Some(&self.bytes[self.start + start..self.start + end])
    }

    /// The body with an empty array in place of the records.
    pub(super) fn envelope(&self) -> &Value {
        self.parsed().value()
    }

    fn parsed(&self) -> &ExactValue {
        self.parsed.get_or_init(|| self.envelope.parse())
    }

    /// The values that look as if they lead to another page.
    pub(super) fn continuations(&self) -> Vec<Continuation> {
        let mut found = envelope::continuations(self.envelope());
        let next = links(&self.headers).into_iter().filter(|(rel, ..)| envelope::leads_on(rel));
        found.extend(next.map(|(rel, target, has_anchor)| {
            let shown = self.url.join(&target).map_or(target, |url| ShownUrl::from(&url).to_string());
            let anchor =
                if has_anchor { "; its `anchor` says that it belongs to something else" } else { "" };
            Continuation { at: format!("link:{rel}"), found: format!("`{shown}`{anchor}") }
        }));
        let headers = self.headers.iter().filter(|(name, _)| envelope::header_leads_on(name.as_str()));
        found.extend(headers.filter_map(|(name, value)| {
            let value = Value::from(String::from_utf8_lossy(value.as_bytes()).trim());
            let found = (!envelope::is_empty(&value)).then(|| envelope::shown(&value))?;
            Some(Continuation { at: format!("header:{name}"), found })
        }));
        found
    }

    /// Counts of pages and totals that say that there is more than this page.
    pub(super) fn larger_totals(&self) -> Vec<Continuation> {
        self.totals_beyond(self.len(), 1)
    }

    /// Counts of pages and totals that say that there is more than so many records and pages.
    pub(super) fn totals_beyond(&self, records: u64, pages: u64) -> Vec<Continuation> {
        let mut found = envelope::larger_totals(self.envelope(), records, pages);
        let headers = self.headers.iter().filter_map(|(name, value)| {
            let (name, value) = (name.as_str(), value.to_str().ok()?);
            let total = envelope::total_in_header(name, value).filter(|total| *total > records);
            let larger =
                total.or_else(|| envelope::pages_in_header(name, value).filter(|count| *count > pages));
            Some(Continuation { at: format!("header:{name}"), found: larger?.to_string() })
        });
        found.extend(headers);
        found
    }

    /// What leads to another page around the groups at `records`, unless a rule of the user says that it is a page all the
    /// same.
    pub(super) fn more_in_groups(&self, records: &Pointer) -> Vec<Continuation> {
        let has_groups = records.tokens().iter().any(|token| token == "*") && self.basis != Basis::Rule;
        if has_groups { more::around_groups(self.envelope(), records.tokens()) } else { Vec::new() }
    }

    /// What leads to another page in the record that is the whole page.
    pub(super) fn more_in_record(&self) -> Vec<Continuation> {
        let record = self.last().filter(|_| self.records == Records::Whole);
        let record = record.and_then(|record| serde_json::from_slice(record).ok());
        record.map_or_else(Vec::new, |record| more::in_whole(&record))
    }

    /// What the page says is wrong, if it is an error despite its status.
    pub(super) fn error(&self) -> Option<PageProblem> {
        problem::of_envelope(self.envelope())
    }

    /// What the page says is wrong, although it has records, or none in the right place. A single record that is the whole
    /// page may be an error. A rule of the user can say that it is a page all the same.
    pub(super) fn error_with_records(&self) -> Option<PageProblem> {
        if self.basis == Basis::Rule {
            return None;
        }
        let is_one_of_lines = || {
            let content_type = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            self.len() == 1
                && content_type
                    .is_some_and(|name| name.trim().to_ascii_lowercase().starts_with("application/json"))
        };
        match &self.records {
            Records::Found if self.envelope.is_empty() && is_one_of_lines() => self.error_in_record(),
            Records::Found => self.error(),
            Records::Whole => self.error_in_record(),
            _ => None,
        }
    }

    fn error_in_record(&self) -> Option<PageProblem> {
        let record = self.batch().records().next().map(serde_json::from_slice)?;
        problem::of_whole(&record.ok()?)
    }

    /// What the last record says is wrong, if it is an error and not a record: an API may break off a list with an error. If
    /// the first record looks like one, too, they are records of errors.
    pub(super) fn error_among_records(&self) -> Option<PageProblem> {
        if self.basis == Basis::Rule || self.records != Records::Found {
            return None;
        }
        let found = problem::of_record(self.last()?)?;
        let is_list_of_errors =
            self.len() > 1 && self.batch().records().next().is_some_and(problem::is_error);
        (!is_list_of_errors).then_some(found)
    }

    /// Where the page says that there are more pages, by a value that is true, or one that is false before the last page.
    pub(super) fn says_more(&self) -> Option<String> {
        let mut found = envelope::continuations(self.envelope()).into_iter();
        found.find(Continuation::is_flag).map(|found| found.at)
    }

    /// What says that there are more pages, other than at the places that the style reads, unless a rule of the user says that
    /// it is a page all the same.
    pub(super) fn signs_of_more(&self, reads: &[&Places]) -> Vec<Continuation> {
        let is_read = |found: &Continuation| {
            reads.iter().flat_map(|places| places.iter()).any(|place| place.to_string() == found.at)
        };
        let mut found = if self.basis == Basis::Rule { Vec::new() } else { self.continuations() };
        found.retain(|found| found.says_more() && !is_read(found));
        found
    }

    /// Removes the records for which `keep` is false, and returns how many it removed.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) -> u64 {
        let before = self.ends.len();
        let mut kept = Vec::with_capacity(before);
        let mut from = self.start;
        let mut to = self.start;
        for end in &self.ends {
            let end = self.start + end;
            if keep(&self.bytes[from..end - 1]) {
                if to != from {
                    self.bytes.copy_within(from..end, to);
                }
                to += end - from;
                kept.push(to - self.start);
            }
            from = end;
        }
        (self.end, self.ends) = (to, kept);
        (before - self.ends.len()) as u64
    }

    /// Returns the buffer, to be reused for another page.
    pub fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}

/// The kind of a JSON value, with its article: `a number`.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
