//! Query parameters.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, de};

use crate::values::described::described;

/// Query parameters by name. A list of values repeats its parameter.
pub type Query = BTreeMap<String, Values>;

/// The values of one parameter, as text. Numbers and booleans are written as in JSON.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Values(Vec<String>);

described!(Values, {
    "x-kind": "text",
    "x-value": "text or list",
    "anyOf": [
        { "type": ["string", "integer", "boolean"] },
        { "type": "array", "items": { "type": ["string", "integer", "boolean"] } },
    ],
});

impl Values {
    /// The values, in the order they were written.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor).map(Self)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a whole number, a boolean, or a list of those")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(vec![value.to_string()])
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(vec![value.to_string()])
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(vec![value.to_string()])
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(vec![value.to_owned()])
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Values(value)) = list.next_element()? {
            values.extend(value);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_list_repeats_its_parameter() {
        let read = |value: Value| Values::deserialize(value).unwrap().0;
        assert_eq!(read(json!("a b")), ["a b"]);
        assert_eq!(read(json!(100)), ["100"]);
        assert_eq!(read(json!(["a", 2, true])), ["a", "2", "true"]);
    }

    #[test]
    fn a_fraction_is_refused_because_its_text_is_lost() {
        assert_eq!(
            Values::deserialize(json!(1.5)).unwrap_err().to_string(),
            "invalid type: floating point `1.5`, expected text, a whole number, a boolean, \
             or a list of those"
        );
    }
}
