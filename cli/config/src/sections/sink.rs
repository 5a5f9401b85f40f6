//! `[sinks.NAME]`: where records go.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::values::{described::described, kind::TABLE_NAME};

/// The sink that needs no table.
pub(crate) const STANDARD_OUTPUT: &str = "stdout";

/// A place for records. `Debug` shows only the names of its options, because their values may be secrets.
#[derive(Clone, Eq, PartialEq)]
pub struct Sink {
    /// The type: a built-in sink or a plugin. The default is the name of the table.
    pub kind: String,
    /// The other keys, which the type interprets. A value from an environment variable is text.
    pub options: Map<String, Value>,
}

impl Sink {
    /// The environment variables in its options that hold secrets: `{ env = "NAME" }`.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        let tables = self.options.values().filter_map(Value::as_object);
        tables.filter(|table| table.len() == 1).filter_map(|table| table.get("env")?.as_str())
    }
}

described!(Sink, {
    "description": "A place for records. The type of the sink has options of its own.",
    "type": "object",
    "properties": {
        "type": {
            "description": "Type of the sink: `stdout`, `ndjson`, `csv`, `singer`, or the name of a plugin.",
            "type": "string",
            "x-default": TABLE_NAME,
        },
    },
    "additionalProperties": true,
});

impl<'de> Deserialize<'de> for Sink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut options = Map::deserialize(deserializer)?;
        match options.remove("type") {
            Some(Value::String(kind)) => Ok(Self { kind, options }),
            _ => Err(de::Error::custom("`type` must be text")),
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options: Vec<_> = self.options.keys().collect();
        f.debug_struct("Sink").field("kind", &self.kind).field("options", &options).finish()
    }
}
