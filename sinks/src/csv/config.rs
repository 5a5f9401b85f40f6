//! The options of the `csv` sink.

use std::sync::Arc;

use longhaul_core::{
    disk::Disk,
    sink::{Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkType, Variables},
};

use super::{numbered::NumberedCsv, sink::CsvSink, spooled::SpooledCsv, style::Style, table::Table};
use crate::{
    file::{Mode, Target},
    object::Objects,
    output::Output,
};

/// The sink type `csv`.
#[derive(Debug)]
pub(crate) struct CsvType {
    disk: Arc<dyn Disk>,
    objects: Option<Objects>,
}

/// A configured `csv` sink.
#[derive(Debug)]
struct CsvConfig {
    target: Target,
    columns: Columns,
    /// The most rows of a file, with its header.
    max_rows: Option<u64>,
}

/// The columns of a table.
#[derive(Debug)]
enum Columns {
    /// The listed columns.
    Listed(Arc<Table>),
    /// All columns that the records have.
    All(Style),
}

/// The option for the most rows of a file.
const MAX_ROWS: &str = "max_rows";

impl CsvType {
    /// A sink type that writes to `disk`, or to objects.
    pub(crate) fn new(disk: Arc<dyn Disk>, objects: Option<Objects>) -> Self {
        Self { disk, objects }
    }
}

impl SinkType for CsvType {
    fn summary(&self) -> &'static str {
        "a CSV file or object with one row per record, or per part of a record"
    }

    fn options(&self) -> Vec<String> {
        let keys = Target::KEYS.into_iter().chain(Table::KEYS).chain(Style::KEYS).chain([MAX_ROWS]);
        keys.map(str::to_owned).collect()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        let keys = Keys::new(options, &self.options())?;
        let target = Target::new(&keys, Arc::clone(&self.disk), self.objects.as_ref())?;
        let columns = if Table::is_listed(&keys) {
            Columns::Listed(Arc::new(Table::new(&keys)?))
        } else {
            Columns::All(Style::new(&keys)?)
        };
        if matches!(columns, Columns::All(_)) && target.mode == Mode::Append {
            let message =
                "`mode = \"append\"` needs `columns`: without them the header is only known at the end";
            return Err(SinkError::config("mode", message));
        }
        let max_rows = max_rows(&keys, &target, &columns)?;
        Ok(Box::new(CsvConfig { target, columns, max_rows }))
    }
}

impl OpenSink for CsvConfig {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.target.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        let table = match &self.columns {
            Columns::Listed(table) => Arc::clone(table),
            Columns::All(style) => {
                let sink = SpooledCsv::open(&self.target, *style, variables, from)?;
                return Ok(Opened { sink: Box::new(sink), at });
            }
        };
        if let Some(max_rows) = self.max_rows {
            let sink = NumberedCsv::open(&self.target, table, max_rows, variables, from)?;
            return Ok(Opened { sink: Box::new(sink), at });
        }
        let mut output = Output::open(&self.target, variables, from)?;
        if let (None, Output::File(file)) = (from, &mut output)
            && !file.is_empty()?
        {
            table.check_header(file)?;
        }
        Ok(Opened { sink: Box::new(CsvSink::new(output, self.target.mode, table)?), at })
    }
}

/// Reads the most rows of a file.
fn max_rows(keys: &Keys<'_>, target: &Target, columns: &Columns) -> Result<Option<u64>, SinkError> {
    let invalid = |message: &str| Err(SinkError::config(MAX_ROWS, message));
    let Some(value) = keys.value(MAX_ROWS) else { return Ok(None) };
    // Environment variables are text.
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok()).filter(|number| *number >= 2);
    let Some(number) = number else {
        return invalid("`max_rows` must be a whole number of at least 2, for the header and a row");
    };
    match columns {
        Columns::All(_) => {
            invalid("`max_rows` needs `columns`: without them the header is only known at the end")
        }
        Columns::Listed(_) if target.place.is_some() => invalid("`max_rows` needs a file, not an object"),
        Columns::Listed(_) if target.mode == Mode::Append && target.is_of_partition() => {
            invalid("`max_rows` with `mode = \"append\"` needs one file for all windows and parents")
        }
        Columns::Listed(_) => Ok(Some(number)),
    }
}
