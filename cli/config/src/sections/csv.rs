//! `[streams.NAME.csv]`: how the CSV of an API is written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::csv::{ColumnNames, Delimiter};

/// How the CSV of an API is written.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// Character between two values, such as `;` or a tab.
    #[serde(with = "Delimiter")]
    #[schemars(extend("default" = ","))]
    pub delimiter: u8,
    /// Names of the columns, if the rows have no header line.
    #[serde(default, deserialize_with = "ColumnNames::optional")]
    #[schemars(with = "Option<ColumnNames>")]
    pub header: Option<Vec<String>>,
}
