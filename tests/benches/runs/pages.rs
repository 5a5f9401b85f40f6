//! The pages of the server.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::records::record;

/// The records of the pages, serialized once. Pages differ only in their number and their link to the next page.
#[derive(Debug)]
pub(crate) struct Pages {
    compact: Vec<u8>,
    pretty: Vec<u8>,
    /// The whole body. The link to the next page is in the headers.
    gzip: Vec<u8>,
    /// The same records as `compact`, each with a comma after it.
    huge: Vec<u8>,
    /// Records of 1.75 KB.
    narrow: Vec<u8>,
    /// Few records.
    slow: Vec<u8>,
    /// Rows of six columns, without the header line. About 1 MB.
    rows: Vec<u8>,
    /// Records of 4.6 KB, one per line. About 1 MB.
    lines: Vec<u8>,
}

/// What the server sends.
#[derive(Debug)]
pub(crate) struct Answer<'p> {
    pub(crate) head: String,
    pub(crate) body: &'p [u8],
    /// How many times the body is sent.
    pub(crate) times: usize,
    pub(crate) tail: String,
}

/// The last record of a page with two.
const TINY: &[u8] = b"{\"id\":1}]";

/// How many times a huge page has the records of a compact one: it has 200 MB.
const HUGE: usize = 43;

/// How many records a page has.
pub(crate) const RECORDS: usize = 1000;

impl Pages {
    pub(crate) fn new() -> Self {
        let records = |size, count| (0..count).map(|index| record(index, size)).collect::<Vec<_>>();
        let wide = records(4600, RECORDS);
        let compact = without_bracket(serde_json::to_vec(&wide).unwrap());
        let huge = [&compact[..compact.len() - 1], b","].concat();
        let pretty = without_bracket(serde_json::to_vec_pretty(&wide).unwrap());
        let narrow = without_bracket(serde_json::to_vec(&records(1750, RECORDS)).unwrap());
        let slow = without_bracket(serde_json::to_vec(&records(1750, 20)).unwrap());
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(b"{\"results\":[").and_then(|()| gzip.write_all(&compact)).unwrap();
        gzip.write_all(b"}").unwrap();
        let row = |index| {
            format!(
                "{index},2026-01-05T10:11:12.345Z,{index}.50,active,Jane Example,\"words, with a comma\"\r\n"
            )
        };
        let rows = (0..13_000).map(row).collect::<String>().into_bytes();
        let lines = records(4600, 220).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
        let (gzip, lines) = (gzip.finish().unwrap(), lines.into_bytes());
        Self { compact, pretty, gzip, huge, narrow, slow, rows, lines }
    }

    /// The answer to a target: `/csv/1000` and `/ndjson/1000` are about 1,000 MB of lines.
    pub(crate) fn answer(&self, target: &str) -> Answer<'_> {
        let (shape, times) = target.trim_start_matches('/').split_once('/').unwrap_or((target, ""));
        let (start, body) = match shape {
            "csv" => ("id,at,amount,state,name,note\r\n", &self.rows),
            "ndjson" => ("", &self.lines),
            _ => return self.page(target),
        };
        let times = times.split('/').next().and_then(|times| times.parse().ok()).unwrap_or(1);
        let length = start.len() + times * body.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{start}");
        Answer { head, body, times, tail: String::new() }
    }

    /// The lines of the answer to a target, without its headers.
    pub(crate) fn text(&self, target: &str) -> String {
        let Answer { head, body, times, .. } = self.answer(target);
        let start = head.split_once("\r\n\r\n").unwrap().1;
        start.to_owned() + &str::from_utf8(body).unwrap().repeat(times)
    }

    /// The head, the records and the end of the page `/compact/20/1` or `/compact/20?page=1`.
    fn page(&self, target: &str) -> Answer<'_> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.trim_start_matches('/').split('/');
        let shape = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).unwrap_or(1);
        let (count, number) = (number(), number());
        let page = query.strip_prefix("page=").and_then(|page| page.parse().ok());
        let number = page.unwrap_or(number);
        let next = (number < count).then(|| format!("/{shape}/{count}/{}?{query}", number + 1));
        let body = match shape {
            "huge" => &self.huge,
            "pretty" => &self.pretty,
            "gzip" => &self.gzip,
            "narrow" => &self.narrow,
            "slow" | "small" => &self.slow,
            "tiny" => TINY,
            _ => &self.compact,
        };
        let (fields, start, tail) = if shape == "gzip" {
            let link = next.map_or(String::new(), |next| format!("link: <{next}>; rel=\"next\"\r\n"));
            (format!("content-encoding: gzip\r\n{link}"), String::new(), String::new())
        } else {
            // longhaul rejects a numbered page with the same records as an earlier one.
            let start = format!("{{\"results\":[{{\"page\":{number}}},");
            let last = if shape == "huge" { str::from_utf8(TINY).unwrap() } else { "" };
            let end = format!("{last},\"pageCount\":{count},\"nextPageUri\":{}}}", Value::from(next));
            (String::new(), start, end)
        };
        let times = if shape == "huge" { HUGE } else { 1 };
        let length = start.len() + times * body.len() + tail.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{fields}content-length: {length}\r\n\r\n{start}"
        );
        Answer { head, body, times, tail }
    }
}

/// A JSON array without its first bracket.
fn without_bracket(mut array: Vec<u8>) -> Vec<u8> {
    array.remove(0);
    array
}
