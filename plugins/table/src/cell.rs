//! Values of a record, as values of a type.

use std::borrow::Cow;

use jiff::Timestamp;
use longhaul_plugin::json::text_lossy;

/// What a column holds. Null, and what a record lacks, fits every type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Type {
    /// What a JSON string says, with U+FFFD in place of each half of a surrogate pair, which no UTF-8 can hold; of any
    /// other value its JSON text, so numbers keep every digit.
    Text,
    /// A whole number of 64 bits with its sign.
    Integer,
    /// A number as a double: a whole one exactly, any other of up to 17 digits as the double nearest to it.
    Real,
    /// `true` or `false`.
    Boolean,
    /// A string that is a time with an offset (RFC 3339).
    Timestamp,
    /// The JSON text of any value, as the server wrote it.
    Json,
}

/// A value for a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'r> {
    /// Null, or not in the record.
    Null,
    /// For [`Type::Text`].
    Text(Cow<'r, str>),
    /// For [`Type::Integer`].
    Integer(i64),
    /// For [`Type::Real`].
    Real(f64),
    /// For [`Type::Boolean`].
    Boolean(bool),
    /// For [`Type::Timestamp`]: what the string says, and when that is.
    Timestamp(Cow<'r, str>, Timestamp),
    /// For [`Type::Json`].
    Json(&'r str),
}

impl Type {
    /// All types under the names that the configuration has for them.
    pub const NAMED: [(&str, Self); 6] = [
        ("text", Self::Text),
        ("integer", Self::Integer),
        ("real", Self::Real),
        ("boolean", Self::Boolean),
        ("timestamp", Self::Timestamp),
        ("json", Self::Json),
    ];

    /// The JSON text of a value as a cell of this type; the error says what the value is not.
    pub(crate) fn cell(self, json: &str) -> Result<Cell<'_>, &'static str> {
        if json == "null" {
            return Ok(Cell::Null);
        }
        match self {
            Self::Text => Ok(Cell::Text(text_lossy(json))),
            Self::Integer => json.parse().map(Cell::Integer).map_err(|_| "is no whole number of 64 bits"),
            Self::Real => real(json).map(Cell::Real).ok_or("is no number that a double holds"),
            Self::Boolean => json.parse().map(Cell::Boolean).map_err(|_| "is neither true nor false"),
            Self::Timestamp => time(json).ok_or("is no time with an offset"),
            Self::Json => Ok(Cell::Json(json)),
        }
    }
}

/// A whole number must be held exactly, for it may be an identifier. Of any other, 17 digits tell a double from all
/// others, so that the nearest one says what they say; with more digits it would not.
fn real(json: &str) -> Option<f64> {
    let value = json.parse::<f64>().ok().filter(|value| value.is_finite())?;
    let held = if json.contains(['.', 'e', 'E']) {
        let mantissa = json.split(['e', 'E']).next()?;
        let digits = mantissa.chars().filter(char::is_ascii_digit).collect::<String>();
        let digits = digits.trim_matches('0').len();
        digits <= 17 && (digits == 0 || value != 0.0)
    } else {
        format!("{value:.0}") == json
    };
    held.then_some(value)
}

fn time(json: &str) -> Option<Cell<'_>> {
    let written = json.starts_with('"').then(|| text_lossy(json))?;
    let at = written.parse().ok()?;
    Some(Cell::Timestamp(written, at))
}

#[cfg(test)]
mod tests {
    use super::{Cell, Type};

    fn said(json: &str) -> String {
        match Type::Text.cell(json) {
            Ok(Cell::Text(text)) => text.into_owned(),
            other => panic!("{json} became {other:?}"),
        }
    }

    #[test]
    fn text_takes_every_value_and_keeps_every_digit() {
        assert_eq!(said(r#""\u00e9\/\\\ud83d\ude00é😀""#), "é/\\😀é😀");
        assert_eq!(said(r#""\u0000 a\ud800b""#), "\0 a\u{FFFD}b");
        assert_eq!(said("\"\""), "");
        for json in ["12345678901234567890123", "1.10", "-0.0", "true", r#"{"a":[1.10]}"#, "[]"] {
            assert_eq!(said(json), json);
        }
    }

    #[test]
    fn whole_numbers_fit_or_do_not() {
        for value in [i64::MIN, -1, 0, i64::MAX] {
            assert_eq!(Type::Integer.cell(&value.to_string()), Ok(Cell::Integer(value)));
        }
        for json in ["9223372036854775808", "12345678901234567890123", "1.0", "1e3", "\"1\"", "true", "[]"] {
            assert_eq!(Type::Integer.cell(json), Err("is no whole number of 64 bits"), "{json}");
        }
    }

    #[test]
    fn numbers_that_a_double_would_change_do_not_fit() {
        let fit = [
            ("0.1", 0.1),
            ("4.7221074962615967", 4.722_107_496_261_596_5),
            ("1.1000000000000000000000", 1.1),
            ("-1.5E+300", -1.5e300),
            ("100", 100.0),
            ("-0", 0.0),
            ("1152921504606846976", 1_152_921_504_606_846_976.0),
            ("1e-7", 1e-7),
            ("0.000", 0.0),
            ("5e-324", 5e-324),
        ];
        for (json, value) in fit {
            assert_eq!(Type::Real.cell(json), Ok(Cell::Real(value)), "{json}");
        }
        for json in [
            "12345678901234567890123",
            "9007199254740993",
            "3.141592653589793238",
            "1e400",
            "1e-400",
            "\"1.5\"",
            "false",
        ] {
            assert_eq!(Type::Real.cell(json), Err("is no number that a double holds"), "{json}");
        }
    }

    #[test]
    fn booleans_are_two() {
        assert_eq!(Type::Boolean.cell("true"), Ok(Cell::Boolean(true)));
        assert_eq!(Type::Boolean.cell("\"true\""), Err("is neither true nor false"));
        assert_eq!(Type::Boolean.cell("1"), Err("is neither true nor false"));
    }

    #[test]
    fn times_keep_their_text_and_are_the_same_wherever_they_are_told() {
        for text in ["2026-01-01T00:00:00.000Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000+0000"]
        {
            let at = jiff::Timestamp::from_second(1_767_225_600).unwrap();
            assert_eq!(Type::Timestamp.cell(&format!("\"{text}\"")), Ok(Cell::Timestamp(text.into(), at)));
        }
        for json in ["\"2026-01-01T00:00:00\"", "\"2026-01-01\"", "\"\"", "1767225600"] {
            assert_eq!(Type::Timestamp.cell(json), Err("is no time with an offset"), "{json}");
        }
    }

    #[test]
    fn null_fits_all_and_json_stays_as_it_is() {
        for (_, kind) in Type::NAMED {
            assert_eq!(kind.cell("null"), Ok(Cell::Null));
        }
        for json in ["1.10", r#""\ud800""#, r#"{"b":1,"a":2}"#] {
            assert_eq!(Type::Json.cell(json), Ok(Cell::Json(json)));
        }
    }
}
