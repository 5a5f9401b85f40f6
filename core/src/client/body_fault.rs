//! Bodies of successful responses that cannot be read.

use std::io::{self, BufReader, Read};

use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE},
};
use serde::de::IgnoredAny;

use super::row_problem::RowProblem;

/// The body of a successful response that cannot be read. Unless it is complete, another attempt may bring a better one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyFault {
    /// It is empty.
    #[error("the answer is empty")]
    Empty,
    /// It is HTML, as proxies and login pages send it.
    #[error("the answer is HTML, not JSON")]
    Html,
    /// It is compressed in a way that was not requested.
    #[error("the answer has the encoding `{encoding}`, which was not requested and cannot be read")]
    Encoded {
        /// The `Content-Encoding`.
        encoding: String,
    },
    /// It is cut off.
    #[error("the answer is not complete JSON")]
    Incomplete(#[source] serde_json::Error),
    /// It is complete, but not JSON.
    #[error("the answer is not JSON: it is {content_type} and starts with `{start}`")]
    Undecodable {
        /// The `Content-Type`, in backticks.
        content_type: String,
        /// The first characters of the body.
        start: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It says that the request failed, although its status is a success.
    #[error("the answer is the error {said}, although its status is a success")]
    Failed {
        /// The code of the error.
        said: String,
    },
    /// It is a range of bytes, although none was requested.
    #[error("the answer is only a part of the content: `{range}`")]
    Part {
        /// The `Content-Range`.
        range: String,
    },
    /// It should be lines, and has none.
    #[error("the answer is empty")]
    NoLines,
    /// It should be lines of JSON or CSV, and is a page for people.
    #[error("the answer is HTML, not {expected}")]
    HtmlInstead {
        /// What it should be.
        expected: &'static str,
    },
    /// It should be lines of CSV or JSON, and is one JSON value, as error messages are. It is complete.
    #[error("the answer is JSON, not {expected}: it starts with `{start}`")]
    JsonInstead {
        /// What it should be.
        expected: &'static str,
        /// The first characters of the body.
        start: String,
    },
    /// A line is not JSON. The answer is complete.
    #[error("line {number} of the answer is not JSON: {problem}")]
    Line {
        /// The number of the line, from 1.
        number: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The last line breaks off.
    #[error("line {number} of the answer, the last one, is cut off")]
    CutLine {
        /// The number of the line, from 1.
        number: u64,
    },
    /// A row of CSV is wrong. The answer is complete.
    #[error("row {number} of the answer {problem}")]
    Row {
        /// The number of the row, from 1. A header line counts.
        number: u64,
        /// What is wrong with it.
        problem: RowProblem,
    },
    /// The last row breaks off.
    #[error("row {number} of the answer, the last one, is cut off")]
    CutRow {
        /// The number of the row, from 1. A header line counts.
        number: u64,
    },
    /// A line or row is longer than memory allows.
    #[error("line {number} of the answer is longer than {longest} MiB")]
    LongLine {
        /// The number of the line, from 1. Empty ones do not count.
        number: u64,
        /// The maximum length.
        longest: usize,
    },
    /// It is on disk, and cannot be read from there.
    #[error("the answer cannot be read back from disk")]
    Disk(#[source] io::Error),
}

/// How much of a body an error shows.
const SHOWN: usize = 80;

impl BodyFault {
    /// Checks that the body is not compressed any more. `body` is its start, or all of it.
    pub(crate) fn check_encoding(headers: &HeaderMap, body: &[u8]) -> Result<(), Self> {
        let named =
            headers.get_all(CONTENT_ENCODING).iter().flat_map(|value| value.as_bytes().split(|b| *b == b','));
        let mut foreign = named
            .map(|name| printable(name).trim().to_ascii_lowercase())
            .filter(|name| !["", "gzip", "x-gzip", "identity", "none"].contains(&name.as_str()));
        let start = &body[..body.len().min(512)];
        // Some servers send this header without compressing anything.
        let is_text = start.iter().all(|byte| *byte >= b' ' || b"\t\r\n".contains(byte))
            && match str::from_utf8(start) {
                Ok(_) => true,
                Err(error) => error.error_len().is_none(),
            };
        match foreign.next() {
            Some(encoding) if !is_text => Err(Self::Encoded { encoding }),
            _ => Ok(()),
        }
    }

    /// Checks that the body is not a part of the content (RFC 9110 §15.3.7). Ranges of other units than bytes are pages.
    pub(crate) fn check_range(status: StatusCode, headers: &HeaderMap) -> Result<(), Self> {
        let range = headers.get(CONTENT_RANGE).filter(|_| status == StatusCode::PARTIAL_CONTENT);
        let range = range.map(|range| printable(range.as_bytes()).trim().to_ascii_lowercase());
        let Some(bytes) = range.as_deref().and_then(|range| range.strip_prefix("bytes")) else {
            return Ok(());
        };
        let is_whole = || {
            let (range, length) = bytes.trim().split_once('/')?;
            let (first, last) = range.split_once('-')?;
            let (last, length) = (last.parse::<u64>().ok()?, length.parse::<u64>().ok()?);
            Some(first == "0" && last.checked_add(1) == Some(length))
        };
        if is_whole() == Some(true) {
            return Ok(());
        }
        Err(Self::Part { range: format!("bytes{bytes}") })
    }

    /// Checks what can be checked before the body is parsed.
    pub(crate) fn check(body: &[u8]) -> Result<(), Self> {
        let start = body.trim_ascii_start();
        match start.first() {
            None => Err(Self::Empty),
            Some(b'<') if !start.starts_with(b"<?xml") => Err(Self::Html),
            Some(_) => Ok(()),
        }
    }

    /// Checks what can be checked before a body is read as lines. `start` is its start, or all of it.
    pub(crate) fn check_lines(start: &[u8], expected: &'static str) -> Result<(), Self> {
        let start = start.trim_ascii_start();
        let begins =
            |tag: &str| start.get(..tag.len()).is_some_and(|text| text.eq_ignore_ascii_case(tag.as_bytes()));
        // The first name of a table may stand in angle brackets.
        if begins("<!doctype") || begins("<html") {
            return Err(Self::HtmlInstead { expected });
        }
        Ok(())
    }

    /// The fault of a body that should be CSV, if it is JSON. On one line, it would be a header without rows. `start` is the
    /// start of `body`.
    pub(crate) fn check_not_json(start: &[u8], body: impl Read) -> Result<(), Self> {
        let text = start.trim_ascii_start();
        let looks_like_json = text.starts_with(b"{") || text.starts_with(b"[");
        if looks_like_json && serde_json::from_reader::<_, IgnoredAny>(BufReader::new(body)).is_ok() {
            return Err(Self::JsonInstead { expected: "CSV", start: printable(start) });
        }
        Ok(())
    }

    /// The fault of a body that should be lines of JSON, if it is a list of objects on one line.
    pub(crate) fn check_no_list(body: &[u8]) -> Result<(), Self> {
        let list = body.trim_ascii().strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
        let is_list = list.is_some_and(|list| list.starts_with(b"{") && !list.contains(&b'\n'));
        if is_list && serde_json::from_slice::<IgnoredAny>(body).is_ok() {
            return Err(Self::JsonInstead { expected: "NDJSON", start: printable(body) });
        }
        Ok(())
    }

    /// Whether another attempt may bring a better body.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Empty
            | Self::Failed { .. }
            | Self::NoLines
            | Self::Html
            | Self::HtmlInstead { .. }
            | Self::Incomplete(_)
            | Self::CutLine { .. }
            | Self::CutRow { .. } => true,
            Self::Undecodable { .. }
            | Self::JsonInstead { .. }
            | Self::Line { .. }
            | Self::Row { .. }
            | Self::LongLine { .. }
            | Self::Encoded { .. }
            | Self::Part { .. }
            | Self::Disk(_) => false,
        }
    }

    /// The fault of a body that the parser did not accept.
    pub(crate) fn of(error: serde_json::Error, headers: &HeaderMap, body: &[u8]) -> Self {
        if error.is_eof() {
            return Self::Incomplete(error);
        }
        let content_type = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let content_type = content_type.map(|name| printable(name.as_bytes()));
        Self::Undecodable {
            content_type: content_type
                .map_or("without a Content-Type".to_owned(), |name| format!("`{name}`")),
            start: printable(body),
            source: error,
        }
    }

    /// Passes what the server sent through `redact`.
    pub(super) fn redacted(self, redact: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Undecodable { content_type, start, source } => {
                Self::Undecodable { content_type: redact(&content_type), start: redact(&start), source }
            }
            Self::Encoded { encoding } => Self::Encoded { encoding: redact(&encoding) },
            Self::JsonInstead { expected, start } => Self::JsonInstead { expected, start: redact(&start) },
            Self::Row { number, problem: RowProblem::SameName(name) } => {
                Self::Row { number, problem: RowProblem::SameName(redact(&name)) }
            }
            other => other,
        }
    }
}

/// The start of `bytes`, with a dot for everything that a terminal cannot show.
fn printable(bytes: &[u8]) -> String {
    let shown = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' };
    bytes.iter().take(SHOWN).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::{Value, from_slice};

    use super::*;

    fn fault(body: &[u8]) -> String {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/csv"))]);
        let parsed = BodyFault::check(body).and_then(|()| {
            from_slice::<Value>(body).map(drop).map_err(|error| BodyFault::of(error, &headers, body))
        });
        parsed.unwrap_err().to_string()
    }

    #[test]
    fn an_encoding_that_was_not_requested_is_named() {
        let fault = |encoding: &str, body: &[u8]| {
            let headers =
                HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_str(encoding).unwrap())]);
            BodyFault::check_encoding(&headers, body).err().map(|fault| fault.to_string())
        };
        let packed = b"\x8b\x02\x80{}\x03";
        for encoding in ["br", "deflate", "gzip, BR"] {
            let name = encoding.rsplit(' ').next().unwrap().to_lowercase();
            let said =
                format!("the answer has the encoding `{name}`, which was not requested and cannot be read");
            assert_eq!(fault(encoding, packed), Some(said));
            assert_eq!(fault(encoding, "{\"a\":\"é\"}\r\n".as_bytes()), None, "it is only called so");
        }
        for encoding in ["gzip", "identity", ""] {
            assert_eq!(fault(encoding, packed), None);
        }
    }

    #[test]
    fn a_complete_body_is_described_and_a_cut_one_is_not() {
        assert_eq!(fault(b" \n"), "the answer is empty");
        assert_eq!(fault(b"\n<!doctype html>"), "the answer is HTML, not JSON");
        assert_eq!(fault(b"{\"a\":[1,"), "the answer is not complete JSON");
        assert_eq!(
            fault(b"id,name\n1,a\n"),
            "the answer is not JSON: it is `text/csv` and starts with `id,name.1,a.`"
        );
        assert_eq!(
            fault(b"<?xml version='1.0'?><a/>"),
            "the answer is not JSON: it is `text/csv` and starts with `<?xml version='1.0'?><a/>`"
        );
        assert_eq!(
            fault(b"PK\x03\x04\x1b[31m"),
            "the answer is not JSON: it is `text/csv` and starts with `PK...[31m`"
        );
        let long = [b"x".repeat(100), b"secret".to_vec()].concat();
        assert!(fault(&long).ends_with(&format!("`{}`", "x".repeat(SHOWN))));
    }
}
