//! What ids stand for.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Error, ErrorKind},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::value::RawValue;

use crate::{
    disk::{Disk, Open},
    json::{PointerTree, pointer::Pointer, text},
    sink::{
        Batch, Destination, Lines, Mark, OpenSink, Opened, Receipt, Sink, SinkError, SinkErrorKind, Variables,
    },
};

/// The most names that are held in memory.
const MAX_NAMES: usize = 1_000_000;

/// The names of ids.
#[derive(Debug)]
pub struct Names {
    /// The stream that has them.
    stream: String,
    /// The JSON text of each name, by the text of its id.
    by_id: HashMap<String, String>,
    unknown: Unknown,
    /// How many ids have no name.
    unnamed: AtomicU64,
}

/// What happens to an id without a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unknown {
    /// It is counted, and its column is empty.
    Empty,
    /// It is an error.
    Error,
}

/// Why there are no names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NamesError {
    /// The file cannot be read.
    #[error("cannot read the names")]
    Unreadable(#[from] Error),
    /// Two records have the same id and different names.
    #[error("two records of `{stream}` have the id `{id}`, but different names: {first} and {second}")]
    Ambiguous {
        /// The stream that has the records.
        stream: String,
        /// The id.
        id: String,
        /// The name of the first record.
        first: String,
        /// The name of the second.
        second: String,
    },
    /// There are too many to hold them in memory.
    #[error("`{stream}` has more than 1,000,000 names")]
    TooMany {
        /// The stream that has them.
        stream: String,
    },
}

impl Names {
    /// Reads the names of the records of `stream` from a file that a [`NamesSink`] has written.
    ///
    /// # Errors
    /// The file cannot be read, an id has two names, or there are too many names.
    pub fn read(disk: &dyn Disk, path: &Path, stream: &str, unknown: Unknown) -> Result<Self, NamesError> {
        let mut file = disk.open(path, Open::Existing)?;
        let mut names = HashMap::<String, String>::new();
        for line in BufReader::new(&mut *file).lines() {
            let line = line?;
            let damaged = |error| Error::new(ErrorKind::InvalidData, error);
            let [id, name]: [&RawValue; 2] = serde_json::from_str(&line).map_err(damaged)?;
            let (id, name) = (text(id.get()).into_owned(), name.get());
            match names.get(&id) {
                Some(first) if first == name => {}
                Some(first) => {
                    let (stream, first, second) = (stream.to_owned(), first.clone(), name.to_owned());
                    return Err(NamesError::Ambiguous { stream, id, first, second });
                }
                None if names.len() == MAX_NAMES => {
                    return Err(NamesError::TooMany { stream: stream.to_owned() });
                }
                None => drop(names.insert(id, name.to_owned())),
            }
        }
        Ok(Self { stream: stream.to_owned(), by_id: names, unknown, unnamed: AtomicU64::new(0) })
    }

    /// The stream that has them.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// How many ids had no name so far.
    pub fn unnamed(&self) -> u64 {
        self.unnamed.load(Ordering::Relaxed)
    }

    /// The name of the id with this JSON text. `null` needs no name.
    pub(super) fn of(&self, id: &str) -> Result<Option<&str>, SinkError> {
        if id == "null" {
            return Ok(None);
        }
        let name = self.by_id.get(&*text(id)).map(String::as_str);
        if name.is_none() {
            self.unnamed.fetch_add(1, Ordering::Relaxed);
        }
        match (name, self.unknown) {
            (None, Unknown::Error) => Err(unnamed(&self.stream, id)),
            (name, _) => Ok(name),
        }
    }
}

/// The error for an id without a name.
fn unnamed(stream: &str, id: &str) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, format!("no record of `{stream}` has a name for the id {id}"))
}

/// A sink that keeps the names of ids. It writes lines to another sink.
#[derive(Debug)]
pub struct NamesSink {
    by: Pointer,
    to: Pointer,
    lines: Box<dyn OpenSink>,
}

impl NamesSink {
    /// A sink that writes the ids at `by` and the names at `to` to `lines`, for [`Names`] to read.
    pub fn new(by: Pointer, to: Pointer, lines: Box<dyn OpenSink>) -> Self {
        Self { by, to, lines }
    }
}

impl OpenSink for NamesSink {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.lines.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let Opened { sink, at } = self.lines.open(variables, from)?;
        let tree = PointerTree::of([&self.by, &self.to]);
        Ok(Opened { sink: Box::new(OpenNames { tree, lines: sink }), at })
    }
}

#[derive(Debug)]
struct OpenNames {
    tree: PointerTree,
    lines: Box<dyn Sink>,
}

impl Sink for OpenNames {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut lines = Lines::default();
        for record in batch.records() {
            let mut found = [None; 2];
            // Records are valid JSON.
            let _ = self.tree.find(str::from_utf8(record).unwrap_or_default(), &mut found);
            if let [Some(id), Some(name)] = found
                && id != "null"
                && name != "null"
            {
                lines.push(&["[", id, ",", name, "]"]);
            }
        }
        self.lines.write(&lines.batch())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.lines.commit(mark)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.lines.finish()
    }
}
