//! Writes rows as JSON objects.

use super::row::{Row, Spelling};

/// The columns of a table.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    /// What is written before each value: its name, and the end of the value before it.
    before: Vec<Vec<u8>>,
}

impl Columns {
    pub(super) fn new(names: &[String]) -> Self {
        let before = names.iter().enumerate().map(|(index, name)| {
            let mut before = if index == 0 { b"{\"".to_vec() } else { b"\",\"".to_vec() };
            write_text(name.as_bytes(), Spelling::Plain, &mut before);
            before.extend_from_slice(b"\":\"");
            before
        });
        Self { names: names.to_vec(), before: before.collect() }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the columns have exactly these names.
    pub(super) fn are(&self, names: impl Iterator<Item = String>) -> bool {
        names.eq(self.names.iter().map(String::as_str))
    }

    /// A name that two columns have.
    pub(super) fn repeated(&self) -> Option<&str> {
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort();
        names.windows(2).find(|two| two[0] == two[1]).map(|two| two[0].as_str())
    }

    /// Writes `row` as an object on one line. It has a value for each column.
    pub(super) fn write(&self, row: Row<'_>, to: &mut Vec<u8>) {
        for (before, (text, spelling)) in self.before.iter().zip(row.values()) {
            to.extend_from_slice(before);
            write_text(text, spelling, to);
        }
        to.extend_from_slice(b"\"}\n");
    }
}

/// Writes `text` as the inside of a JSON string.
fn write_text(mut text: &[u8], spelling: Spelling, to: &mut Vec<u8>) {
    while let Some(at) = text.iter().position(|byte| ESCAPED[usize::from(*byte)]) {
        to.extend_from_slice(&text[..at]);
        let byte = text[at];
        match byte {
            b'\n' => to.extend_from_slice(b"\\n"),
            b'\r' => to.extend_from_slice(b"\\r"),
            b'\t' => to.extend_from_slice(b"\\t"),
            b'"' | b'\\' => to.extend_from_slice(&[b'\\', byte]),
            control => {
                let digit = |four: u8| b"0123456789abcdef"[usize::from(four)];
                to.extend_from_slice(b"\\u00");
                to.extend_from_slice(&[digit(control >> 4), digit(control & 15)]);
            }
        }
        let is_doubled = byte == b'"' && spelling == Spelling::DoubledQuotes;
        text = &text[at + 1 + usize::from(is_doubled)..];
    }
    to.extend_from_slice(text);
}

/// The bytes that a JSON string must escape (RFC 8259 §7).
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        escaped[control] = true;
        control += 1;
    }
    escaped[b'"' as usize] = true;
    escaped[b'\\' as usize] = true;
    escaped
};
