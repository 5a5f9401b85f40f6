//! What a `csv` sink is told.

use std::sync::Arc;

use longhaul_core::sink::{Destination, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkType, Site};

use super::{sink::CsvSink, style::Style, table::Table};
use crate::{
    file::{RecordFile, Target},
    keys::{Keys, owned},
};

/// The sink type `csv`.
#[derive(Debug)]
pub(crate) struct CsvType;

/// A configured `csv` sink.
#[derive(Debug)]
struct CsvConfig {
    target: Target,
    table: Arc<Table>,
}

impl SinkType for CsvType {
    fn summary(&self) -> &'static str {
        "a CSV file with one record a row"
    }

    fn options(&self) -> Vec<String> {
        owned(Target::KEYS.into_iter().chain(Table::KEYS).chain(Style::KEYS))
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        let keys = Keys::new(options, &self.options())?;
        Ok(Box::new(CsvConfig { target: Target::new(&keys)?, table: Arc::new(Table::new(&keys)?) }))
    }
}

impl OpenSink for CsvConfig {
    fn destination(&self, site: &Site) -> Result<Destination, SinkError> {
        Ok(Destination::File(self.target.place(site)?.path))
    }

    fn open(&self, site: &Site, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let mut file = RecordFile::open(&self.target, site, from.map(|(receipt, _)| receipt))?;
        if from.is_none() && !file.is_empty() {
            self.table.check_follows(&mut file)?;
        }
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        Ok(Opened { sink: Box::new(CsvSink::new(file, self.target.mode, Arc::clone(&self.table))), at })
    }
}
