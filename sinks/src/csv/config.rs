//! The options of the `csv` sink.

use std::sync::Arc;

use longhaul_core::{
    disk::Disk,
    sink::{Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkType, Variables},
};

use super::{sink::CsvSink, spooled::SpooledCsv, style::Style, table::Table};
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
}

/// The columns of a table.
#[derive(Debug)]
enum Columns {
    /// The listed columns.
    Listed(Arc<Table>),
    /// All columns that the records have.
    All(Style),
}

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
        let keys = Target::KEYS.into_iter().chain(Table::KEYS).chain(Style::KEYS);
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
        Ok(Box::new(CsvConfig { target, columns }))
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
        let mut output = Output::open(&self.target, variables, from)?;
        if let (None, Output::File(file)) = (from, &mut output)
            && !file.is_empty()?
        {
            table.check_header(file)?;
        }
        Ok(Opened { sink: Box::new(CsvSink::new(output, self.target.mode, table)?), at })
    }
}
