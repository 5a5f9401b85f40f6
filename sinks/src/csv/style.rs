//! The style of CSV text.

use std::borrow::Cow;

use longhaul_core::{
    json::Arrays,
    sink::{Keys, SinkError},
};

/// U+FEFF in UTF-8: some spreadsheets need it to read a file as UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// The style of CSV text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) delimiter: u8,
    pub(crate) line_end: &'static str,
    pub(crate) arrays: Arrays,
    pub(crate) formulas: Formulas,
    /// The byte order mark before the header, or nothing.
    pub(crate) bom: &'static [u8],
}

/// How text that a spreadsheet would evaluate as a formula is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Formulas {
    /// Unchanged.
    Keep,
    /// With a leading apostrophe, as OWASP advises against CSV injection. Numbers are left alone.
    Escape,
}

impl Style {
    /// The keys that [`new`](Self::new) reads.
    pub(crate) const KEYS: [&str; 5] = ["arrays", "formulas", "delimiter", "bom", "line_end"];

    /// The style of RFC 4180, with unchanged values.
    pub(crate) const PLAIN: Self =
        Self { delimiter: b',', line_end: "\r\n", arrays: Arrays::Json, formulas: Formulas::Keep, bom: b"" };

    /// Reads the style from these keys.
    pub(crate) fn new(keys: &Keys<'_>) -> Result<Self, SinkError> {
        Ok(Self {
            delimiter: delimiter(keys)?,
            line_end: keys.choice("line_end", &[("crlf", "\r\n"), ("lf", "\n")])?,
            arrays: keys.choice("arrays", &[("json", Arrays::Json), ("drop", Arrays::Drop)])?,
            formulas: keys.choice("formulas", &[("keep", Formulas::Keep), ("escape", Formulas::Escape)])?,
            bom: if keys.is_true("bom")? { BYTE_ORDER_MARK } else { b"" },
        })
    }

    /// `text`, with an apostrophe in front if formulas are escaped and it looks like one.
    pub(crate) fn escape_formula<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        if self.formulas == Formulas::Escape && is_risky(&text) { format!("'{text}").into() } else { text }
    }
}

/// Whether a spreadsheet may evaluate this text as a formula, by OWASP's list of first characters.
fn is_risky(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

fn delimiter(keys: &Keys<'_>) -> Result<u8, SinkError> {
    match keys.text("delimiter")?.unwrap_or(",").as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => {
            let message = "`delimiter` must be one ASCII character other than a quote or a line end";
            Err(SinkError::config("delimiter", message))
        }
    }
}
