//! Values about CSV.

use serde::{Deserialize, Deserializer, de};

use crate::values::described::described;

/// The character between two values of a row.
pub(crate) enum Delimiter {}

/// The names of columns.
pub(crate) enum ColumnNames {}

described!(Delimiter, { "type": "string", "x-value": "character", "examples": [",", ";", "\t"] });
described!(ColumnNames, { "type": "array", "items": { "type": "string" } });

impl Delimiter {
    /// Reads the character.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
            _ => Err(de::Error::custom(format!(
                "`{}` is not a delimiter: use one ASCII character other than a quote or a line end",
                text.escape_debug()
            ))),
        }
    }
}

impl ColumnNames {
    /// Reads the names of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<String>>, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        if names.is_empty() {
            return Err(de::Error::custom("there must be at least one name"));
        }
        let repeated = |(index, name): &(usize, &String)| names[..*index].contains(name);
        match names.iter().enumerate().find(repeated) {
            Some((_, name)) => Err(de::Error::custom(format!("two columns are named `{name}`"))),
            None => Ok(Some(names)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_delimiter_is_one_character() {
        for (text, byte) in [(";", b';'), ("\t", b'\t'), ("|", b'|')] {
            assert_eq!(Delimiter::deserialize(json!(text)).unwrap(), byte);
        }
        for text in ["", ";;", "§", "\"", "\n"] {
            assert_eq!(
                Delimiter::deserialize(json!(text)).unwrap_err().to_string(),
                format!(
                    "`{}` is not a delimiter: use one ASCII character other than a quote or a line end",
                    text.escape_debug()
                )
            );
        }
    }

    #[test]
    fn columns_have_different_names() {
        let refusal = |names: serde_json::Value| ColumnNames::optional(names).unwrap_err().to_string();
        assert_eq!(refusal(json!([])), "there must be at least one name");
        assert_eq!(refusal(json!(["a", "b", "a"])), "two columns are named `a`");
    }
}
