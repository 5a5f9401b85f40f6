//! A sink whose records have names beside their ids.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    names::Names,
    places::{Place, Stopped},
};
use crate::sink::{
    Batch, Destination, Lines, Mark, OpenSink, Opened, Receipt, Sink, SinkError, SinkErrorKind, Variables,
};

/// A column with names.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The places of the ids, and the members that hold the names.
    pub place: Place,
    /// The names.
    pub names: SharedNames,
}

/// Names that are known before the first record is written. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct SharedNames(Arc<Mutex<Option<Arc<Names>>>>);

impl SharedNames {
    /// Sets the names for the next pull.
    pub fn set(&self, names: Arc<Names>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
    }

    fn get(&self) -> Result<Arc<Names>, SinkError> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        names.ok_or_else(|| SinkError::new(SinkErrorKind::Broken, "the names of the ids are not known yet"))
    }
}

/// A sink that adds names to the records that it gives to another one. Only that sink sees them, because it has columns for
/// them; the records themselves stay as they are.
#[derive(Debug)]
pub struct NamingSink {
    inner: Box<dyn OpenSink>,
    lookups: Arc<[Lookup]>,
}

impl NamingSink {
    /// A sink that gives records to `inner`.
    pub fn new(inner: Box<dyn OpenSink>, lookups: Vec<Lookup>) -> Self {
        Self { inner, lookups: lookups.into() }
    }
}

impl OpenSink for NamingSink {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.inner.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let Opened { sink, at } = self.inner.open(variables, from)?;
        let lookups = Arc::clone(&self.lookups);
        Ok(Opened { sink: Box::new(OpenNaming { inner: sink, lookups }), at })
    }
}

#[derive(Debug)]
struct OpenNaming {
    inner: Box<dyn Sink>,
    lookups: Arc<[Lookup]>,
}

impl Sink for OpenNaming {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut lines = Lines::default();
        let names = self.lookups.iter().map(|lookup| lookup.names.get()).collect::<Result<Vec<_>, _>>()?;
        for record in batch.records() {
            let record = str::from_utf8(record).unwrap_or_default();
            let mut insertions = Vec::new();
            for (Lookup { place, .. }, names) in self.lookups.iter().zip(&names) {
                let mut name = |id: &str| Ok(names.of(id)?.map(str::to_owned));
                match place.insertions(record, &mut name, &mut insertions) {
                    Err(Stopped::Sink(error)) => return Err(error),
                    // The other sink says what is wrong.
                    Err(Stopped::NotJson(_)) | Ok(()) => {}
                }
            }
            insertions.sort_by_key(|insertion| insertion.at);
            let (mut parts, mut from) = (Vec::with_capacity(2 * insertions.len() + 1), 0);
            for insertion in &insertions {
                parts.extend([&record[from..insertion.at], &insertion.text]);
                from = insertion.at;
            }
            parts.push(&record[from..]);
            lines.push(&parts);
        }
        self.inner.write(&lines.batch())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.inner.commit(mark)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.inner.finish()
    }
}
