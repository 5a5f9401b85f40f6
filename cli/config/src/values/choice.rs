//! Values that are one of several words.

use serde::{
    Deserialize, Deserializer, de,
    de::{IntoDeserializer, value::StrDeserializer},
};

use crate::values::described::described;

/// Reads the variant of `T` that the text names. The derived implementation would also accept an index.
pub(crate) fn read<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'word> Deserialize<'word>,
{
    let word = String::deserialize(deserializer)?;
    let word: StrDeserializer<'_, D::Error> = word.as_str().into_deserializer();
    T::deserialize(word)
}

/// The same, for a key that is optional.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'word> Deserialize<'word>,
{
    read(deserializer).map(Some)
}

/// A request method, in upper case like all that are in use (RFC 9110 §9.1: methods are case-sensitive).
pub(crate) enum Method {}

described!(Method, { "type": "string", "x-value": "method", "examples": ["GET", "POST"] });

impl Method {
    /// Reads the method.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<http::Method, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refuse = || de::Error::custom(format!("`{text}` is not a method such as `GET` or `POST`"));
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') {
            return Err(refuse());
        }
        http::Method::from_bytes(text.as_bytes()).map_err(|_| refuse())
    }

    /// Reads the method of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<http::Method>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        DarkRed,
    }

    #[test]
    fn a_word_is_not_read_as_an_index() {
        assert_eq!(read::<_, Colour>(json!("dark_red")).unwrap(), Colour::DarkRed);
        assert!(read::<_, Colour>(json!(0)).is_err());
    }

    #[test]
    fn methods_are_upper_case() {
        assert_eq!(Method::deserialize(json!("QUERY")).unwrap().as_str(), "QUERY");
        for text in ["get", "G ET", ""] {
            let refusal = Method::deserialize(json!(text)).unwrap_err().to_string();
            assert_eq!(refusal, format!("`{text}` is not a method such as `GET` or `POST`"));
        }
    }
}
