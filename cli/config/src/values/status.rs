//! Statuses of responses, as conditions name them.

use longhaul_core::client::answer::StatusMatch;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::values::described::described;

/// A status such as `404`, a class such as `"5xx"`, or a list of both.
pub(crate) enum Statuses {}

described!(Statuses, {
    "type": ["integer", "string", "array"],
    "items": { "type": ["integer", "string"] },
    "x-value": "status",
    "examples": [404, "5xx", [404, 410]],
});

impl Statuses {
    /// Reads the statuses.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<StatusMatch>, D::Error> {
        let one = |value: &Value| match value {
            Value::Number(number) => {
                let code = number.as_u64().and_then(|code| u16::try_from(code).ok());
                code.filter(|code| (100..600).contains(code)).map(StatusMatch::Code)
            }
            Value::String(text) => match text.as_bytes() {
                [class @ b'1'..=b'5', b'x', b'x'] => Some(StatusMatch::Class(u16::from(class - b'0'))),
                _ => None,
            },
            _ => None,
        };
        let read = |value: &Value| {
            let refusal =
                || format!("{value} is neither a status from 100 to 599 nor a class such as \"5xx\"");
            one(value).ok_or_else(|| de::Error::custom(refusal()))
        };
        match Value::deserialize(deserializer)? {
            Value::Array(statuses) if statuses.is_empty() => Err(de::Error::custom("the list is empty")),
            Value::Array(statuses) => statuses.iter().map(read).collect(),
            status => Ok(vec![read(&status)?]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_is_a_number_or_a_class() {
        use StatusMatch::{Class, Code};
        let read = |value: Value| Statuses::deserialize(value).map_err(|error| error.to_string());
        assert_eq!(read(json!(404)), Ok(vec![Code(404)]));
        assert_eq!(read(json!(["5xx", 429])), Ok(vec![Class(5), Code(429)]));
        for (wrong, shown) in [
            (json!(600), "600"),
            (json!("6xx"), "\"6xx\""),
            (json!("404"), "\"404\""),
            (json!([true]), "true"),
        ] {
            let refusal = format!("{shown} is neither a status from 100 to 599 nor a class such as \"5xx\"");
            assert_eq!(read(wrong), Err(refusal));
        }
        assert_eq!(read(json!([])), Err("the list is empty".to_owned()));
    }
}
