//! The sink `parquet`, used from the outside. The tests read the files row by row.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod command;
mod conforming;
mod inferred;
#[cfg(unix)]
mod killed;
mod options;
mod pulls;
mod rows;
mod support;
mod values;
