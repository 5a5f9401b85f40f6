//! How rows and cells are written.

use std::borrow::Cow;

use longhaul_core::sink::{Keys, SinkError};

use super::header::BYTE_ORDER_MARK;

/// How rows and cells are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) delimiter: u8,
    pub(crate) line_end: &'static str,
    pub(crate) arrays: Arrays,
    pub(crate) formulas: Formulas,
    /// What a file starts with, before the header.
    pub(crate) start: &'static [u8],
}

/// What becomes of arrays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Arrays {
    /// Their JSON text is the cell.
    Json,
    /// The cell stays empty.
    Drop,
}

/// What becomes of text that a spreadsheet would take for a formula.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Formulas {
    /// It stays as it is.
    Keep,
    /// An apostrophe goes before it, as OWASP advises against CSV injection. Numbers are no text.
    Escape,
}

impl Style {
    /// The keys that [`new`](Self::new) reads.
    pub(crate) const KEYS: [&str; 5] = ["arrays", "formulas", "delimiter", "bom", "line_end"];

    /// The style of RFC 4180, with nothing changed on the way.
    pub(crate) const PLAIN: Self = Self {
        delimiter: b',',
        line_end: "\r\n",
        arrays: Arrays::Json,
        formulas: Formulas::Keep,
        start: b"",
    };

    /// The style that these keys describe.
    pub(crate) fn new(keys: &Keys<'_>) -> Result<Self, SinkError> {
        Ok(Self {
            delimiter: delimiter(keys)?,
            line_end: keys.choice("line_end", &[("crlf", "\r\n"), ("lf", "\n")])?,
            arrays: keys.choice("arrays", &[("json", Arrays::Json), ("drop", Arrays::Drop)])?,
            formulas: keys.choice("formulas", &[("keep", Formulas::Keep), ("escape", Formulas::Escape)])?,
            start: if keys.is_true("bom")? { BYTE_ORDER_MARK } else { b"" },
        })
    }

    /// `text` as it is written.
    pub(crate) fn defused<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        if self.formulas == Formulas::Escape && is_risky(&text) { format!("'{text}").into() } else { text }
    }
}

/// Whether a spreadsheet may take text that begins like this for a formula, by OWASP's list.
fn is_risky(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

fn delimiter(keys: &Keys<'_>) -> Result<u8, SinkError> {
    match keys.text("delimiter")?.unwrap_or(",").as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => {
            let message = "`delimiter` must be one ASCII character, and neither a quote nor a line end";
            Err(SinkError::config("delimiter", message))
        }
    }
}
