//! The sink `sqlite`, used from the outside. The tests read the results with their own SQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod command;
mod conforming;
mod errors;
mod inferred;
mod options;
mod pulls;
mod rows;
mod stream_columns;
mod support;
mod values;
