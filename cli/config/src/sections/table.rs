//! `[streams.NAME.table]`: the columns that a stream suggests.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Options for a sink of type `csv`. They apply if the sink has no columns of its own.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Columns: pointers, or tables of `name` and `at`.
    pub columns: Vec<Value>,
    /// Path from a record to what becomes rows.
    pub rows: Option<String>,
    /// Whether a record without a match of `rows` has a row.
    pub rows_optional: Option<bool>,
}

impl Table {
    /// The options by name.
    pub fn options(&self) -> Map<String, Value> {
        let columns = [("columns", Value::from(self.columns.clone()))];
        let rows = self.rows.as_deref().map(|rows| ("rows", Value::from(rows)));
        let optional = self.rows_optional.map(|optional| ("rows_optional", Value::from(optional)));
        let options = columns.into_iter().chain(rows).chain(optional);
        options.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
