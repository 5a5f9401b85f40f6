//! The parameters of statements that insert rows.

use longhaul_table::Cell;
use rusqlite::{
    Result, ToSql,
    types::{ToSqlOutput, ValueRef},
};

/// A parameter of an inserted row.
pub(crate) enum Parameter<'c> {
    /// The number of the row.
    Number(u64),
    /// The value of a column.
    Cell(&'c Cell<'c>),
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let cell = match self {
            Self::Number(number) => return number.to_sql(),
            Self::Cell(cell) => cell,
        };
        Ok(ToSqlOutput::Borrowed(match cell {
            Cell::Null => ValueRef::Null,
            Cell::Text(text) | Cell::Timestamp(text, _) => ValueRef::Text(text.as_bytes()),
            Cell::Json(json) | Cell::Numeric(json) => ValueRef::Text(json.as_bytes()),
            Cell::Integer(value) => ValueRef::Integer(*value),
            Cell::Real(value) => ValueRef::Real(*value),
            Cell::Boolean(value) => ValueRef::Integer(i64::from(*value)),
        }))
    }
}
