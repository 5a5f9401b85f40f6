//! The options of the `ndjson` sink.

use std::sync::Arc;

use longhaul_core::{
    disk::Disk,
    sink::{Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkType, Variables},
};

use super::sink::NdjsonSink;
use crate::{file::Target, object::Objects, output::Output};

/// The sink type `ndjson`.
#[derive(Debug)]
pub(crate) struct NdjsonType {
    disk: Arc<dyn Disk>,
    objects: Option<Objects>,
}

/// A configured `ndjson` sink.
#[derive(Debug)]
struct NdjsonConfig {
    target: Target,
}

impl NdjsonType {
    /// A sink type that writes to `disk`, or to objects.
    pub(crate) fn new(disk: Arc<dyn Disk>, objects: Option<Objects>) -> Self {
        Self { disk, objects }
    }
}

impl SinkType for NdjsonType {
    fn summary(&self) -> &'static str {
        "a file or object with one JSON record per line, as the server wrote it"
    }

    fn options(&self) -> Vec<String> {
        Target::KEYS.map(str::to_owned).into()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        let keys = Keys::new(options, &self.options())?;
        let target = Target::new(&keys, Arc::clone(&self.disk), self.objects.as_ref())?;
        Ok(Box::new(NdjsonConfig { target }))
    }
}

impl OpenSink for NdjsonConfig {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.target.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let output = Output::open(&self.target, variables, from)?;
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        Ok(Opened { sink: Box::new(NdjsonSink::new(output)), at })
    }
}
