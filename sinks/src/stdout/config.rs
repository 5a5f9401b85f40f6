//! The options of the `stdout` sink.

use std::sync::Arc;

use longhaul_core::sink::{
    Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkType, Variables,
};

use super::{
    Stdout,
    sink::{CsvStdout, NdjsonStdout},
};
use crate::csv::{Style, Table};

/// The sink type `stdout`.
#[derive(Debug)]
pub(crate) struct StdoutType {
    stdout: Stdout,
}

/// A configured `stdout` sink.
#[derive(Debug)]
struct StdoutConfig {
    stdout: Stdout,
    format: Format,
}

/// The format of the records.
#[derive(Debug)]
enum Format {
    Ndjson,
    Csv(Arc<Table>),
}

impl StdoutType {
    /// A sink type that writes to `stdout`.
    pub(crate) fn new(stdout: Stdout) -> Self {
        Self { stdout }
    }
}

impl SinkType for StdoutType {
    fn summary(&self) -> &'static str {
        "standard output, as NDJSON or CSV"
    }

    fn options(&self) -> Vec<String> {
        let keys = ["format"].into_iter().chain(Table::KEYS).chain(Style::KEYS);
        keys.map(str::to_owned).collect()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        let keys = Keys::new(options, &self.options())?;
        let csv = keys.choice("format", &[("ndjson", false), ("csv", true)])?;
        let format = match Table::KEYS.into_iter().chain(Style::KEYS).find(|key| keys.value(key).is_some()) {
            Some(key) if !csv => {
                return Err(SinkError::config(key, format!("`{key}` needs `format = \"csv\"`")));
            }
            _ if csv => Format::Csv(Arc::new(Table::new(&keys)?)),
            _ => Format::Ndjson,
        };
        Ok(Box::new(StdoutConfig { stdout: self.stdout.clone(), format }))
    }
}

impl OpenSink for StdoutConfig {
    fn destination(&self, _: &Variables) -> Result<Destination, SinkError> {
        Ok(Destination::Stdout)
    }

    /// A pipe cannot be rolled back, so the sink resumes at the receipt's mark.
    fn open(&self, _: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let stdout = self.stdout.clone();
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        Ok(match &self.format {
            Format::Ndjson => Opened { sink: Box::new(NdjsonStdout::new(stdout)), at },
            Format::Csv(table) => Opened { sink: Box::new(CsvStdout::new(stdout, Arc::clone(table))), at },
        })
    }
}
