//! Tables of whatever is out to break them, drawn at random, and read back by two readers: one of another crate, and a
//! strict one that tells an empty cell from an empty text.
//!
//! `LONGHAUL_TEST_SEED` draws others.

use std::env;

use serde_json::{Value, json};

use super::support::{Folder, configured, pull};

/// Every piece has broken some writer or reader of CSV.
const PIECES: [&str; 24] = [
    "\"", "\"\"", ",", ";", "\t", "|", "\r", "\n", "\r\n", "\0", "\u{feff}", "😀", "é", "=1+1", "+", "-",
    "@", "＝", "'", " ", "\\", "\u{2028}", "NULL", "1.10",
];

/// None of these fits into 64 bits, or is written as a machine would.
const NUMBERS: [&str; 10] = [
    "0",
    "-0.0",
    "1.10",
    "12345678901234567890123",
    "1e400",
    "-1E+30",
    "5167909208",
    "-7",
    "0.10000",
    "1E-9",
];

/// What a text is not to begin with where formulas are escaped.
const FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Draws that can be repeated.
pub(crate) struct Draws(u64);

/// A value: its JSON text, nothing where the record lacks it, and what kind it is.
struct Drawn {
    json: Option<String>,
    kind: Kind,
}

enum Kind {
    Nothing,
    Text(String),
    Array,
    Other,
}

/// What a cell says; nothing where it is empty and has no quotes.
type Cell = Option<String>;

/// How a table is written.
struct Dialect {
    delimiter: char,
    line_end: &'static str,
    bom: bool,
    arrays: &'static str,
    formulas: &'static str,
}

impl Draws {
    pub(crate) fn new() -> Self {
        Self(env::var("LONGHAUL_TEST_SEED").map_or(1, |seed| seed.parse().unwrap()))
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(crate) fn text(&mut self) -> String {
        (0..self.below(6)).map(|_| self.one_of(&PIECES)).collect()
    }

    fn value(&mut self) -> Drawn {
        let (json, kind) = match self.below(10) {
            0 => return Drawn { json: None, kind: Kind::Nothing },
            1 => ("null".to_owned(), Kind::Nothing),
            2 => (self.one_of(&["true", "false"]).to_owned(), Kind::Other),
            3 | 4 => (self.one_of(&NUMBERS).to_owned(), Kind::Other),
            5 => {
                let (number, text) = (self.one_of(&NUMBERS), self.text());
                (format!("[{number},{},[]]", self.quoted(&text)), Kind::Array)
            }
            _ => {
                let text = self.text();
                (self.quoted(&text), Kind::Text(text))
            }
        };
        Drawn { json: Some(json), kind }
    }

    /// `text` in JSON, here and there with escapes that it does not need.
    fn quoted(&mut self, text: &str) -> String {
        if self.below(3) > 0 {
            return json!(text).to_string();
        }
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
        format!("\"{units}\"")
    }

    fn dialect(&mut self) -> Dialect {
        let any = (0..128_u8).filter(|byte| !b"\"\r\n".contains(byte)).map(char::from).collect::<Vec<_>>();
        Dialect {
            delimiter: if self.below(2) == 0 {
                self.one_of(&any)
            } else {
                self.one_of(&[',', ';', '\t', '|'])
            },
            line_end: self.one_of(&["crlf", "lf"]),
            bom: self.below(2) == 0,
            arrays: self.one_of(&["json", "drop"]),
            formulas: self.one_of(&["keep", "escape"]),
        }
    }
}

impl Dialect {
    fn options(&self) -> Value {
        let Self { delimiter, line_end, bom, arrays, formulas } = self;
        json!({
            "path": "x.csv", "delimiter": delimiter, "line_end": line_end, "bom": bom, "arrays": arrays,
            "formulas": formulas,
        })
    }

    fn written(&self, text: &str) -> String {
        let is_risky = self.formulas == "escape" && text.starts_with(FORMULAS);
        if is_risky { format!("'{text}") } else { text.to_owned() }
    }

    fn cell(&self, value: &Drawn) -> Cell {
        match &value.kind {
            Kind::Nothing => None,
            Kind::Array if self.arrays == "drop" => None,
            Kind::Text(text) => Some(self.written(text)),
            Kind::Array | Kind::Other => value.json.clone(),
        }
    }

    /// The rows of the file that comes of `records`, the header first, on which both readers agree.
    fn read_back(&self, options: Value, records: &[String]) -> Vec<Vec<Cell>> {
        let folder = Folder::new();
        let records = records.iter().map(String::as_str).collect::<Vec<_>>();
        // What is appended to finds the header that it would write itself.
        let pulls = if options["mode"] == "append" { 2 } else { 1 };
        let sink = configured("csv", options).unwrap();
        for records in records.chunks(records.len().div_ceil(pulls)) {
            pull(folder.begin(&*sink), records);
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

    /// RFC 4180 §2 and nothing else: what follows a closing quote has to be a delimiter or the end of a line.
    fn read_strictly(&self, text: &str) -> Vec<Vec<Cell>> {
        let line_end = if self.line_end == "lf" { "\n" } else { "\r\n" };
        let (mut rows, mut row, mut rest) = (Vec::new(), Vec::new(), text);
        while !rest.is_empty() {
            let cell;
            (cell, rest) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let end = closing_quote(quoted);
                    (Some(quoted[..end].replace("\"\"", "\"")), &quoted[end + 1..])
                }
                None => {
                    let ends = rest.find(self.delimiter).into_iter().chain(rest.find(line_end));
                    let (plain, rest) = rest.split_at(ends.min().unwrap());
                    assert!(!plain.contains(['"', '\r', '\n']), "{plain:?}");
                    ((!plain.is_empty()).then(|| plain.to_owned()), rest)
                }
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

/// Where the quote is that no other follows.
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

/// A record of these members.
fn object(members: impl Iterator<Item = (String, Option<String>)>) -> String {
    let members = members.filter_map(|(name, json)| Some(format!("{}:{}", json!(name), json?)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn named(names: &[String], dialect: &Dialect) -> Vec<Cell> {
    names.iter().map(|name| Some(dialect.written(name))).collect()
}

#[test]
fn listed_columns_say_what_the_records_said() {
    let mut draws = Draws::new();
    for _ in 0..150 {
        let dialect = draws.dialect();
        let names: Vec<_> = (0..=draws.below(5)).map(|at| draws.text() + &format!("{at}")).collect();
        let rows: Vec<Vec<_>> = (0..30).map(|_| names.iter().map(|_| draws.value()).collect()).collect();
        let members = |row: &Vec<Drawn>| {
            let values = row.iter().map(|value| value.json.clone());
            object(names.iter().cloned().zip(values))
        };
        let records: Vec<_> = rows.iter().map(members).collect();
        let columns = names.iter().map(
            |name| json!({"name": name, "at": format!("/{}", name.replace('~', "~0").replace('/', "~1"))}),
        );
        let mut options = dialect.options();
        options["columns"] = columns.collect();
        options["mode"] = json!(draws.one_of(&["replace", "append"]));
        let mut expected = vec![named(&names, &dialect)];
        expected.extend(rows.iter().map(|row| row.iter().map(|value| dialect.cell(value)).collect()));
        // The row of a single cell that is empty would be an empty line, and those most readers skip.
        for row in expected.iter_mut().filter(|row| row[..] == [None]) {
            row[0] = Some(String::new());
        }
        assert_eq!(dialect.read_back(options, &records), expected);
    }
}

#[test]
fn every_column_that_there_is_says_what_the_records_said() {
    let mut draws = Draws::new();
    for _ in 0..150 {
        let dialect = draws.dialect();
        let count = 2 + draws.below(5);
        // Every other one is nested. The first record has them all, so that their order is known.
        let outer: Vec<_> = (0..count).map(|at| format!("{}k{at}", draws.text())).collect();
        let inner: Vec<_> = (0..count).map(|at| format!("{}m{at}", draws.text())).collect();
        let mut rows: Vec<Vec<_>> = (0..30).map(|_| (0..count).map(|_| draws.value()).collect()).collect();
        for value in &mut rows[0] {
            *value = Drawn { json: Some("1.10".to_owned()), kind: Kind::Other };
        }
        let nested = |at: usize, json: String| {
            if at % 2 == 0 { json } else { object([(inner[at].clone(), Some(json))].into_iter()) }
        };
        let members = |row: &Vec<Drawn>| {
            let values = row.iter().enumerate().map(|(at, value)| Some(nested(at, value.json.clone()?)));
            object(outer.iter().cloned().zip(values))
        };
        let records: Vec<_> = rows.iter().map(members).collect();
        let names: Vec<_> = (0..count)
            .map(|at| if at % 2 == 0 { outer[at].clone() } else { format!("{}.{}", outer[at], inner[at]) })
            .collect();
        let mut expected = vec![named(&names, &dialect)];
        expected.extend(rows.iter().map(|row| row.iter().map(|value| dialect.cell(value)).collect()));
        let mut found = dialect.read_back(dialect.options(), &records);
        // A record without any member, which is no row of nothing, has a column for itself at the end.
        for (row, record) in found.iter_mut().skip(1).zip(&records).filter(|(row, _)| row.len() > count) {
            let whole = row.pop().unwrap();
            assert_eq!(whole.is_some(), record == "{}", "{record}");
        }
        found[0].truncate(count);
        assert_eq!(found, expected);
    }
}

#[test]
fn each_part_of_a_record_is_a_row_that_says_what_the_parts_said() {
    let mut draws = Draws::new();
    for _ in 0..60 {
        let dialect = draws.dialect();
        let (mut records, mut expected) =
            (Vec::new(), vec![["id", "p", "s"].map(|name| Some(name.to_owned())).to_vec()]);
        for _ in 0..15 {
            let id = draws.value();
            let mut parts = Vec::new();
            for _ in 0..draws.below(4) {
                let p = draws.value();
                let below: Vec<_> = (0..draws.below(4)).map(|_| draws.value()).collect();
                for s in &below {
                    expected.push([&id, &p, s].map(|value| dialect.cell(value)).to_vec());
                }
                let below: Vec<_> =
                    below.into_iter().map(|s| object([("s".to_owned(), s.json)].into_iter())).collect();
                let below = Some(format!("[{}]", below.join(",")));
                parts.push(object([("ss".to_owned(), below), ("p".to_owned(), p.json)].into_iter()));
            }
            let parts = Some(format!("[{}]", parts.join(",")));
            records.push(object([("ps".to_owned(), parts), ("id".to_owned(), id.json)].into_iter()));
        }
        let mut options = dialect.options();
        options["rows"] = json!("/ps/*/ss/*");
        options["columns"] = json!(["^/id", "^^/p", "/s"]);
        assert_eq!(dialect.read_back(options, &records), expected);
    }
}
