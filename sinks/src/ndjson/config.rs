//! The options of the `ndjson` sink.

use std::sync::Arc;

use longhaul_core::{
    disk::Disk,
    sink::{Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkType, Variables},
};

use super::sink::NdjsonSink;
use crate::file::{RecordFile, Target};

/// The sink type `ndjson`.
#[derive(Debug)]
pub(crate) struct NdjsonType {
    disk: Arc<dyn Disk>,
}

/// A configured `ndjson` sink.
#[derive(Debug)]
struct NdjsonConfig {
    target: Target,
}

impl NdjsonType {
    /// A sink type that writes to `disk`.
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }
}

impl SinkType for NdjsonType {
    fn summary(&self) -> &'static str {
        "a file with one JSON record per line, as the server wrote it"
    }

    fn options(&self) -> Vec<String> {
        Target::KEYS.map(str::to_owned).into()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        let keys = Keys::new(options, &self.options())?;
        Ok(Box::new(NdjsonConfig { target: Target::new(&keys, Arc::clone(&self.disk))? }))
    }
}

impl OpenSink for NdjsonConfig {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        Ok(Destination::File(self.target.file(variables)?.absolute))
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let file = RecordFile::open(&self.target, variables, from)?;
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        Ok(Opened { sink: Box::new(NdjsonSink::new(file)), at })
    }
}
