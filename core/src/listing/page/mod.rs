//! One page of a listing: the bytes of its records, and the values that lead to the next page.

mod compact;
mod decode;
mod records;
mod scan;

use serde_json::Value;
use url::Url;

pub use self::{decode::Layout, records::Records};
use crate::{
    client::{Answer, BodyFault},
    json::pointer::Pointer,
    sink::Batch,
};

/// A decoded page. The records keep the bytes that the server sent, except for white space between tokens, in the buffer
/// of the body.
#[derive(Debug)]
pub struct Page {
    url: Url,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    ends: Vec<usize>,
    records: Records,
    picked: Vec<(Pointer, Value)>,
    links: Vec<String>,
}

impl Page {
    /// Reads a page from a response.
    ///
    /// # Errors
    /// The body is cut off, empty or not JSON. The fault is transient.
    pub fn read(answer: Answer, layout: &Layout) -> Result<Self, BodyFault> {
        let Answer { response, url } = answer;
        let links = response.headers.get_all(http::header::LINK).iter();
        let links = links.filter_map(|field| field.to_str().ok().map(str::to_owned)).collect();
        let mut bytes = response.body;
        // RFC 9110 §15.3.5: this status has no content. APIs use it to say that there are no more records.
        if response.status == http::StatusCode::NO_CONTENT {
            bytes.clear();
            let records = Records::Absent { arrays: Vec::new() };
            return Ok(Self {
                url,
                bytes,
                start: 0,
                end: 0,
                ends: Vec::new(),
                records,
                picked: Vec::new(),
                links,
            });
        }
        // RFC 8259 §8.1: a byte order mark is not allowed, but a parser may ignore it.
        if let Some(mark) = bytes.get_mut(..3).filter(|start| *start == b"\xef\xbb\xbf") {
            mark.fill(b' ');
        }
        BodyFault::check(&bytes)?;
        let decoded = decode::decode(&bytes, layout).map_err(BodyFault::NotJson)?;
        let start = decoded.spans.first().map_or(0, |first| first.range.start);
        let mut ends = Vec::with_capacity(decoded.spans.len());
        let end = compact::to_lines(&mut bytes, &decoded.spans, start, &mut ends);
        Ok(Self { url, bytes, start, end, ends, records: decoded.records, picked: decoded.picked, links })
    }

    /// The URL of the page, after redirects.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The records.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(&self.bytes[self.start..self.end], &self.ends)
    }

    /// What the page has where the records should be.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The value at `place`, which must be one of the places in the [`Layout`]. `None` if the page has no such value.
    pub fn pick(&self, place: &Pointer) -> Option<&Value> {
        self.picked.iter().find(|(pointer, _)| pointer == place).map(|(_, value)| value)
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

    /// The values of the response's `Link` fields.
    pub fn links(&self) -> &[String] {
        &self.links
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
