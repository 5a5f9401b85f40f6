//! JSON pointers (RFC 6901).

use longhaul_core::Pointer;
use serde::{Deserialize, Deserializer, de};

use crate::config::values::described::described;

/// A JSON pointer.
pub(in crate::config) enum JsonPointer {}

described!(JsonPointer, { "type": "string", "x-value": "pointer", "examples": ["/results"] });

impl JsonPointer {
    /// Reads a pointer to one value.
    pub(in crate::config) fn without_wildcards<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Pointer, D::Error> {
        let pointer = Pointer::deserialize(deserializer)?;
        if pointer.tokens().iter().any(|token| token == "*") {
            return Err(de::Error::custom(format!(
                "`{pointer}` names several values; name the one array of records"
            )));
        }
        Ok(pointer)
    }
}
