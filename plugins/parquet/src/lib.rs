//! A sink that writes each stream, or each window of one, to an Apache Parquet file.
//!
//! `config.rs` reads the options, `sink.rs` is the open sink. Below them, `spool.rs` keeps the records until the pull
//! is complete, and `file.rs` makes a Parquet file of them, one row group (`group.rs`) at a time.
//!
//! A Parquet file ends with an index of all that is in it, so it cannot grow over several runs. The records of a pull
//! go to a spool beside the file, `.<name>.spool`, whose length is the receipt of a commit. Finishing makes the file of
//! it under another name, and only then gives it its own: under that name it is whole or not there.

mod config;
mod file;
mod group;
mod sink;
mod spool;

use longhaul_plugin::export_sink;

pub use self::config::Parquet;

export_sink!(Parquet);
