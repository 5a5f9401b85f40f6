//! The files that a partition is written to.

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use longhaul_core::{
    pull::{Each, window::Windows},
    sink::{Destination, Mark, OpenSink, Opened, Receipt, SinkError, Variables},
    state::Parent,
};
use serde_json::value::RawValue;

use crate::{
    build::StagedObject,
    session::partitions::{
        files::all_names,
        plan_file::{Line, StreamHeader},
        worker_sinks::{ATTEMPT, WorkerSink},
    },
};

/// A file or an object that a partition is written to.
#[derive(Debug)]
pub(crate) struct Output<'p> {
    /// The sink's name.
    pub(crate) sink_name: &'p str,
    sink: WorkerSink<'p>,
    variables: Variables,
}

/// Where the records of a complete partition are.
#[derive(Debug)]
pub(crate) enum Place {
    /// In a file.
    File(PathBuf),
    /// In an object. The local file of the attempt was uploaded.
    Object(StagedObject),
}

impl Place {
    /// Opens it, to read the records.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read>> {
        match self {
            Self::File(path) => Ok(Box::new(File::open(path)?)),
            Self::Object(object) => object.open(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Object(object) => f.write_str(object.shown()),
        }
    }
}

impl<'p> Output<'p> {
    /// The file or the object of a partition with these variables.
    pub(crate) fn new(sink: WorkerSink<'p>, variables: Variables) -> Self {
        Self { sink_name: sink.name, sink, variables }
    }

    /// Where its records are once the partition is complete.
    pub(crate) fn place(&self) -> Result<Place, SinkError> {
        match self.sink.objects {
            Some(objects) => objects.object(&self.variables).map(Place::Object),
            None => self.destination("").map(Place::File),
        }
    }

    /// The folder of the files of all attempts.
    pub(crate) fn folder(&self) -> Result<PathBuf, SinkError> {
        let path = self.destination("")?;
        Ok(path.parent().unwrap_or(&path).to_owned())
    }

    /// The path of the file of an attempt.
    pub(crate) fn path_of(&self, attempt: &str) -> Result<PathBuf, SinkError> {
        self.destination(&prefix(attempt))
    }

    /// All files that the attempt may have.
    pub(crate) fn files_of(&self, attempt: &str) -> Result<Vec<PathBuf>, SinkError> {
        Ok(all_names(&self.path_of(attempt)?))
    }

    /// A sink that writes to the file of the attempt.
    pub(crate) fn sink_of(&self, attempt: &str) -> AttemptSink<'p> {
        let variables = self.variables.clone().with(ATTEMPT, prefix(attempt));
        AttemptSink { sink: self.sink.sink, variables }
    }

    fn destination(&self, attempt: &str) -> Result<PathBuf, SinkError> {
        match self.sink.sink.destination(&self.variables.clone().with(ATTEMPT, attempt))? {
            Destination::File(path) => Ok(path),
            _ => Err(SinkError::config("type", "it does not write a file for each partition")),
        }
    }
}

/// What the names of all files of an attempt start with.
pub(crate) fn prefix(attempt: &str) -> String {
    format!(".{attempt}.")
}

/// A sink of an attempt. All that is pulled of a partition goes to its file, whatever the windows are halved to.
#[derive(Debug)]
pub(crate) struct AttemptSink<'p> {
    sink: &'p dyn OpenSink,
    variables: Variables,
}

impl OpenSink for AttemptSink<'_> {
    fn destination(&self, _: &Variables) -> Result<Destination, SinkError> {
        self.sink.destination(&self.variables)
    }

    fn open(&self, _: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        self.sink.open(&self.variables, from)
    }
}

/// The values of the placeholders in the paths of a partition's files. `shared` are those of its stream.
pub(crate) fn in_file_names(shared: Variables, line: &Line) -> serde_json::Result<Variables> {
    let variables = match &line.window {
        Some(window) => Windows::in_file_names(&shared, window),
        None => shared,
    };
    let variables = match &line.values {
        Some(values) => {
            let values: BTreeMap<String, Box<RawValue>> = serde_json::from_str(values.get())?;
            let values = values.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect();
            Each::in_file_names(variables, &Parent { values, fields: String::new() })
        }
        None => variables,
    };
    Ok(variables.with("partition", line.partition().in_file_names()))
}

/// The values of the placeholders that all partitions of a stream share.
pub(crate) fn shared(stream: &StreamHeader, folder: &Path) -> Variables {
    let placeholders = stream.placeholders.iter();
    placeholders.fold(Variables::new("", folder), |variables, (name, value)| variables.with(name, value))
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn files_of_attempts_are_hidden() {
        assert_eq!(prefix("0123"), ".0123.");
    }
}
