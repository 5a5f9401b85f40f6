//! The formats of pages.

use crate::http::request::Expects;

/// The format of a page.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// One JSON value, with the records somewhere in it.
    #[default]
    Json,
    /// One record per line, in JSON.
    Ndjson,
    /// Rows. Each becomes an object of strings.
    Csv(Csv),
}

/// How CSV is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Csv {
    /// The character between two values. It is ASCII.
    pub delimiter: u8,
    /// The names of the columns, if there is no header line.
    pub header: Option<Vec<String>>,
    /// What empty lines are, if there is one column.
    pub empty_lines: EmptyLines,
}

/// What empty lines are in a table with one column. In any other, they cannot be rows, and are ignored.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum EmptyLines {
    /// A fault: nobody has said whether they are rows.
    #[default]
    Unclear,
    /// Rows whose only value is empty.
    Rows,
    /// Nothing.
    Ignored,
}

impl Default for Csv {
    /// RFC 4180, with a header line.
    fn default() -> Self {
        Self { delimiter: b',', header: None, empty_lines: EmptyLines::Unclear }
    }
}

impl Format {
    /// What the answer to a request for such a page is.
    pub fn expects(&self) -> Expects {
        match self {
            Self::Json => Expects::Document,
            Self::Ndjson | Self::Csv(_) => Expects::Lines,
        }
    }
}
