//! The columns of a table as configured.

use longhaul_plugin::{
    Batch, Keys, SinkError,
    json::{InvalidRows, PointerTree, RowPlace},
    suggest::closest,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    cell::{Cell, Type},
    parts::{Parts, Rows},
    rejected::rejected,
};

/// The number of characters of a value that an error shows.
const SHOWN: usize = 40;

/// A column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The place of its value in a record, or in the part of a record that is the row.
    pub at: RowPlace,
    /// Its type.
    pub kind: Type,
}

/// The columns of a table, in order. By default there is one column `record`, which contains the record's JSON text.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub struct Columns {
    columns: Vec<Column>,
    source: Source,
}

/// What a row is made from.
#[derive(Debug)]
enum Source {
    /// A record, whose values the tree finds.
    Records(PointerTree),
    /// The parts of a record.
    Parts(Parts),
}

impl Columns {
    /// The same columns, in the rows of `rows`.
    ///
    /// # Errors
    /// A column starts at a level that these rows do not have.
    pub fn of_rows(mut self, rows: &Rows) -> Result<Self, String> {
        let places = || self.columns.iter().map(|column| &column.at);
        for (number, place) in (1..).zip(places()) {
            rows.path.check(place).map_err(|error| format!("column {number}: {error}"))?;
        }
        if rows.path.levels() > 1 {
            self.source = Source::Parts(Parts::new(rows, places()));
        }
        Ok(self)
    }

    /// The columns, in order.
    pub fn list(&self) -> &[Column] {
        &self.columns
    }

    /// Each column, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Column> {
        self.columns.iter()
    }

    /// The index of the column with this name. The error suggests a similar name.
    pub fn index(&self, name: &str) -> Result<usize, String> {
        let position = self.columns.iter().position(|column| column.name == name);
        let names = || self.columns.iter().map(|column| &column.name);
        position.ok_or_else(|| format!("`{name}`, which is not a column{}", closest(name, names())))
    }

    /// Calls `row` for each row of each record of a page, with the number of the record on the page, starting at 1, and the
    /// values of the columns.
    ///
    /// # Errors
    /// [`Rejected`](longhaul_plugin::SinkErrorKind::Rejected) if a value does not fit its column, and any error of `row`.
    pub fn read(
        &self,
        batch: &Batch<'_>,
        mut row: impl FnMut(usize, &[Cell<'_>]) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        for (number, record) in (1..).zip(batch.records()) {
            let not_json = || rejected(number, "is not JSON");
            let record = std::str::from_utf8(record).map_err(|error| not_json().because(error))?;
            match &self.source {
                Source::Records(tree) => {
                    let mut values = vec![None; self.columns.len()];
                    tree.find(record, &mut values).map_err(|error| not_json().because(error))?;
                    row(number, &Self::cells(&self.columns, &values, number)?)?;
                }
                Source::Parts(parts) => parts.each(record, number, |values| {
                    row(number, &Self::cells(&self.columns, values, number)?)
                })?,
            }
        }
        Ok(())
    }

    /// The cells for the values of the record with this number on the page.
    pub(crate) fn cells<'r>(
        columns: &[Column],
        values: &[Option<&'r str>],
        number: usize,
    ) -> Result<Vec<Cell<'r>>, SinkError> {
        let cells = columns.iter().zip(values).map(|(column, value)| {
            let json = value.unwrap_or("null");
            column.kind.cell(json).map_err(|reason| rejected(number, &mismatch(column, json, reason)))
        });
        cells.collect()
    }
}

/// The message for a value that does not fit its column, for [`rejected`].
pub fn mismatch(column: &Column, json: &str, reason: &str) -> String {
    let mut shown: String = json.chars().take(SHOWN).collect();
    if shown.len() < json.len() {
        shown.push('…');
    }
    format!("does not fit the column `{}`: `{shown}` {reason} (type `text` accepts any value)", column.name)
}

impl Default for Columns {
    fn default() -> Self {
        Self::from(vec![record_column()])
    }
}

/// The column of whole records.
pub(crate) fn record_column() -> Column {
    Column { name: "record".into(), at: RowPlace::default(), kind: Type::Json }
}

impl From<Vec<Column>> for Columns {
    fn from(columns: Vec<Column>) -> Self {
        let tree = PointerTree::of(columns.iter().map(|column| column.at.pointer()));
        Self { columns, source: Source::Records(tree) }
    }
}

impl TryFrom<Value> for Columns {
    type Error = String;

    fn try_from(listed: Value) -> Result<Self, String> {
        if listed == "record" {
            return Ok(Self::default());
        }
        let Value::Array(listed) = listed else {
            return Err(format!("`columns` must be a list, not {}", Keys::kind(&listed)));
        };
        let repeated = |column: &Column, others: &[Column]| {
            // Column names in SQL, and in many file readers, are not case-sensitive.
            let is_taken = others.iter().any(|other| other.name.eq_ignore_ascii_case(&column.name));
            is_taken.then(|| format!("two columns are named `{}`", column.name))
        };
        Keys::columns(&listed, column, repeated).map(Self::from)
    }
}

fn column(value: &Value) -> Result<Column, SinkError> {
    let bare;
    let table = match value {
        Value::String(_) => {
            bare = Map::from_iter([("at".to_owned(), value.clone())]);
            &bare
        }
        Value::Object(table) => table,
        other => return Err(invalid(format!("it must be text or a table, not {}", Keys::kind(other)))),
    };
    let keys = Keys::new(table, &["name", "at", "type"])?;
    let misplaced = |error: InvalidRows| invalid(error.to_string());
    let at: RowPlace = keys.required_text("at")?.parse().map_err(misplaced)?;
    let tokens = at.pointer().tokens();
    let name = match keys.text("name")? {
        Some("") => return Err(invalid("`name` is empty".into())),
        Some(name) => name.to_owned(),
        None if tokens.concat().is_empty() => {
            return Err(invalid(format!("the pointer `{at}` needs a `name`")));
        }
        None => tokens.join("."),
    };
    Ok(Column { name, at, kind: keys.choice("type", &Type::NAMED)? })
}

fn invalid(message: String) -> SinkError {
    SinkError::config("columns", message)
}

#[cfg(test)]
mod tests;
