//! Builds what makes partitions of parents, from `[streams.NAME.each]`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::Arc,
};

use longhaul_core::{
    Pointer,
    disk::{PrivateDisk, SystemDisk},
    pull::{Each, ParentsSink, lookup::NamesSink},
    sink::{OpenSink, Options, Registry, SinkError},
};
use longhaul_sinks::Stdout;
use serde_json::value::RawValue;

use super::lookups::NameSource;
use crate::{
    config::{self, ConfigError, Loaded},
    terminal::failure::Failure,
};

/// How partitions are made of parents.
pub(crate) fn each(each: &config::Each) -> Each {
    Each::new(each.source(), each.places(), each.add.clone().into_iter().collect())
}

/// A sink that keeps the parents in the file at `path`, which only its owner can read.
pub(crate) fn parents_sink(each: Arc<Each>, path: &Path) -> Result<ParentsSink, SinkError> {
    Ok(ParentsSink::new(each, private_lines(path)?))
}

/// A sink that keeps the names of `source` in the file at `path`, which only its owner can read.
pub(crate) fn names_sink(source: &NameSource, path: &Path) -> Result<NamesSink, SinkError> {
    let pointer =
        |text: &str| text.parse::<Pointer>().map_err(|error| SinkError::config("columns", error.to_string()));
    Ok(NamesSink::new(pointer(&source.by)?, pointer(&source.to)?, private_lines(path)?))
}

fn private_lines(path: &Path) -> Result<Box<dyn OpenSink>, SinkError> {
    let mut registry = Registry::default();
    let disk = Arc::new(PrivateDisk::new(Arc::new(SystemDisk)));
    longhaul_sinks::register(&mut registry, Stdout::of_process(), disk);
    let path = path.to_string_lossy().into_owned();
    let options = Options::from_iter([
        ("path".to_owned(), path.into()),
        // The ending of the file does not say how it is compressed.
        ("compression".to_owned(), "none".into()),
    ]);
    let lines = registry.get("ndjson").map_err(|error| SinkError::config("type", error.to_string()))?;
    lines.configure(&options)
}

/// Calls `next` with each parent that a file or list names, as JSON.
pub(crate) fn each_listed(
    loaded: &Loaded,
    name: &str,
    each: &config::Each,
    mut next: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(path) = &each.file else {
        return each.list.iter().try_for_each(|item| next(&item.to_string()));
    };
    let key = format!("streams.{name}.each.file");
    let shown = path.display();
    let wrong = |clause: String| Failure::from(loaded.error_at(&key, format!("`{key}`: {clause}")));
    let file = File::open(path).map_err(|error| wrong(format!("cannot read `{shown}`: {error}")))?;
    if path.extension().is_some_and(|ending| ending == "csv") {
        let mut rows = csv::Reader::from_reader(Quotes { inner: BufReader::new(file), are_closed: true });
        let header =
            rows.headers().cloned().map_err(|error| wrong(format!("cannot read `{shown}`: {error}")))?;
        if let Some(column) = repeated(&header) {
            return Err(wrong(format!("`{shown}` has two columns `{column}`")));
        }
        known_columns(loaded, name, each, &header, path)?;
        for row in rows.records() {
            let row = row.map_err(|error| wrong(format!("cannot read `{shown}`: {error}")))?;
            let object: serde_json::Map<_, _> =
                header.iter().zip(&row).map(|(name, value)| (name.to_owned(), value.into())).collect();
            next(&serde_json::Value::Object(object).to_string())?;
        }
        // The reader takes all that follows such a quote for one value.
        if !rows.get_ref().are_closed {
            return Err(wrong(format!("`{shown}` has a quote that is not closed")));
        }
        return Ok(());
    }
    for (line, number) in BufReader::new(file).lines().zip(1_u64..) {
        let line = line.map_err(|error| wrong(format!("cannot read `{shown}`: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        serde_json::from_str::<&RawValue>(&line)
            .map_err(|error| wrong(format!("line {number} of `{shown}` is not JSON: {error}")))?;
        next(line.trim())?;
    }
    Ok(())
}

/// Text whose quotes are counted.
struct Quotes<R> {
    inner: R,
    /// Whether as many were opened as closed so far.
    are_closed: bool,
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        into[..read].iter().for_each(|byte| self.are_closed ^= *byte == b'"');
        Ok(read)
    }
}

/// The name of a column that another one has, too.
fn repeated(header: &csv::StringRecord) -> Option<&str> {
    header.iter().enumerate().find_map(|(index, name)| header.iter().take(index).find(|other| *other == name))
}

/// Checks that the file has every column that `each` names.
fn known_columns(
    loaded: &Loaded,
    name: &str,
    each: &config::Each,
    header: &csv::StringRecord,
    path: &Path,
) -> Result<(), ConfigError> {
    let values = each.values.iter().map(|field| ("values", field));
    for (table, (placeholder, at)) in values.chain(each.add.iter().map(|field| ("add", field))) {
        let [column] = at.tokens() else { continue };
        if !header.iter().any(|name| name == column) {
            let columns: Vec<String> = header.iter().map(str::to_owned).collect();
            let suggestion = longhaul_core::suggest::closest(column, &columns);
            let key = format!("streams.{name}.each.{table}.{placeholder}");
            let clause = format!("`{key}`: `{}` has no column `{column}`{suggestion}", path.display());
            return Err(loaded.error_at(&key, clause));
        }
    }
    Ok(())
}
