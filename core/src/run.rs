//! The main loop: every page of a listing into every sink. Reads top-down with `pages.rs` and `client.rs`.

use crate::{
    client::Client,
    event::Event,
    pages::{Listing, PageError, Pages},
    sink::{Mark, OpenSink, Sink, SinkError, Site},
};

/// One pull: a listing, and the sinks that its records go to.
#[derive(Debug)]
pub struct Pull<'a> {
    /// What is pulled.
    pub listing: &'a Listing,
    /// Where it goes, under the names that errors use.
    pub sinks: Vec<(&'a str, &'a dyn OpenSink)>,
    /// What the sinks are told of the pull.
    pub site: Site,
}

/// What a complete pull came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Summary {
    /// How many records were written.
    pub records: u64,
    /// How many pages they came in.
    pub pages: u64,
}

/// Pulls every page into every sink, and publishes what was pulled once all of it is durable everywhere.
pub fn run(pull: &Pull<'_>, client: &Client) -> Result<Summary, PullError> {
    let mut sinks = open(pull)?;
    let mut summary = Summary::default();
    let mut pages = Pages::new(client, pull.listing);
    while let Some(page) = pages.fetch()? {
        let batch = page.batch();
        if !batch.is_empty() {
            each(&mut sinks, |sink| sink.write(&batch))?;
        }
        summary.records += batch.len() as u64;
        summary.pages += 1;
        client.observer().on(&Event::PageWritten { records: batch.len(), bytes: batch.bytes().len() });
        pages.recycle(page);
    }
    each(&mut sinks, |sink| sink.commit(Mark(summary.pages)).map(drop))?;
    for Named { name, sink } in sinks {
        sink.finish().map_err(|source| PullError::sink(name, source))?;
    }
    Ok(summary)
}

/// An open sink under its name.
struct Named<'a> {
    name: &'a str,
    sink: Box<dyn Sink>,
}

fn open<'a>(pull: &Pull<'a>) -> Result<Vec<Named<'a>>, PullError> {
    let opened = pull.sinks.iter().map(|(name, opener)| {
        let opened = opener.open(&pull.site, None).map_err(|source| PullError::sink(name, source))?;
        Ok(Named { name, sink: opened.sink })
    });
    opened.collect()
}

fn each(
    sinks: &mut [Named<'_>],
    mut act: impl FnMut(&mut dyn Sink) -> Result<(), SinkError>,
) -> Result<(), PullError> {
    sinks
        .iter_mut()
        .try_for_each(|named| act(named.sink.as_mut()).map_err(|source| PullError::sink(named.name, source)))
}

/// A pull that is not complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// A page could not be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A sink failed.
    #[error("the sink `{name}` failed")]
    Sink {
        /// Its name.
        name: String,
        /// What it said.
        source: SinkError,
    },
}

impl PullError {
    fn sink(name: &str, source: SinkError) -> Self {
        Self::Sink { name: name.to_owned(), source }
    }
}
