//! Random texts and values.

use std::env;

use serde_json::json;

/// Every piece has broken some writer or reader of CSV.
const PIECES: [&str; 24] = [
    "\"", "\"\"", ",", ";", "\t", "|", "\r", "\n", "\r\n", "\0", "\u{feff}", "😀", "é", "=1+1", "+", "-",
    "@", "＝", "'", " ", "\\", "\u{2028}", "NULL", "1.10",
];

/// Numbers that do not fit into 64 bits, or that a program would write differently.
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

/// A repeatable source of random values.
pub(crate) struct Draws(u64);

/// A value: its kind and its JSON text, or `None` if the record does not have it.
pub(super) struct Drawn {
    pub(super) json: Option<String>,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Nothing,
    Text(String),
    Array,
    Other,
}

impl Draws {
    pub(crate) fn new() -> Self {
        Self(env::var("LONGHAUL_TEST_SEED").map_or(1, |seed| seed.parse().unwrap()))
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }

    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(crate) fn text(&mut self) -> String {
        (0..self.below(6)).map(|_| self.one_of(&PIECES)).collect()
    }

    pub(super) fn value(&mut self) -> Drawn {
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

    /// `text` in JSON, sometimes with unnecessary escapes.
    fn quoted(&mut self, text: &str) -> String {
        if self.below(3) > 0 {
            return json!(text).to_string();
        }
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>();
        format!("\"{}\"", units.concat())
    }
}
