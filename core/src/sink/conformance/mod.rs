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
use self::{cases::CASES, trial::Trial};

/// The tests of the contract, for one kind of sink.
pub struct Suite {
    publishes: Publishes,
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
        Self { publishes, fresh: Box::new(fresh), stored: Box::new(str::to_owned) }
    }

    /// Sets how records are read back from a sink that keeps values but not their text, such as a database that reorders
    /// keys. `stored` turns the text of a record into the text that is read back.
    #[must_use]
    pub fn stored_as(self, stored: impl Fn(&str) -> String + 'static) -> Self {
        Self { stored: Box::new(stored), ..self }
    }

    /// Runs every case and returns the results.
    pub fn run(&self) -> Vec<Outcome> {
        let outcome = |(case, check): &(&'static str, cases::Check)| {
            let trial = Trial::new((self.fresh)(), self.publishes, &self.stored);
            Outcome { case, failure: check(&trial).err() }
        };
        CASES.iter().map(outcome).collect()
    }

    /// Runs every case.
    ///
    /// # Panics
    /// If any case fails. The message names each of them and how the sink violated the contract.
    pub fn verify(&self) {
        let outcomes = self.run();
        let failed = outcomes.iter().filter_map(|outcome| {
            let failure = outcome.failure.as_ref()?;
            Some(format!("\n  {}: {failure}", outcome.case))
        });
        let failed = failed.collect::<String>();
        assert!(failed.is_empty(), "the sink violates its contract:{failed}");
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("publishes", &self.publishes).finish_non_exhaustive()
    }
}
