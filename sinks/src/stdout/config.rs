//! The options of the `stdout` sink.

use std::sync::Arc;

use longhaul_core::sink::{
    Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, Sink, SinkError, SinkType, Variables,
};

use super::{
    Stdout,
    sink::{CsvStdout, NdjsonStdout, SingerStdout},
};
use crate::{
    csv::{Style, Table},
    singer::Layout,
};

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
    Singer(Arc<Layout>),
}

/// The name of a format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Named {
    Ndjson,
    Csv,
    Singer,
}

impl Named {
    /// Whether an output of this format has the option `key`.
    fn has(self, key: &str) -> bool {
        match self {
            Self::Ndjson => false,
            Self::Csv => Table::KEYS.iter().chain(&Style::KEYS).any(|known| *known == key),
            Self::Singer => Layout::KEYS.contains(&key),
        }
    }
}

impl StdoutType {
    /// A sink type that writes to `stdout`.
    pub(crate) fn new(stdout: Stdout) -> Self {
        Self { stdout }
    }
}

impl SinkType for StdoutType {
    fn summary(&self) -> &'static str {
        "standard output, as NDJSON, CSV or messages of Singer"
    }

    fn options(&self) -> Vec<String> {
        let own = ["format"].into_iter().chain(Table::KEYS).chain(Style::KEYS);
        // Both have `columns`.
        let of_singer = Layout::KEYS.into_iter().filter(|key| !Table::KEYS.contains(key));
        own.chain(of_singer).map(str::to_owned).collect()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        let known = self.options();
        let keys = Keys::new(options, &known)?;
        let formats = [("ndjson", Named::Ndjson), ("csv", Named::Csv), ("singer", Named::Singer)];
        let format = keys.choice("format", &formats)?;
        let of_other = |key: &&String| *key != "format" && keys.value(key).is_some() && !format.has(key);
        if let Some(key) = known.iter().find(of_other) {
            let needed: Vec<_> = formats
                .iter()
                .filter(|(_, format)| format.has(key))
                .map(|(name, _)| format!("`format = \"{name}\"`"))
                .collect();
            return Err(SinkError::config(key, format!("`{key}` needs {}", needed.join(" or "))));
        }
        let format = match format {
            Named::Ndjson => Format::Ndjson,
            Named::Csv => Format::Csv(Arc::new(Table::new(&keys)?)),
            Named::Singer => Format::Singer(Arc::new(Layout::new(&keys)?)),
        };
        Ok(Box::new(StdoutConfig { stdout: self.stdout.clone(), format }))
    }
}

impl OpenSink for StdoutConfig {
    fn destination(&self, _: &Variables) -> Result<Destination, SinkError> {
        Ok(Destination::Stdout)
    }

    /// A pipe cannot be rolled back, so the sink resumes at the receipt's mark.
    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        self.stdout.check()?;
        let stdout = self.stdout.clone();
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        let sink: Box<dyn Sink> = match &self.format {
            Format::Ndjson => Box::new(NdjsonStdout::new(stdout)),
            Format::Csv(table) => Box::new(CsvStdout::new(stdout, Arc::clone(table))),
            Format::Singer(layout) => {
                Box::new(SingerStdout::new(stdout, Arc::clone(layout), variables.stream()))
            }
        };
        Ok(Opened { sink, at })
    }
}
