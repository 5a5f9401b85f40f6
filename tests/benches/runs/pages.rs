//! The pages that the server has.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::records::record;

/// The records of a page, rendered once: only what leads to the next page differs.
#[derive(Debug)]
pub(crate) struct Pages {
    compact: Vec<u8>,
    pretty: Vec<u8>,
    /// Whole: its next link is in the head.
    gzip: Vec<u8>,
    /// Records of 1.75 KB.
    narrow: Vec<u8>,
    /// Few.
    slow: Vec<u8>,
}

/// How many records a page has.
pub(crate) const RECORDS: usize = 1000;

impl Pages {
    pub(crate) fn new() -> Self {
        let records = |size, count| (0..count).map(|index| record(index, size)).collect::<Vec<_>>();
        let wide = records(4600, RECORDS);
        let compact = open(serde_json::to_vec(&wide).unwrap());
        let pretty = open(serde_json::to_vec_pretty(&wide).unwrap());
        let narrow = open(serde_json::to_vec(&records(1750, RECORDS)).unwrap());
        let slow = open(serde_json::to_vec(&records(1750, 20)).unwrap());
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&compact).and_then(|()| gzip.write_all(b"}")).unwrap();
        Self { compact, pretty, gzip: gzip.finish().unwrap(), narrow, slow }
    }

    /// The head, the records and the end of the answer to a target such as `/compact/20/1`.
    pub(crate) fn answer(&self, target: &str) -> (String, &[u8], String) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.trim_start_matches('/').split('/');
        let shape = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).unwrap_or(1);
        let (count, number) = (number(), number());
        let next = (number < count).then(|| format!("/{shape}/{count}/{}?{query}", number + 1));
        let body = match shape {
            "pretty" => &self.pretty,
            "gzip" => &self.gzip,
            "narrow" => &self.narrow,
            "slow" | "small" => &self.slow,
            _ => &self.compact,
        };
        let (fields, tail) = match (shape, next) {
            ("gzip", Some(next)) => {
                (format!("content-encoding: gzip\r\nlink: <{next}>; rel=\"next\"\r\n"), String::new())
            }
            ("gzip", None) => ("content-encoding: gzip\r\n".to_owned(), String::new()),
            (_, next) => (String::new(), format!(",\"nextPageUri\":{}}}", Value::from(next))),
        };
        let length = body.len() + tail.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{fields}content-length: {length}\r\n\r\n"
        );
        (head, body, tail)
    }
}

/// A page without its end.
fn open(records: Vec<u8>) -> Vec<u8> {
    [b"{\"results\":".to_vec(), records].concat()
}
