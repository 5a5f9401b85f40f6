//! Random CSV styles, and what a reader must find in a table.

use serde_json::{Value, json};

use super::{
    super::support::{Folder, configured, pull},
    draws::{Drawn, Draws, Kind},
};

/// The first characters of texts that are escaped as formulas.
const FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The text of a cell; `None` if it is empty and without quotes.
pub(super) type Cell = Option<String>;

/// A style of CSV.
pub(super) struct Dialect {
    delimiter: char,
    line_end: &'static str,
    bom: bool,
    arrays: &'static str,
    formulas: &'static str,
}

impl Dialect {
    pub(super) fn drawn(draws: &mut Draws) -> Self {
        let any = (0..128_u8).filter(|byte| !b"\"\r\n".contains(byte)).map(char::from).collect::<Vec<_>>();
        Self {
            delimiter: if draws.below(2) == 0 {
                draws.one_of(&any)
            } else {
                draws.one_of(&[',', ';', '\t', '|'])
            },
            line_end: draws.one_of(&["crlf", "lf"]),
            bom: draws.below(2) == 0,
            arrays: draws.one_of(&["json", "drop"]),
            formulas: draws.one_of(&["keep", "escape"]),
        }
    }

    pub(super) fn options(&self) -> Value {
        let Self { delimiter, line_end, bom, arrays, formulas } = self;
        json!({
            "path": "x.csv", "delimiter": delimiter, "line_end": line_end, "bom": bom, "arrays": arrays,
            "formulas": formulas,
        })
    }

    pub(super) fn written(&self, text: &str) -> String {
        let is_risky = self.formulas == "escape" && text.starts_with(FORMULAS);
        if is_risky { format!("'{text}") } else { text.to_owned() }
    }

    pub(super) fn cell(&self, value: &Drawn) -> Cell {
        match &value.kind {
            Kind::Nothing => None,
            Kind::Array if self.arrays == "drop" => None,
            Kind::Text(text) => Some(self.written(text)),
            Kind::Array | Kind::Other => value.json.clone(),
        }
    }

    /// The rows of the file written from `records`, the header first. Both readers must agree on them.
    pub(super) fn read_back(&self, options: Value, records: &[String]) -> Vec<Vec<Cell>> {
        let folder = Folder::new();
        let records = records.iter().map(String::as_str).collect::<Vec<_>>();
        // In append mode, the second pull must find the header that it would write itself.
        let pulls = if options["mode"] == "append" { 2 } else { 1 };
        let sink = configured("csv", options).unwrap();
        for records in records.chunks(records.len().div_ceil(pulls)) {
            pull(folder.open(&*sink), records);
        }
        let text = folder.text("x.csv").unwrap();
        assert_eq!(text.starts_with('\u{feff}'), self.bom);
        let rows = self.read_strictly(text.strip_prefix('\u{feff}').unwrap_or(&text));
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).delimiter(u8::try_from(self.delimiter).unwrap());
        let others = reader.from_reader(text.as_bytes()).into_records().map(Result::unwrap);
        for (row, other) in rows.iter().zip(others) {
            assert!(row.iter().map(|cell| cell.as_deref().unwrap_or_default()).eq(other.iter()), "{row:?}");
        }
        rows
    }

    /// Reads RFC 4180 §2 strictly: a closing quote must be followed by a delimiter or a line end.
    fn read_strictly(&self, text: &str) -> Vec<Vec<Cell>> {
        let line_end = if self.line_end == "lf" { "\n" } else { "\r\n" };
        let (mut rows, mut row, mut rest) = (Vec::new(), Vec::new(), text);
        while !rest.is_empty() {
            let cell;
            (cell, rest) = if let Some(quoted) = rest.strip_prefix('"') {
                let end = closing_quote(quoted);
                (Some(quoted[..end].replace("\"\"", "\"")), &quoted[end + 1..])
            } else {
                let ends = rest.find(self.delimiter).into_iter().chain(rest.find(line_end));
                let (plain, rest) = rest.split_at(ends.min().unwrap());
                assert!(!plain.contains(['"', '\r', '\n']), "{plain:?}");
                ((!plain.is_empty()).then(|| plain.to_owned()), rest)
            };
            row.push(cell);
            rest = if let Some(rest) = rest.strip_prefix(line_end) {
                rows.push(std::mem::take(&mut row));
                rest
            } else {
                rest.strip_prefix(self.delimiter).unwrap()
            };
        }
        assert!(row.is_empty(), "the last row is not complete");
        rows
    }
}

/// The position of the quote that no other quote follows.
fn closing_quote(text: &str) -> usize {
    let mut at = 0;
    loop {
        at += text[at..].find('"').unwrap();
        if !text[at + 1..].starts_with('"') {
            return at;
        }
        at += 2;
    }
}
