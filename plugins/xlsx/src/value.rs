//! What a cell of a sheet holds.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use longhaul_table::Cell;

/// The number of UTF-16 units that a cell can hold.
pub(crate) const TEXT: usize = 32_767;

/// The first moment after which Excel counts days right: 1 March 1900. Excel believes that 1900 was a leap year.
const FIRST: i64 = -2_203_891_200_000;

/// The end of the last day that Excel knows, 31 December 9999.
const LAST: i64 = 253_402_300_800_000;

/// The days between Excel's day 0 and 1 January 1970.
const EPOCH: f64 = 25_569.0;

const MILLISECONDS_PER_DAY: f64 = 86_400_000.0;

/// The value of a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'c> {
    Empty,
    Text(Cow<'c, str>),
    Number(f64),
    Boolean(bool),
    /// A time as the clocks of a time zone show it, in days.
    Date(f64),
}

impl<'c> Value<'c> {
    /// The value for a cell, or why a sheet cannot hold it. Times are those of `timezone`, because Excel knows none.
    pub(crate) fn of(cell: &'c Cell<'_>, timezone: &TimeZone) -> Result<Self, &'static str> {
        Ok(match cell {
            Cell::Null => Self::Empty,
            Cell::Text(text) => Self::Text(text.as_ref().into()),
            Cell::Json(json) => Self::Text((*json).into()),
            Cell::Numeric(json) => numeric(json),
            Cell::Boolean(value) => Self::Boolean(*value),
            Cell::Integer(value) => integer(*value),
            Cell::Real(value) => real(*value),
            Cell::Timestamp(_, at) if at.subsec_nanosecond() % 1_000_000 != 0 => {
                return Err("is more precise than a millisecond");
            }
            Cell::Timestamp(_, at) => {
                let shifted = at.as_millisecond() + i64::from(timezone.to_offset(*at).seconds()) * 1000;
                if !(FIRST..LAST).contains(&shifted) {
                    return Err("is not between the years 1900 and 9999");
                }
                #[expect(clippy::cast_precision_loss, reason = "it is far below 2^53")]
                let days = shifted as f64 / MILLISECONDS_PER_DAY;
                Self::Date(EPOCH + days)
            }
        })
    }

    /// Whether it is a text that is longer than a cell can hold.
    pub(crate) fn is_long(&self) -> bool {
        // A byte is at most one unit.
        matches!(self, Self::Text(text) if text.len() > TEXT && text.encode_utf16().count() > TEXT)
    }

    /// The number of characters that it shows, to choose the width of its column.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Text(text) => text.chars().take_while(|char| *char != '\n').count(),
            Self::Number(value) => value.to_string().len(),
            Self::Boolean(_) => 5,
            // `2026-01-01 00:00:00.000`
            Self::Date(_) => 23,
        }
    }
}

/// The start of `text` that a cell can hold.
pub(crate) fn truncated(text: &str) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, char)| {
        units += char.len_utf16();
        units > TEXT
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// Excel shows 15 digits, so a longer number, which is an ID more often than not, is text.
fn integer<'c>(value: i64) -> Value<'c> {
    const LIMIT: u64 = 1_000_000_000_000_000;

    #[expect(clippy::cast_precision_loss, reason = "below this limit, every whole number is exact")]
    if value.unsigned_abs() < LIMIT {
        Value::Number(value as f64)
    } else {
        Value::Text(value.to_string().into())
    }
}

/// Excel has neither the largest nor the smallest doubles. A whole number with more than 15 digits is text, as above.
fn real<'c>(value: f64) -> Value<'c> {
    const LARGEST: f64 = 9.999_999_999_999_99e307;

    let scientific = format!("{value:e}");
    let digits = scientific.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    if value.fract() == 0.0 && digits > 15 {
        Value::Text(format!("{value:.0}").into())
    } else if value == 0.0 || value.is_normal() && value.abs() <= LARGEST {
        Value::Number(value)
    } else {
        Value::Text(scientific.into())
    }
}

/// A number of up to 15 digits. Excel shows no more.
fn numeric(json: &str) -> Value<'_> {
    let mantissa = json.split(['e', 'E']).next().unwrap_or(json);
    let digits = mantissa.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_short = digits.trim_start_matches('0').len() <= 15;
    match json.parse::<f64>().map(real) {
        Ok(value @ Value::Number(_)) if is_short => value,
        _ => Value::Text(json.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_more_than_15_digits_are_text() {
        let value = |cell| match Value::of(&cell, &TimeZone::UTC) {
            Ok(Value::Number(number)) => number.to_string(),
            Ok(Value::Text(text)) => format!("'{text}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(value(Cell::Integer(-999_999_999_999_999)), "-999999999999999");
        assert_eq!(value(Cell::Integer(1_000_000_000_000_000)), "'1000000000000000");
        assert_eq!(value(Cell::Integer(i64::MIN)), "'-9223372036854775808");
        assert_eq!(value(Cell::Real(0.1)), "0.1");
        assert_eq!(value(Cell::Real(1_152_921_504_606_846_976.0)), "'1152921504606846976");
        assert_eq!(Value::of(&Cell::Real(1.5e300), &TimeZone::UTC), Ok(Value::Number(1.5e300)));
        assert_eq!(value(Cell::Numeric("-12.50")), "-12.5");
        assert_eq!(value(Cell::Numeric("0.1234567890123456")), "'0.1234567890123456");
        assert_eq!(value(Cell::Numeric("1e400")), "'1e400");
        assert_eq!(value(Cell::Real(1.7e308)), "'1.7e308");
        assert_eq!(value(Cell::Real(5e-324)), "'5e-324");
    }

    #[test]
    fn times_are_days_since_1900() {
        let value = |text: &str| {
            let cell = Cell::Timestamp(text.to_owned().into(), text.parse().unwrap());
            match Value::of(&cell, &TimeZone::UTC) {
                Ok(Value::Date(days)) => Ok(days),
                Ok(other) => panic!("{other:?}"),
                Err(reason) => Err(reason),
            }
        };
        assert_eq!(value("1970-01-01T00:00:00Z"), Ok(25_569.0));
        assert_eq!(value("2026-01-01T13:00:00+01:00"), Ok(46_023.5));
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let summer = Cell::Timestamp("".into(), "2026-07-01T22:00:00Z".parse().unwrap());
        assert_eq!(Value::of(&summer, &berlin), Ok(Value::Date(46_205.0)));
        assert_eq!(value("1900-03-01T00:00:00Z"), Ok(61.0));
        assert_eq!(value("1900-02-28T23:59:59Z"), Err("is not between the years 1900 and 9999"));
        assert_eq!(value("2026-01-01T00:00:00.0001Z"), Err("is more precise than a millisecond"));
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let fits = "é".repeat(TEXT);
        assert!(!Value::Text(fits.as_str().into()).is_long());
        // Two units each.
        let long = "😀".repeat(TEXT / 2 + 1);
        assert!(Value::Text(long.as_str().into()).is_long());
        assert_eq!(truncated(&long).chars().count(), TEXT / 2);
        assert_eq!(truncated(&fits), fits);
    }
}
