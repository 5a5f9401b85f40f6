//! Sinks: where records are written.
//!
//! A sink is chosen by name from a [`Registry`], configured once ([`SinkType`]), opened once for each pull
//! ([`OpenSink`]) and then written to ([`Sink`]). The module `conformance`, behind the feature of that name, tests any
//! sink against the contract below.

mod batch;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod keys;
mod registry;
mod variables;

use std::{error::Error, fmt::Debug, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

pub(crate) use self::batch::Lines;
pub use self::{
    batch::Batch,
    error::{SinkError, SinkErrorKind},
    keys::Keys,
    registry::{Registry, UnknownSink},
    variables::{NotResource, UnknownPlaceholder, Variables},
};

/// The options of a sink: its table in the configuration, without `type`.
pub type Options = serde_json::Map<String, serde_json::Value>;

/// A type of sink, as a [`Registry`] has it under a name.
pub trait SinkType: Debug + Send + Sync {
    /// What the sink does, in one line for `longhaul sinks`.
    fn summary(&self) -> &str;

    /// The names of its options, for `longhaul sinks`.
    fn options(&self) -> Vec<String>;

    /// Checks the options and stores them. Nothing is opened, created or changed yet.
    ///
    /// # Errors
    /// [`SinkErrorKind::Config`], with the name of the invalid option.
    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError>;
}

/// A configured sink, ready to be opened for any number of pulls.
pub trait OpenSink: Debug + Send + Sync {
    /// Where the records of a pull with these variables will be. Nothing is changed.
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError>;

    /// Opens the sink for one pull.
    ///
    /// Without `from` the pull is new, and [`Opened::at`] is [`Mark::START`]. With `from`, the receipt and the mark of an
    /// earlier [`Sink::commit`], the pull resumes from there:
    ///
    /// * `at == from`: the sink rolled back to that commit. Everything written after it is gone.
    /// * `at > from`: the pages up to `at` are durable already, because the sink committed after the last checkpoint. The
    ///   engine does not write them again.
    /// * `at < from` is an error of the sink.
    ///
    /// The receipt of the last commit may also be passed after [`Sink::finish`]. Then opening succeeds, and finishing
    /// again changes nothing.
    ///
    /// # Errors
    /// The sink cannot be written to, or the receipt is not one of its own.
    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError>;
}

/// The result of [`OpenSink::open`].
#[derive(Debug)]
pub struct Opened {
    /// The open sink.
    pub sink: Box<dyn Sink>,
    /// How many pages of the pull the sink has.
    pub at: Mark,
}

/// An open sink, which takes the pages of one pull in order.
///
/// The engine calls, in this order:
///
/// 1. [`write`](Self::write), once for each page that has records, or several times if the page is long;
/// 2. [`commit`](Self::commit), from time to time, possibly before the first page, and always after the last one;
/// 3. [`finish`](Self::finish), once, when the pull is complete and every sink of the pull has committed.
///
/// After an `Err` the sink is only dropped. Dropping it without `finish` publishes nothing, and neither panics nor
/// blocks.
pub trait Sink: Debug + Send {
    /// Writes records of the next page. The sink may buffer them.
    ///
    /// # Errors
    /// The run ends. Everything committed before stays as it is.
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError>;

    /// Makes everything written so far durable: after `Ok` it survives a crash of the machine.
    ///
    /// `mark` counts the pages of the pull so far. If the run is resumed from here, [`OpenSink::open`] gets the receipt and
    /// the mark.
    ///
    /// # Errors
    /// The run ends. Earlier commits stay as they are.
    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError>;

    /// Publishes everything committed; a file, for example, gets its final name. This is the last call.
    ///
    /// # Errors
    /// The result could not be published.
    fn finish(self: Box<Self>) -> Result<(), SinkError>;
}

/// A position in a pull: how many pages came before it. The parts of a long page count as pages.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Mark(pub u64);

impl Mark {
    /// Before the first page.
    pub const START: Self = Self(0);

    /// The position after one more page.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What a sink needs to roll back to a commit, in its own format: for a file, its length. At most 4 KiB.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Receipt(pub String);

impl Receipt {
    /// Parses a receipt that is a single value.
    ///
    /// # Errors
    /// [`SinkErrorKind::Broken`]: it is not a receipt of this sink.
    pub fn parse<T: FromStr<Err: Error + Send + Sync + 'static>>(&self) -> Result<T, SinkError> {
        self.0.parse().map_err(|error| {
            let message = format!("the receipt `{}` was not issued by this sink", self.0);
            SinkError::new(SinkErrorKind::Broken, message).because(error)
        })
    }
}

/// Where the records of a pull are written.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Destination {
    /// A file, by its absolute final path. No two sinks of a run may have the same one.
    File(PathBuf),
    /// An object in a store, by its address, such as `s3://bucket/key`. No two sinks of a run may have the same one.
    Object(String),
    /// Standard output.
    Stdout,
    /// Anything else, as a description for the user.
    Elsewhere(String),
}

#[cfg(test)]
mod tests {
    use super::{Error, Receipt, SinkErrorKind};

    #[test]
    fn a_receipt_that_cannot_be_parsed_is_not_from_this_sink() {
        assert_eq!(Receipt("7".into()).parse::<u64>().unwrap(), 7);
        let error = Receipt("seven".into()).parse::<u64>().unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Broken);
        assert_eq!(error.to_string(), "the receipt `seven` was not issued by this sink");
        assert_eq!(error.source().unwrap().to_string(), "invalid digit found in string");
    }
}
