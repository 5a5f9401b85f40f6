//! The contract of a sink, as cases that any sink can be held against.
//!
//! A [`Suite`] is told how to make a fresh [`Subject`] (a configured sink, and a way to read back what it
//! published) and when that kind of sink [publishes](Publishes). It calls the sink as the engine does, also as an
//! engine that was killed and taken up again, and compares what can be read with what was sent:
//!
//! ```no_run
//! # use longhaul_core::sink::conformance::{Publishes, Subject, Suite};
//! # fn example(fresh: fn() -> Subject) {
//! Suite::new(Publishes::AtFinish, fresh).verify();
//! # }
//! ```
//!
//! All records that are sent are JSON objects of one line.

mod cases;
mod subject;
#[cfg(test)]
mod tests;
mod trial;

use std::fmt;

pub use self::subject::{Publishes, Subject};
use self::{cases::CASES, trial::Trial};

/// The cases of the contract, for one kind of sink.
pub struct Suite {
    publishes: Publishes,
    fresh: Box<dyn Fn() -> Subject>,
    stored: Box<dyn Fn(&str) -> String>,
}

/// How one case went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// The name of the case, such as `an older receipt rolls back further`.
    pub case: &'static str,
    /// What the sink did instead; `None` where it kept the contract.
    pub failure: Option<String>,
}

impl Suite {
    /// A suite that calls `fresh` once for each case.
    pub fn new(publishes: Publishes, fresh: impl Fn() -> Subject + 'static) -> Self {
        Self { publishes, fresh: Box::new(fresh), stored: Box::new(str::to_owned) }
    }

    /// For a sink that keeps values but not their text (a database that reorders keys): `stored` gives the text
    /// under which a record is read back.
    #[must_use]
    pub fn stored_as(self, stored: impl Fn(&str) -> String + 'static) -> Self {
        Self { stored: Box::new(stored), ..self }
    }

    /// The outcome of every case.
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
    /// If any fails; the message names each that did and what the sink did instead.
    pub fn verify(&self) {
        let outcomes = self.run();
        let failed = outcomes.iter().filter_map(|outcome| {
            let failure = outcome.failure.as_ref()?;
            Some(format!("\n  {}: {failure}", outcome.case))
        });
        let failed = failed.collect::<String>();
        assert!(failed.is_empty(), "the sink breaks its contract:{failed}");
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("publishes", &self.publishes).finish_non_exhaustive()
    }
}
