//! Converts JSON values to typed cells.

use std::borrow::Cow;

use jiff::Timestamp;
use longhaul_plugin::{
    json::text_lossy,
    times::{self, TimeProblem},
};

/// The type of a column. Null and missing values are valid for every type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Type {
    /// The text of a JSON string, or the JSON text of any other value, so that numbers keep every digit. Unpaired
    /// surrogates, which UTF-8 cannot represent, become U+FFFD.
    Text,
    /// A signed 64-bit integer.
    Integer,
    /// A number as a double. A whole number must be exact; any other number may have up to 17 digits, and becomes the
    /// nearest double.
    Real,
    /// A number, with every digit as the server wrote it.
    Numeric,
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
    /// Null or missing.
    Null,
    /// For [`Type::Text`].
    Text(Cow<'r, str>),
    /// For [`Type::Integer`].
    Integer(i64),
    /// For [`Type::Real`].
    Real(f64),
    /// For [`Type::Numeric`]: the JSON text of the number.
    Numeric(&'r str),
    /// For [`Type::Boolean`].
    Boolean(bool),
    /// For [`Type::Timestamp`]: the text of the string, and its time.
    Timestamp(Cow<'r, str>, Timestamp),
    /// For [`Type::Json`].
    Json(&'r str),
}

impl Type {
    /// All types with their names in the configuration.
    pub const NAMED: [(&str, Self); 7] = [
        ("text", Self::Text),
        ("integer", Self::Integer),
        ("real", Self::Real),
        ("numeric", Self::Numeric),
        ("boolean", Self::Boolean),
        ("timestamp", Self::Timestamp),
        ("json", Self::Json),
    ];

    /// Converts the JSON text of a value to a cell of this type. The error says why the value does not fit.
    pub(crate) fn cell(self, json: &str) -> Result<Cell<'_>, &'static str> {
        if json == "null" {
            return Ok(Cell::Null);
        }
        match self {
            Self::Text => Ok(Cell::Text(text_lossy(json))),
            Self::Integer => json.parse().map(Cell::Integer).map_err(|_| "is not a 64-bit integer"),
            Self::Real => real(json).map(Cell::Real).ok_or("is not a number that fits a double"),
            Self::Numeric if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => {
                Ok(Cell::Numeric(json))
            }
            Self::Numeric => Err("is not a number"),
            Self::Boolean => json.parse().map(Cell::Boolean).map_err(|_| "is neither true nor false"),
            Self::Timestamp => time(json).map_err(|problem| match problem {
                TimeProblem::NoTime => "is not a time with an offset",
                TimeProblem::OutOfRange => "is after the last time of this type, `9999-12-30T22:00:00Z`",
                TimeProblem::LeapSecond => "is a leap second, which this type does not have",
            }),
            Self::Json => Ok(Cell::Json(json)),
        }
    }
}

/// A whole number must be exact, because it may be an identifier. For any other number, up to 17 digits identify a
/// double, so the nearest one represents them. With more digits, precision would be lost.
fn real(json: &str) -> Option<f64> {
    let value = json.parse::<f64>().ok().filter(|value| value.is_finite())?;
    let fits = if json.contains(['.', 'e', 'E']) {
        let mantissa = json.split(['e', 'E']).next()?;
        let digits = mantissa.chars().filter(char::is_ascii_digit).collect::<String>();
        let digits = digits.trim_matches('0').len();
        digits <= 17 && (digits == 0 || value != 0.0)
    } else {
        format!("{value:.0}") == json
    };
    fits.then_some(value)
}

fn time(json: &str) -> Result<Cell<'_>, TimeProblem> {
    let written = json.starts_with('"').then(|| text_lossy(json)).ok_or(TimeProblem::NoTime)?;
    let at = times::read(&written)?;
    Ok(Cell::Timestamp(written, at))
}

#[cfg(test)]
mod tests {
    use super::{Cell, Type};

    fn text(json: &str) -> String {
        match Type::Text.cell(json) {
            Ok(Cell::Text(text)) => text.into_owned(),
            other => panic!("{json} became {other:?}"),
        }
    }

    #[test]
    fn text_takes_every_value_and_keeps_every_digit() {
        assert_eq!(text(r#""\u00e9\/\\\ud83d\ude00é😀""#), "é/\\😀é😀");
        assert_eq!(text(r#""\u0000 a\ud800b""#), "\0 a\u{FFFD}b");
        assert_eq!(text("\"\""), "");
        for json in ["12345678901234567890123", "1.10", "-0.0", "true", r#"{"a":[1.10]}"#, "[]"] {
            assert_eq!(text(json), json);
        }
    }

    #[test]
    fn integers_must_fit_into_64_bits() {
        for value in [i64::MIN, -1, 0, i64::MAX] {
            assert_eq!(Type::Integer.cell(&value.to_string()), Ok(Cell::Integer(value)));
        }
        for json in ["9223372036854775808", "12345678901234567890123", "1.0", "1e3", "\"1\"", "true", "[]"] {
            assert_eq!(Type::Integer.cell(json), Err("is not a 64-bit integer"), "{json}");
        }
    }

    #[test]
    fn numbers_that_a_double_would_change_are_rejected() {
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
            assert_eq!(Type::Real.cell(json), Err("is not a number that fits a double"), "{json}");
        }
    }

    #[test]
    fn a_numeric_value_is_any_number_as_it_is_written() {
        for json in ["12345678901234567890123", "-0.10", "1e400"] {
            assert_eq!(Type::Numeric.cell(json), Ok(Cell::Numeric(json)));
        }
        for json in ["\"1\"", "true", "[1]"] {
            assert_eq!(Type::Numeric.cell(json), Err("is not a number"), "{json}");
        }
    }

    #[test]
    fn only_true_and_false_are_booleans() {
        assert_eq!(Type::Boolean.cell("true"), Ok(Cell::Boolean(true)));
        assert_eq!(Type::Boolean.cell("\"true\""), Err("is neither true nor false"));
        assert_eq!(Type::Boolean.cell("1"), Err("is neither true nor false"));
    }

    #[test]
    fn times_keep_their_text_and_are_equal_across_offsets() {
        for text in ["2026-01-01T00:00:00.000Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000+0000"]
        {
            let at = jiff::Timestamp::from_second(1_767_225_600).unwrap();
            assert_eq!(Type::Timestamp.cell(&format!("\"{text}\"")), Ok(Cell::Timestamp(text.into(), at)));
        }
        for json in ["\"2026-01-01T00:00:00\"", "\"2026-01-01\"", "\"\"", "1767225600"] {
            assert_eq!(Type::Timestamp.cell(json), Err("is not a time with an offset"), "{json}");
        }
        assert_eq!(
            Type::Timestamp.cell("\"9999-12-31T23:59:59Z\""),
            Err("is after the last time of this type, `9999-12-30T22:00:00Z`")
        );
        assert_eq!(
            Type::Timestamp.cell("\"2016-12-31T23:59:60Z\""),
            Err("is a leap second, which this type does not have")
        );
    }

    #[test]
    fn null_fits_every_type_and_json_is_unchanged() {
        for (_, kind) in Type::NAMED {
            assert_eq!(kind.cell("null"), Ok(Cell::Null));
        }
        for json in ["1.10", r#""\ud800""#, r#"{"b":1,"a":2}"#] {
            assert_eq!(Type::Json.cell(json), Ok(Cell::Json(json)));
        }
    }
}
