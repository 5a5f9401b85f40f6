//! Fields of parents.

use std::{collections::BTreeMap, fmt};

use longhaul_core::Pointer;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::values::described::described;

/// A field of a record: its name, or a JSON pointer. `""` is the whole record.
pub(crate) enum Field {}

described!(Field, { "type": "string", "x-value": "field or pointer", "examples": ["/id", "id"] });

impl Field {
    /// Reads fields by name.
    pub(crate) fn table<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Pointer>, D::Error> {
        let fields = BTreeMap::<String, String>::deserialize(deserializer)?;
        fields
            .into_iter()
            .map(|(name, field)| {
                if field.is_empty() || field.starts_with('/') {
                    Ok((name, field.parse().map_err(de::Error::custom)?))
                } else {
                    Ok((name, Pointer::from_tokens([field])))
                }
            })
            .collect()
    }
}

/// A value of a list, as JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListItem(pub(crate) String);

described!(ListItem, { "type": ["string", "integer"], "x-kind": "text" });

impl fmt::Display for ListItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ListItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) if number.is_f64() => {
                Err(de::Error::custom(format!("`{number}` is neither text nor a whole number")))
            }
            value @ (Value::String(_) | Value::Number(_)) => Ok(Self(value.to_string())),
            value => Err(de::Error::custom(format!("`{value}` is neither text nor a whole number"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_a_name_or_a_pointer() {
        let read = |value: Value| Field::table(value).map_err(|error| error.to_string());
        let fields = read(json!({ "a": "/x/y", "b": "x/y", "c": "" })).unwrap();
        assert_eq!(fields["a"].tokens(), ["x", "y"]);
        assert_eq!(fields["b"].tokens(), ["x/y"]);
        assert!(fields["c"].tokens().is_empty());
        assert_eq!(
            read(json!({ "a": "/~" })).unwrap_err(),
            "`/~` is not a JSON pointer: `~` must be written `~0`, and `/` inside a name `~1`"
        );
    }

    #[test]
    fn a_list_has_texts_and_whole_numbers() {
        let read = |value: Value| ListItem::deserialize(value).map_err(|error| error.to_string());
        assert_eq!(read(json!("a\"b")).unwrap().to_string(), r#""a\"b""#);
        assert_eq!(read(json!(7)).unwrap().to_string(), "7");
        assert_eq!(read(json!(1.5)).unwrap_err(), "`1.5` is neither text nor a whole number");
        assert_eq!(read(json!([1])).unwrap_err(), "`[1]` is neither text nor a whole number");
    }
}
