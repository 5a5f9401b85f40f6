//! JSON values that keep every digit.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::string::string_end;

/// The value of `json`, in which each number that a [`Number`] would round is text: the digits as they are written. So a
/// cursor or id is sent back as it came.
///
/// # Errors
/// It is not JSON.
pub(crate) fn value(json: &str) -> Result<Value, serde_json::Error> {
    let parsed = serde_json::from_str(json)?;
    Ok(match with_quoted_numbers(json) {
        Cow::Borrowed(_) => parsed,
        Cow::Owned(quoted) => serde_json::from_str(&quoted).unwrap_or(parsed),
    })
}

/// The longest integer that is never rounded, with its sign.
const EXACT: usize = 15;

/// `json` with quotes around each number that would be rounded.
fn with_quoted_numbers(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let (mut written, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at + 1).map_or(bytes.len(), |(end, _)| end),
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let end = at + bytes[at..].iter().take_while(is_part).count();
                if is_rounded(&json[at..end]) {
                    written.extend([&json[copied..at], "\"", &json[at..end], "\""]);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 { Cow::Borrowed(json) } else { Cow::Owned(written + &json[copied..]) }
}

fn is_rounded(number: &str) -> bool {
    if number.len() <= EXACT && !number.contains(['.', 'e', 'E']) {
        return false;
    }
    number.parse::<Number>().is_ok_and(|kept| Digits::of(&kept.to_string()) != Digits::of(number))
}

/// A number as its digits, without zeros at either end, and the power of ten of the last one.
#[derive(Debug, Eq, PartialEq)]
struct Digits {
    is_negative: bool,
    significant: String,
    exponent: i64,
}

impl Digits {
    /// `None` if the exponent is out of range.
    fn of(number: &str) -> Option<Self> {
        let (is_negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let scale = i64::try_from(all.len() - digits.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        let digits = digits.trim_start_matches('0').to_owned();
        let exponent = exponent.parse::<i64>().ok()?.checked_add(scale)?;
        // Zero has no last digit.
        let exponent = if digits.is_empty() { 0 } else { exponent };
        Some(Self { is_negative, significant: digits, exponent })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::value;

    #[test]
    fn a_number_that_would_be_rounded_is_text() {
        for number in [
            "12345678901234567890123",
            "18446744073709551616",
            "-9223372036854775809",
            "0.12345678901234567890123",
            "1764460800.12345678901",
            "1.00000000000000000001e3",
            "1e-400",
        ] {
            assert_eq!(value(number).unwrap(), json!(number));
            let nested = format!(r#"{{ "1.{number}" : [ 7, {number} , "\"{number}" ] }}"#);
            let expected = json!({ format!("1.{number}"): [7, number, format!("\"{number}")] });
            assert_eq!(value(&nested).unwrap(), expected);
        }
    }

    #[test]
    fn other_numbers_keep_their_kind() {
        for number in ["0", "-1", "18446744073709551615", "-9223372036854775808", "0.1", "123456789012345678"]
        {
            assert_eq!(value(number).unwrap().to_string(), number);
        }
        for (number, same) in
            [("1.10", "1.1"), ("1E5", "100000.0"), ("-0", "-0.0"), ("0.000e9", "0.0"), ("12.50e-1", "1.25")]
        {
            assert_eq!(value(number).unwrap().to_string(), same);
        }
    }

    #[test]
    fn what_is_not_json_stays_an_error() {
        for text in ["", "012345678901234567890", "[1234567890123456789012", "1e400", "\"a"] {
            assert!(value(text).is_err(), "{text}");
        }
    }
}
