//! JSON pointers (RFC 6901).

use longhaul_core::Pointer;
use serde::{Deserialize, Deserializer, de};

use crate::values::described::described;

/// A JSON pointer.
pub(crate) enum JsonPointer {}

described!(JsonPointer, { "type": "string", "x-value": "pointer", "examples": ["/results"] });

/// The pointer to the records of a page, in which `*` is every element or value.
pub(crate) enum RecordsPointer {}

described!(RecordsPointer, {
    "type": "string", "x-value": "pointer", "examples": ["/results", "/groups/*/items/*"],
});

impl JsonPointer {
    /// Reads a pointer to one value of a record, of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pointer>, D::Error> {
        let pointer = RecordsPointer::deserialize(deserializer)?;
        if pointer.tokens().iter().any(|token| token == "*") {
            return Err(de::Error::custom(format!(
                "`{pointer}` names several values; name one, such as `/id`"
            )));
        }
        Ok(Some(pointer))
    }
}

impl RecordsPointer {
    /// Reads the pointer.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pointer, D::Error> {
        let pointer = Pointer::deserialize(deserializer)?;
        match pointer.tokens().iter().find(|token| is_from_end(token)) {
            Some(token) => Err(de::Error::custom(format!(
                "`{pointer}`: `{token}` is not an index; elements are counted from `0`, and `*` is every element"
            ))),
            None => Ok(pointer),
        }
    }
}

/// Whether a token is `-`, or a negative index.
fn is_from_end(token: &str) -> bool {
    token.strip_prefix('-').is_some_and(|digits| digits.is_empty() || Pointer::index(digits).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_records_may_be_at_several_places() {
        assert_eq!(
            RecordsPointer::deserialize(json!("/groups/*/items/*")).unwrap().to_string(),
            "/groups/*/items/*"
        );
        assert_eq!(
            JsonPointer::optional(json!("/ids/*")).unwrap_err().to_string(),
            "`/ids/*` names several values; name one, such as `/id`"
        );
        for token in ["-", "-1"] {
            assert_eq!(
                RecordsPointer::deserialize(json!(format!("/a/{token}"))).unwrap_err().to_string(),
                format!(
                    "`/a/{token}`: `{token}` is not an index; elements are counted from `0`, and `*` is every element"
                )
            );
        }
    }
}
