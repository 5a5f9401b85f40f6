//! Files that end with an index, and so cannot grow over several runs.

mod error;
mod format;
mod rows;
mod sink;
mod spool;

pub use self::{error::file_error, format::FileFormat, rows::SpooledRows, sink::SpooledFile};
