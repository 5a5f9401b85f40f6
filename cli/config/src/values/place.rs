//! Places in a response. The first one that is present counts.

use http::HeaderName;
use longhaul_core::http::place as places;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::values::described::described;

/// A place in a response, or a list of places.
pub(crate) enum Places {}

described!(Places, {
    "type": ["string", "array"],
    "items": { "type": "string" },
    "x-value": "place",
    "examples": ["/next", "$.links[?@.rel=='next'].href", "header:X-Next-Page", "link:next", "last:/id"],
});

/// A place in a response, or the name of a header.
pub(crate) enum HeaderOrPlaces {}

described!(HeaderOrPlaces, {
    "type": ["string", "array"],
    "items": { "type": "string" },
    "x-value": "header or place",
    "examples": ["X-RateLimit-Limit", "/quota/limit"],
});

impl HeaderOrPlaces {
    /// Reads the places.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<places::Places, D::Error> {
        let value = match Value::deserialize(deserializer)? {
            Value::String(text) if HeaderName::try_from(text.as_str()).is_ok() => {
                format!("header:{text}").into()
            }
            value => value,
        };
        places::Places::deserialize(value).map_err(de::Error::custom)
    }

    /// Reads the places of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<places::Places>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions of a path are found when the program starts, also those of the crate of the engine.
    #[test]
    fn a_path_has_all_functions_of_the_standard() {
        for name in
            ["length(@.a) == 1", "count(@.*) == 1", "value(@.*) == 1", "match(@.a, 'b')", "search(@.a, 'b')"]
        {
            assert!(format!("$[?{name}]").parse::<places::Place>().is_ok(), "{name}");
        }
    }
}
