//! Encodes rows for `COPY`, in its text format.

use std::{fmt::Arguments, io::Write as _};

use longhaul_plugin::{SinkError, json::text_lossy};
use longhaul_table::{Cell, Column, Type, mismatch, rejected};
use serde::Deserialize;

/// The first second of the year 1.
const YEAR_1: i64 = -62_135_596_800;

/// The greatest exponent of a number, in either direction. PostgreSQL takes some more.
const EXPONENT: i32 = 10_000;

/// How JSON is stored.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JsonType {
    /// As the server wrote it.
    #[default]
    Json,
    /// As values, which can be indexed.
    Jsonb,
}

/// Appends a row. `row` is its number in the pull, and `number` that of the record on its page.
pub(crate) fn encode<'c>(
    buffer: &mut Vec<u8>,
    row: u64,
    number: usize,
    json_type: JsonType,
    cells: impl Iterator<Item = (&'c Column, &'c Cell<'c>)>,
) -> Result<(), SinkError> {
    print(buffer, format_args!("{row}"));
    for (column, cell) in cells {
        buffer.push(b'\t');
        let misfit = |shown: &str, reason| Err(rejected(number, &mismatch(column, shown, reason)));
        match cell {
            Cell::Null => buffer.extend(br"\N"),
            Cell::Text(text) if text.contains('\0') => return Err(nul(number, column)),
            Cell::Text(text) => escape(buffer, text),
            Cell::Json(json) => match unstorable(json, json_type) {
                Some(reason) => return misfit(json, reason),
                None => escape(buffer, json),
            },
            Cell::Numeric(json) if is_out_of_range(json) => return misfit(json, "is out of range"),
            Cell::Numeric(json) => buffer.extend(json.as_bytes()),
            Cell::Integer(value) => print(buffer, format_args!("{value}")),
            Cell::Real(value) => print(buffer, format_args!("{value:e}")),
            Cell::Boolean(value) => buffer.push(if *value { b't' } else { b'f' }),
            Cell::Timestamp(text, at) if at.subsec_nanosecond() % 1000 != 0 => {
                return misfit(text, "is more precise than a microsecond");
            }
            Cell::Timestamp(text, at) if at.as_second() < YEAR_1 => {
                return misfit(text, "is before the year 1");
            }
            Cell::Timestamp(_, at) => print(buffer, format_args!("{at}")),
        }
    }
    buffer.push(b'\n');
    Ok(())
}

/// The type of a column in PostgreSQL, as it names it.
pub(crate) fn declared(kind: Type, json_type: JsonType) -> &'static str {
    match (kind, json_type) {
        (Type::Text, _) => "text",
        (Type::Integer, _) => "bigint",
        (Type::Real, _) => "double precision",
        (Type::Numeric, _) => "numeric",
        (Type::Boolean, _) => "boolean",
        (Type::Timestamp, _) => "timestamp with time zone",
        (Type::Json, JsonType::Json) => "json",
        (Type::Json, JsonType::Jsonb) => "jsonb",
    }
}

fn print(buffer: &mut Vec<u8>, value: Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = buffer.write_fmt(value);
}

fn escape(buffer: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => buffer.extend(br"\\"),
            b'\t' => buffer.extend(br"\t"),
            b'\n' => buffer.extend(br"\n"),
            b'\r' => buffer.extend(br"\r"),
            byte => buffer.push(byte),
        }
    }
}

fn nul(number: usize, column: &Column) -> SinkError {
    let what = format!(
        "has the character U+0000 in the column `{}`, which PostgreSQL cannot store in text (type `json` keeps it)",
        column.name
    );
    rejected(number, &what)
}

/// `json` keeps any text, but `jsonb` the values.
fn unstorable(json: &str, json_type: JsonType) -> Option<&'static str> {
    if json_type == JsonType::Json || !json.contains(r"\u") {
        return None;
    }
    // As a string, in which an escaped backslash cannot be mistaken for the start of an escape.
    let escapes = json.replace(r"\\", "").replace("\\\"", "").replace('"', "");
    let decoded = text_lossy(&format!("\"{escapes}\"")).into_owned();
    if decoded.contains('\0') {
        Some("has the character U+0000, which `jsonb` cannot store")
    } else if decoded.contains('\u{FFFD}') && !json.contains('\u{FFFD}') {
        Some("has an unpaired surrogate, which `jsonb` cannot store")
    } else {
        None
    }
}

fn is_out_of_range(json: &str) -> bool {
    let exponent =
        json.split_once(['e', 'E']).map(|(_, exponent)| exponent.trim_start_matches('+').parse::<i32>());
    match exponent {
        None => json.len() > 10_000,
        Some(Ok(exponent)) => exponent.abs() > EXPONENT || json.len() > 10_000,
        Some(Err(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(cell: &Cell<'_>, json_type: JsonType) -> Result<String, String> {
        let column = Column { name: "x".into(), at: "".parse().unwrap(), kind: Type::Text };
        let mut buffer = Vec::new();
        let row = encode(&mut buffer, 7, 1, json_type, [(&column, cell)].into_iter());
        row.map(|()| String::from_utf8(buffer).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_escaped() {
        let row = |cell: Cell<'_>| encoded(&cell, JsonType::Json).unwrap();
        assert_eq!(row(Cell::Null), "7\t\\N\n");
        assert_eq!(row(Cell::Text("\\N\ta\nb\r".into())), "7\t\\\\N\\ta\\nb\\r\n");
        assert_eq!(row(Cell::Json(r#""\u0000\n""#)), "7\t\"\\\\u0000\\\\n\"\n");
        assert_eq!(row(Cell::Real(0.1)), "7\t1e-1\n");
        assert_eq!(row(Cell::Boolean(false)), "7\tf\n");
    }

    #[test]
    fn values_that_postgresql_cannot_store_are_rejected() {
        let error = |cell: Cell<'_>, json_type| encoded(&cell, json_type).unwrap_err();
        assert_eq!(
            error(Cell::Text("\0".into()), JsonType::Json),
            "record 1 of the page has the character U+0000 in the column `x`, which PostgreSQL cannot store in text \
             (type `json` keeps it)"
        );
        for (json, reason) in [
            (r#""\u0000""#, "has the character U+0000, which `jsonb` cannot store"),
            (r#"{"a":"\ud800"}"#, "has an unpaired surrogate, which `jsonb` cannot store"),
        ] {
            assert_eq!(
                error(Cell::Json(json), JsonType::Jsonb),
                format!(
                    "record 1 of the page does not fit the column `x`: `{json}` {reason} (type `text` accepts any \
                     value)"
                )
            );
        }
        for json in [r#""\\u0000""#, r#""\ud83d\ude00""#, r#"{"a":"\u00e9"}"#] {
            encoded(&Cell::Json(json), JsonType::Jsonb).unwrap();
        }
        assert_eq!(
            error(Cell::Numeric("1e99999"), JsonType::Json),
            "record 1 of the page does not fit the column `x`: `1e99999` is out of range (type `text` accepts any value)"
        );
    }
}
