//! A sink that writes each stream, or each window of one, to an Apache Parquet file.
//!
//! `config.rs` reads the options, and `sink.rs` is the open sink. `spool.rs` stores the records until the pull is
//! complete. `file.rs` then writes them to a Parquet file, one row group (`group.rs`) at a time.
//!
//! A Parquet file ends with an index of its content, so it cannot grow over several runs. The records of a pull go to
//! a spool next to the file, `.<name>.spool`; the receipt of a commit is the length of the spool. Finishing writes
//! the file under a temporary name and then renames it, so readers never see a partial file.

mod config;
mod error;
mod file;
mod group;
mod layout;
mod sink;
mod spool;

use longhaul_plugin::export_sink;

pub use self::config::Parquet;

export_sink!(Parquet);
