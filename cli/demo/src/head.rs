//! Lines and header fields (RFC 9112 §2.2, §5).

use std::io::{self, BufRead, Read};

const MAX_LINE: u64 = 16 * 1024;
const MAX_HEAD: usize = 64 * 1024;
const MAX_FIELDS: usize = 100;

/// Lower-case field names and their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(Vec<(String, String)>);

/// Why no request could be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The connection ended or failed, so there is no one to answer.
    Gone,
    /// The request is malformed or unsupported; `status` is the response's.
    Malformed { status: u16, problem: &'static str },
}

impl From<io::Error> for Unreadable {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Unreadable {
    pub(crate) fn malformed(problem: &'static str) -> Self {
        Self::Malformed { status: 400, problem }
    }
}

impl Headers {
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the field lines of a header (RFC 9112 §5) or a trailer (§7.1.2), up to the empty line.
pub(crate) fn fields(from: &mut impl BufRead) -> Result<Headers, Unreadable> {
    let mut headers = Vec::new();
    let mut size = 0;
    loop {
        let line = line(from)?;
        if line.is_empty() {
            return Ok(Headers(headers));
        }
        size += line.len();
        if size > MAX_HEAD || headers.len() == MAX_FIELDS {
            return Err(Unreadable::Malformed { status: 431, problem: "the head is too large" });
        }
        // §5.1, §5.2: space before the colon and folded lines are refused; both have been used for request smuggling.
        let (name, value) = line.split_once(':').ok_or(Unreadable::malformed("a field line has no colon"))?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(Unreadable::malformed("a field name is no token"));
        }
        headers.push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()));
    }
}

/// Reads a line and removes its line ending.
pub(crate) fn line(from: &mut impl BufRead) -> Result<String, Unreadable> {
    let mut line = Vec::new();
    from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    if line.pop_if(|last| *last == b'\n').is_none() {
        let too_long = line.len() as u64 == MAX_LINE;
        let malformed = Unreadable::Malformed { status: 431, problem: "a line is too long" };
        return Err(if too_long { malformed } else { Unreadable::Gone });
    }
    line.pop_if(|last| *last == b'\r');
    if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(Unreadable::malformed("a line has control characters"));
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Whether a method or field name may contain this byte (RFC 9110 §5.6.2).
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
