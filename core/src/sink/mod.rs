//! Where records go.
//!
//! A sink is chosen by name from a [`Registry`], configured once ([`SinkType`]), opened once for each pull
//! ([`OpenSink`]) and then written to ([`Sink`]). The contract below is also a set of functions that any sink can
//! be held against: the module `conformance`, behind the feature of that name.

mod batch;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod keys;
mod registry;
mod site;

use std::{error::Error, fmt::Debug, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

pub use self::{
    batch::Batch,
    error::{SinkError, SinkErrorKind},
    keys::Keys,
    registry::{Registry, UnknownSink},
    site::{Site, UnknownPlaceholder},
};

/// The options of a sink as its table in the configuration holds them, without `type`.
pub type Options = serde_json::Map<String, serde_json::Value>;

/// A kind of sink: what a [`Registry`] holds under a name.
pub trait SinkType: Debug + Send + Sync {
    /// One line that says what the sink does, for `longhaul sinks`.
    fn summary(&self) -> &str;

    /// The names of the options it takes, for `longhaul sinks`.
    fn options(&self) -> Vec<String>;

    /// Checks the options and keeps them. Nothing is opened, made or touched yet.
    ///
    /// # Errors
    /// [`SinkErrorKind::Config`], naming the option where one is at fault.
    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError>;
}

/// A configured sink, ready to be opened for any number of pulls.
pub trait OpenSink: Debug + Send + Sync {
    /// Where the records of a pull at `site` will be found. Nothing is touched.
    fn destination(&self, site: &Site) -> Result<Destination, SinkError>;

    /// Opens the sink for one pull.
    ///
    /// Without `from` the pull begins, and [`Opened::at`] is [`Mark::START`]. With `from`, the receipt and the mark
    /// of an earlier [`Sink::commit`], the pull goes on from there:
    ///
    /// * `at == from`: the sink went back to its state at that commit; what came after is gone from it.
    /// * `at > from`: pages up to `at` are durable already (a database that committed ahead of the checkpoint).
    ///   The engine does not write those again.
    /// * `at < from` is an error of the sink.
    ///
    /// A receipt of the last commit may also come after [`Sink::finish`] has done its work: opening then succeeds,
    /// and finishing again changes nothing.
    fn open(&self, site: &Site, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError>;
}

/// What [`OpenSink::open`] gives.
#[derive(Debug)]
pub struct Opened {
    /// The open sink.
    pub sink: Box<dyn Sink>,
    /// How far the pull has come in this sink.
    pub at: Mark,
}

/// An open sink: takes the pages of one pull, in order.
///
/// The engine calls, in this order:
///
/// 1. [`write`](Self::write), once for each page that has records;
/// 2. now and then [`commit`](Self::commit), before the first page perhaps, and always after the last one;
/// 3. [`finish`](Self::finish), once, when the pull is complete and every sink of the pull has committed.
///
/// After any `Err` nothing is called but drop. Dropping without `finish` publishes nothing, and neither panics nor
/// blocks.
pub trait Sink: Debug + Send {
    /// Takes the records of one page. It may keep them in memory.
    ///
    /// On `Err` the run ends; what was committed stays as it is.
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError>;

    /// Makes everything written so far durable: once this returns `Ok`, it survives a crash of the machine.
    ///
    /// `mark` counts the pages that the pull has delivered. The receipt and the mark are what
    /// [`OpenSink::open`] gets should the run be taken up from here.
    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError>;

    /// Publishes what was committed: a file takes its final name. The last call.
    fn finish(self: Box<Self>) -> Result<(), SinkError>;
}

/// A number of pages of a pull, all of them delivered.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Mark(pub u64);

impl Mark {
    /// Before the first page.
    pub const START: Self = Self(0);

    /// One page further.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A sink's own note of where it stood at a commit: for a file, its length. At most 4 KiB.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Receipt(pub String);

impl Receipt {
    /// What it says, where that is a single value.
    ///
    /// # Errors
    /// [`SinkErrorKind::Broken`]: it is not one that the sink gave.
    pub fn parse<T: FromStr<Err: Error + Send + Sync + 'static>>(&self) -> Result<T, SinkError> {
        self.0.parse().map_err(|error| {
            let message = format!("the receipt `{}` was not issued by this sink", self.0);
            SinkError::new(SinkErrorKind::Broken, message).because(error)
        })
    }
}

/// Where the records of a pull can be found.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Destination {
    /// A file under its final name, absolute. No two sinks of a run may share one.
    File(PathBuf),
    /// Standard output.
    Stdout,
    /// Anything else, in the sink's own words.
    Elsewhere(String),
}

#[cfg(test)]
mod tests {
    use super::{Error, Receipt, SinkErrorKind};

    #[test]
    fn a_receipt_is_a_value_or_not_one_of_the_sink() {
        assert_eq!(Receipt("7".into()).parse::<u64>().unwrap(), 7);
        let error = Receipt("seven".into()).parse::<u64>().unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Broken);
        assert_eq!(error.to_string(), "the receipt `seven` was not issued by this sink");
        assert_eq!(error.source().unwrap().to_string(), "invalid digit found in string");
    }
}
