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
}

impl Default for Csv {
    /// RFC 4180, with a header line.
    fn default() -> Self {
        Self { delimiter: b',', header: None }
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
