//! One page of a listing: the records' own bytes, and what leads on.

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

/// A page, decoded. The records keep their own bytes, in the buffer that the body came in.
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
    /// Reads a page. An answer that is cut, empty or no JSON is a fault that may pass.
    pub fn read(answer: Answer, layout: &Layout) -> Result<Self, BodyFault> {
        let Answer { response, url } = answer;
        let links = response.headers.get_all(http::header::LINK).iter();
        let links = links.filter_map(|field| field.to_str().ok().map(str::to_owned)).collect();
        let mut bytes = response.body;
        // RFC 9110 §15.3.5: this status has no content, and means that there is nothing more.
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
        // RFC 8259 §8.1: a byte order mark does not belong here, and may be ignored.
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

    /// The URL that gave the page.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The records.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(&self.bytes[self.start..self.end], &self.ends)
    }

    /// What stands where the records should be.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The value at one of the places that the [`Layout`] named, where there is one.
    pub fn pick(&self, place: &Pointer) -> Option<&Value> {
        self.picked.iter().find(|(pointer, _)| pointer == place).map(|(_, value)| value)
    }

    /// Takes out the records that `keep` does not want, and says how many.
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

    /// The values of the answer's `Link` fields.
    pub fn links(&self) -> &[String] {
        &self.links
    }

    /// The buffer, for the next page.
    pub fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}

/// What a JSON value is, in words.
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
