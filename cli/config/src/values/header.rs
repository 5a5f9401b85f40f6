//! Headers and their names.

use std::fmt;

use http::HeaderName;
use serde::{Deserialize, Deserializer, de};

use crate::values::{
    described::described,
    secret::{SecretSource, Secrets},
};

/// Reads headers by name. Names must be valid (RFC 9110 §5.1), and must differ in more than case.
pub(crate) fn table<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secrets, D::Error> {
    deserializer.deserialize_map(Headers)
}

/// A list of names of headers.
pub(crate) enum Names {}

described!(Names, { "type": "array", "items": { "type": "string", "x-value": "header" } });

impl Names {
    /// Reads the names.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<HeaderName>>, D::Error> {
        let names = Vec::<Written>::deserialize(deserializer)?;
        Ok(Some(names.into_iter().map(|Written { name, .. }| name).collect()))
    }
}

/// The name of a header.
pub(crate) enum Name {}

described!(Name, { "type": "string", "x-value": "header" });

impl Name {
    /// Reads the name of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<HeaderName>, D::Error> {
        Ok(Some(Written::deserialize(deserializer)?.name))
    }
}

struct Headers;

impl<'de> de::Visitor<'de> for Headers {
    type Value = Secrets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Secrets, A::Error> {
        let mut headers = Secrets::new();
        while let Some(Written { written, .. }) = map.next_key()? {
            if headers.keys().any(|other| other.eq_ignore_ascii_case(&written)) {
                return Err(de::Error::custom(format!("duplicate header `{written}` in different case")));
            }
            headers.insert(written, map.next_value::<SecretSource>()?);
        }
        Ok(headers)
    }
}

/// The name of a header, parsed and as it was written.
struct Written {
    name: HeaderName,
    written: String,
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        match HeaderName::from_bytes(written.as_bytes()) {
            Ok(name) => Ok(Self { name, written }),
            Err(_) => Err(de::Error::custom("this is not a valid header name")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_have_valid_and_unique_names() {
        let refusal = |headers: serde_json::Value| table(headers).unwrap_err().to_string();
        assert_eq!(refusal(json!({ "X Y": "1" })), "this is not a valid header name");
        assert_eq!(refusal(json!({ "X-A": "1", "x-a": "2" })), "duplicate header `x-a` in different case");
    }
}
