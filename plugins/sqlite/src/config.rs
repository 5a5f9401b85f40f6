//! The options of the `sqlite` sink.

use std::{mem, time::Duration};

use longhaul_plugin::{
    Destination, Mark, OpenSink, Opened, Place, PluginSink, Receipt, SinkError, UnknownPlaceholder, Variables,
};
use longhaul_table::{ColumnChoice, ColumnsOption, Flag, Mode, Names, RowsOption, duration, key_and_indexes};
use serde::Deserialize;

use crate::{sink, table::Table};

/// A configured `sqlite` sink.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Options")]
pub struct Sqlite {
    options: Options,
    columns: ColumnChoice,
    /// The columns of the key, by index.
    key: Vec<usize>,
    indexes: Vec<Vec<usize>>,
}

/// The options as configured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    path: Place,
    #[serde(default = "stream")]
    table: String,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    columns: ColumnsOption,
    #[serde(default)]
    rows: RowsOption,
    #[serde(default)]
    rows_optional: Flag,
    #[serde(default)]
    key: Names,
    #[serde(default)]
    indexes: Vec<Names>,
    /// How long to wait while another program has the file locked.
    #[serde(default = "ten_seconds", deserialize_with = "duration")]
    busy_timeout: Duration,
}

impl PluginSink for Sqlite {
    const NAME: &str = "sqlite";
    const SUMMARY: &str = "a table of an SQLite database";
    const OPTIONS: &str = include_str!("options.json");
}

impl OpenSink for Sqlite {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        let (file, table) = (self.options.path.file(variables)?, self.table(variables)?);
        Ok(Destination::Elsewhere(format!("{}, table {}", file.display(), table.name())))
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let (file, table) = (self.options.path.file_in_folder(variables)?, self.table(variables)?);
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        let sink = sink::open(&file, self.options.busy_timeout, table, variables.stream(), from)?;
        Ok(Opened { sink, at })
    }
}

impl Sqlite {
    fn table(&self, variables: &Variables) -> Result<Table, SinkError> {
        let invalid = |message: String| SinkError::config("table", message);
        let options = &self.options;
        let name = variables
            .expand(&options.table)
            .map_err(|error: UnknownPlaceholder| invalid(error.to_string()))?;
        if name.is_empty() {
            return Err(invalid("`table` is empty".into()));
        }
        if is_reserved(&name) {
            return Err(invalid(format!("the table name `{}` is reserved", name.escape_debug())));
        }
        Ok(Table::new(name, self.columns.clone(), self.key.clone(), &self.indexes, options.mode))
    }
}

impl TryFrom<Options> for Sqlite {
    type Error = String;

    fn try_from(mut options: Options) -> Result<Self, String> {
        let (columns, rows) = (mem::take(&mut options.columns), mem::take(&mut options.rows));
        let columns = ColumnChoice::new(columns, rows, options.rows_optional)?;
        let Some(listed) = columns.listed() else {
            let known = "columns`: without them the columns are only known at the end";
            return match options.mode {
                Mode::Append => Err(format!("`mode = \"append\"` needs `{known}")),
                Mode::Replace if !options.key.is_empty() => Err(format!("`key` needs `{known}")),
                Mode::Replace if !options.indexes.is_empty() => Err(format!("`indexes` needs `{known}")),
                Mode::Replace => Ok(Self { options, columns, key: Vec::new(), indexes: Vec::new() }),
            };
        };
        if let Some(column) = listed.iter().find(|column| is_reserved(&column.name)) {
            return Err(format!("the column name `{}` is reserved", column.name.escape_debug()));
        }
        let (key, indexes) = key_and_indexes(&options.key, &options.indexes, listed)?;
        Ok(Self { options, columns, key, indexes })
    }
}

/// Whether the name is reserved by SQLite or by this sink.
fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // A statement cannot contain NUL.
    name.starts_with("sqlite_") || name.starts_with("_longhaul") || name.contains('\0')
}

fn stream() -> String {
    "{stream}".into()
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}
