//! The sink `parquet`, from the outside. What it wrote is read back row by row.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod command;
mod conforming;
#[cfg(unix)]
mod killed;
mod options;
mod pulls;
mod support;
mod values;
