//! The sink `sqlite`, from the outside. What it wrote is read back with statements of the tests' own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod command;
mod conforming;
mod failures;
mod options;
mod pulls;
mod support;
mod values;
