//! Files that end with an index, and so cannot grow over several runs.

mod error;
mod format;
mod own_file;
mod part_file;
mod rows;
mod sink;
mod spool;
#[cfg(test)]
mod tests;

pub use self::{format::FileFormat, part_file::PartFile, rows::SpooledRows, sink::SpooledFile};
