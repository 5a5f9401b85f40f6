//! The sink `xlsx`, used from the outside. The tests read the workbooks with other libraries.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod command;
mod conforming;
mod inferred;
mod openpyxl;
mod options;
mod pulls;
mod rows;
mod support;
mod values;
