//! Finds the type of a column from its values.

use jiff::Timestamp;
use longhaul_plugin::json::{text, text_lossy};

use crate::cell::Type;

/// The types that keep every value of a column as the server wrote it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fitting(u8);

/// The types, the most useful first.
const PREFERRED: [Type; 7] =
    [Type::Boolean, Type::Integer, Type::Real, Type::Numeric, Type::Timestamp, Type::Text, Type::Json];

impl Fitting {
    /// The types for a column without values. Text is what most sinks would expect.
    pub(crate) const ANY: Self = Self(u8::MAX);

    /// The types that still fit after the column has had the value `json`. `holds_time` says whether the sink can store a
    /// time.
    pub(crate) fn with(self, json: &str, holds_time: impl Fn(Timestamp) -> bool) -> Self {
        let keeps = |kind: &Type| match kind {
            Type::Boolean => matches!(json, "true" | "false"),
            Type::Integer => json.parse::<i64>().is_ok_and(|number| number.to_string() == json),
            Type::Real => json.parse::<f64>().is_ok_and(|number| is_written(number, json)),
            Type::Numeric => json.starts_with(|first: char| first == '-' || first.is_ascii_digit()),
            Type::Timestamp => time(json).is_some_and(&holds_time),
            Type::Text => json.starts_with('"') && keeps_text(json),
            Type::Json => true,
        };
        if json == "null" {
            return self;
        }
        Self(of(PREFERRED.iter().filter(|kind| self.has(**kind) && keeps(kind))))
    }

    /// The type for the column.
    pub(crate) fn kind(self) -> Type {
        if self == Self::ANY {
            return Type::Text;
        }
        PREFERRED.into_iter().find(|kind| self.has(*kind)).unwrap_or(Type::Json)
    }

    fn has(self, kind: Type) -> bool {
        self.0 & of([&kind].into_iter()) != 0
    }
}

fn of<'t>(kinds: impl Iterator<Item = &'t Type>) -> u8 {
    let bit = |kind: &Type| PREFERRED.iter().position(|other| other == kind).map_or(0, |at| 1 << at);
    kinds.fold(0, |bits, kind| bits | bit(kind))
}

/// Whether `json` is how the double is written. Otherwise, a digit would be lost: `1.10` would become `1.1`.
fn is_written(number: f64, json: &str) -> bool {
    number.is_finite() && (format!("{number}") == json || format!("{number:?}") == json)
}

/// A time in UTC, if it would be written in the same way. A time with another offset stays text, so that the offset stays.
fn time(json: &str) -> Option<Timestamp> {
    let written = json.strip_prefix('"')?.strip_suffix('"')?;
    let at = written.parse::<Timestamp>().ok()?;
    let fraction = written.split_once('.').map_or(0, |(_, fraction)| fraction.len() - 1);
    (format!("{at:.fraction$}") == written).then_some(at)
}

/// Whether text can hold the string: not if it has an unpaired surrogate.
fn keeps_text(json: &str) -> bool {
    !json.contains("\\u") || text(json) == text_lossy(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(values: &[&str]) -> Type {
        let is_short = |at: Timestamp| at.subsec_nanosecond() % 1_000_000 == 0;
        values.iter().fold(Fitting::ANY, |fitting, json| fitting.with(json, is_short)).kind()
    }

    #[test]
    fn the_type_keeps_every_value() {
        for (values, expected) in [
            (&["true", "null", "false"][..], Type::Boolean),
            (&["1", "-9223372036854775808"], Type::Integer),
            (&["1", "2.5", "0.1", "-0.0"], Type::Real),
            (&[r#""2026-01-01T00:00:00Z""#, r#""2026-01-01T00:00:00.120Z""#], Type::Timestamp),
            (&[r#""a""#, r#""""#, r#""é""#], Type::Text),
            (&["[1]", "{}"], Type::Json),
            (&[], Type::Text),
            (&["null"], Type::Text),
        ] {
            assert_eq!(kind(values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_number_that_would_lose_a_digit_keeps_its_text() {
        for number in [
            "9223372036854775808",
            "12345678901234567890123",
            "1.10",
            "4.00",
            "3.141592653589793238",
            "0.12345678901234568901",
            "1e3",
            "1E400",
            "1e-400",
        ] {
            assert_eq!(kind(&[number]), Type::Numeric, "{number}");
        }
        // Whole numbers that a double would change, next to others.
        assert_eq!(kind(&["9007199254740993", "1.5"]), Type::Numeric);
        assert_eq!(kind(&["-0"]), Type::Real);
    }

    #[test]
    fn a_string_stays_text() {
        for string in [
            "007",
            "1",
            "true",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T01:00:00+01:00",
            "2026-06-30T23:59:60Z",
            "2026-01-01 00:00:00Z",
            // More precise than the sink.
            "2026-01-01T00:00:00.0001Z",
        ] {
            assert_eq!(kind(&[&format!("\"{string}\"")]), Type::Text, "{string}");
        }
        assert_eq!(kind(&[r#""2026-01-01T00:00:00Z""#, r#""n/a""#]), Type::Text);
    }

    #[test]
    fn values_of_different_kinds_are_json() {
        for values in [&["1", r#""1""#][..], &["true", "1"], &[r#""a""#, "[]"], &[r#""\ud800""#]] {
            assert_eq!(kind(values), Type::Json, "{values:?}");
        }
    }
}
