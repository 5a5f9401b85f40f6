//! Tests of the contract of a sink, for any sink.
//!
//! A [`Suite`] needs to know how to create a new [`Subject`] (a configured sink, and a way to read what it published) and
//! when this kind of sink [publishes](Publishes). It calls the sink as the engine does, also as after a crash and a
//! resumed run, and compares what was published with what was written:
//!
//! ```no_run
//! # use longhaul_core::sink::conformance::{Publishes, Subject, Suite};
//! # fn example(fresh: fn() -> Subject) {
//! Suite::new(Publishes::AtFinish, fresh).verify();
//! # }
//! ```
//!
//! All records are JSON objects on one line.

mod cases;
mod subject;
#[cfg(test)]
mod tests;
mod trial;

use std::fmt;

pub use self::subject::{Publishes, Subject};
use self::{cases::CASES, subject::Promises, trial::Trial};

/// The tests of the contract, for one kind of sink.
pub struct Suite {
    promises: Promises,
    fresh: Box<dyn Fn() -> Subject>,
    stored: Box<dyn Fn(&str) -> String>,
}

/// The result of one case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// The name of the case, such as `an older receipt rolls back further`.
    pub case: &'static str,
    /// How the sink violated the contract, or `None` if it did not.
    pub failure: Option<String>,
}

impl Suite {
    /// A suite that calls `fresh` once for each case.
    pub fn new(publishes: Publishes, fresh: impl Fn() -> Subject + 'static) -> Self {
        let promises = Promises { publishes, merges_identical: false, rejects_long: false };
        Self { promises, fresh: Box::new(fresh), stored: Box::new(str::to_owned) }
    }

    /// Sets how records are read back from a sink that keeps values but not their text, such as a database that reorders
    /// keys. `stored` turns the text of a record into the text that is read back.
    #[must_use]
    pub fn stored_as(self, stored: impl Fn(&str) -> String + 'static) -> Self {
        Self { stored: Box::new(stored), ..self }
    }

    /// For a sink that is configured to keep one of several identical records, such as a table whose key is the record.
    #[must_use]
    pub fn merging_identical_records(self) -> Self {
        Self { promises: Promises { merges_identical: true, ..self.promises }, ..self }
    }

    /// For a sink that cannot hold a long record and rejects it, such as a cell of a spreadsheet.
    #[must_use]
    pub fn rejecting_long_records(self) -> Self {
        Self { promises: Promises { rejects_long: true, ..self.promises }, ..self }
    }

    /// The names of all cases, in order.
    pub fn cases() -> impl ExactSizeIterator<Item = &'static str> {
        CASES.iter().map(|(case, _)| *case)
    }

    /// Runs every case, each when its result is asked for.
    pub fn run(&self) -> impl Iterator<Item = Outcome> {
        CASES.iter().map(|(case, check)| Outcome { case, failure: check(&self.trial()).err() })
    }

    /// Runs one pull, and calls `durable` whenever everything written must survive a crash of the machine: after each of
    /// several commits, and at the end. For an observer of the system calls.
    ///
    /// # Errors
    /// How the sink violated the contract.
    pub fn observe(&self, mut durable: impl FnMut()) -> Result<(), String> {
        let trial = self.trial();
        let mut pull = trial.begin()?;
        for last in [1, 2, 4] {
            pull.deliver_to(last)?;
            pull.commit()?;
            durable();
        }
        pull.finish()?;
        durable();
        Ok(())
    }

    fn trial(&self) -> Trial<'_> {
        Trial::new((self.fresh)(), self.promises, &self.stored)
    }

    /// Runs every case.
    ///
    /// # Panics
    /// If any case fails. The message names each of them and how the sink violated the contract.
    pub fn verify(&self) {
        let failed = self.run().filter_map(|outcome| {
            let failure = outcome.failure?;
            Some(format!("\n  {}: {failure}", outcome.case))
        });
        let failed = failed.collect::<String>();
        assert!(failed.is_empty(), "the sink violates its contract:{failed}");
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("promises", &self.promises).finish_non_exhaustive()
    }
}
