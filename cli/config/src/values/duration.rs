//! Durations: `30s`, `1h30m`, `500ms`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserializer, de};

use crate::values::described::described;

/// A duration, which may be zero.
pub(crate) enum Any {}

/// A duration above zero.
pub(crate) enum Positive {}

described!(Any, { "type": "string", "x-value": "duration", "examples": ["30s", "1h30m"] });
described!(Positive, { "type": "string", "x-value": "duration", "examples": ["30s", "1h30m"] });

impl Any {
    /// Reads the duration.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        deserializer.deserialize_any(Visitor)
    }

    /// Reads the duration of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

impl Positive {
    /// Reads the duration.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let duration = Any::deserialize(deserializer)?;
        if duration.is_zero() {
            Err(de::Error::custom("the duration must be above zero"))
        } else {
            Ok(duration)
        }
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Duration;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a duration such as `30s`, `2m` or `1h30m`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(without_unit(text));
        }
        let refuse = || E::custom(format!("`{text}` is not a duration such as `30s`, `2m` or `1h30m`"));
        let duration: SignedDuration = text.parse().map_err(|_| refuse())?;
        Duration::try_from(duration).map_err(|_| E::custom(format!("`{text}` is negative")))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Duration, E> {
        Err(without_unit(&number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Duration, E> {
        Err(without_unit(&number.to_string()))
    }
}

fn without_unit<E: de::Error>(number: &str) -> E {
    E::custom(format!("`{number}` has no unit; write `{number}s` for seconds"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_number_and_its_unit_make_a_duration() {
        let read = |text: &str| Any::deserialize(json!(text)).unwrap();
        assert_eq!(read("30s"), Duration::from_secs(30));
        assert_eq!(read("1h30m"), Duration::from_secs(5400));
        assert_eq!(read("500ms"), Duration::from_millis(500));
        assert_eq!(read("0s"), Duration::ZERO);
        assert_eq!(read("2 minutes"), Duration::from_secs(120));
    }

    #[test]
    fn invalid_durations_are_refused_with_the_reason() {
        let refusal = |value: Value| Positive::deserialize(value).unwrap_err().to_string();
        assert_eq!(refusal(json!("soon")), "`soon` is not a duration such as `30s`, `2m` or `1h30m`");
        assert_eq!(refusal(json!("")), "`` is not a duration such as `30s`, `2m` or `1h30m`");
        assert_eq!(refusal(json!("30")), "`30` has no unit; write `30s` for seconds");
        assert_eq!(refusal(json!(30)), "`30` has no unit; write `30s` for seconds");
        assert_eq!(refusal(json!("-5s")), "`-5s` is negative");
        assert_eq!(refusal(json!("0s")), "the duration must be above zero");
    }
}
