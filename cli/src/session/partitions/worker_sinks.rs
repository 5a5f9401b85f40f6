//! The sinks of workers.

use std::collections::BTreeMap;

use longhaul_core::sink::{OpenSink, Options, SinkError};
use serde_json::Value;

use crate::{
    build::{ConfiguredSinks, ObjectPath, SinkFor, SinkTypes},
    session::{Session, partitions::plan_file::PlanFile},
    terminal::failure::Failure,
};

/// The placeholder for the name of an attempt, in the paths of the sinks of workers.
pub(crate) const ATTEMPT: &str = "attempt";

/// The sinks of the streams of a plan. Each writes a local file for each attempt, also if its path leads to a store.
#[derive(Debug)]
pub(crate) struct WorkerSinks {
    /// As configured, but with a place for the name of an attempt in their paths.
    pub(crate) configured: ConfiguredSinks,
    /// The paths of those whose files become objects.
    objects: BTreeMap<String, ObjectPath>,
}

/// A sink of a worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkerSink<'p> {
    /// Its name.
    pub(crate) name: &'p str,
    /// It writes a file.
    pub(crate) sink: &'p dyn OpenSink,
    /// The path of the objects that its files become.
    pub(crate) objects: Option<&'p ObjectPath>,
}

impl WorkerSinks {
    /// Configures the sinks of the streams of a plan.
    pub(crate) fn configure(session: &Session, plan: &PlanFile) -> Result<Self, Failure> {
        let mut wanted = Vec::new();
        for header in &plan.header.streams {
            let stream = session.loaded.stream(&header.name)?;
            wanted.extend(header.sinks.iter().map(|name| SinkFor::of(name, stream)));
        }
        let types = session.sink_types()?;
        let change = |options| with_attempt(in_file(options, &types));
        let configured = ConfiguredSinks::configure_with(&session.loaded, wanted, &types, change)?;
        let options = session.loaded.config.sinks.iter().map(|(name, sink)| (name, &sink.options));
        let objects = options.filter_map(|(name, options)| {
            // What is wrong with a path was found above.
            Some((name.clone(), object_path(options, &types).ok()??))
        });
        Ok(Self { objects: objects.collect(), configured })
    }

    /// The sink; `None` if it is not among these.
    pub(crate) fn get<'p>(&'p self, sink: SinkFor<'p>) -> Option<WorkerSink<'p>> {
        let name = sink.name;
        Some(WorkerSink { name, sink: self.configured.get(sink)?, objects: self.objects.get(name) })
    }
}

/// The options of a sink with the path of a local file, if it has that of an object.
fn in_file(mut options: Options, types: &SinkTypes) -> Options {
    if let Ok(Some(path)) = object_path(&options, types) {
        options.insert("path".to_owned(), Value::from(path.local_template()));
    }
    options
}

fn object_path(options: &Options, types: &SinkTypes) -> Result<Option<ObjectPath>, SinkError> {
    path_of(options).map_or(Ok(None), |path| types.object_path(path))
}

/// The options of a sink with a place for the name of an attempt in its path: in front of the name of the file, so that its
/// ending stays. Programs that read folders skip files whose names start with a dot.
fn with_attempt(mut options: Options) -> Options {
    if let Some(Value::String(path)) = options.get_mut("path") {
        let name = path.rfind('/').map_or(0, |slash| slash + 1);
        path.insert_str(name, &format!("{{{ATTEMPT}}}"));
    }
    options
}

/// The path of a sink with these options, as configured.
fn path_of(options: &Options) -> Option<&str> {
    options.get("path")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_name_of_an_attempt_comes_before_the_name_of_the_file() {
        let path = |path: &str| {
            let options = Options::from_iter([("path".to_owned(), json!(path))]);
            with_attempt(options)["path"].as_str().unwrap().to_owned()
        };
        assert_eq!(path("out/{partition}.csv.gz"), "out/{attempt}{partition}.csv.gz");
        assert_eq!(path("{partition}.csv"), "{attempt}{partition}.csv");
    }
}
