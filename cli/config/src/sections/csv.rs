//! `[streams.NAME.csv]`: how the CSV of an API is written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{
    choice,
    csv::{ColumnNames, Delimiter},
};

/// How the CSV of an API is written.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// Character between two values, such as `;` or a tab.
    #[serde(with = "Delimiter")]
    #[schemars(extend("default" = ","))]
    pub delimiter: u8,
    /// What an empty line is in a table with one column. Without it, such a line is an error, because it could be either. If
    /// there are several columns, empty lines are ignored.
    #[serde(default, deserialize_with = "choice::optional")]
    pub empty_lines: Option<EmptyLines>,
    /// Names of the columns, if the rows have no header line.
    #[serde(default, deserialize_with = "ColumnNames::optional")]
    #[schemars(with = "Option<ColumnNames>")]
    pub header: Option<Vec<String>>,
}

/// What an empty line is in a table with one column.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum EmptyLines {
    /// Nothing.
    Ignore,
    /// A record whose only value is empty.
    Records,
}
