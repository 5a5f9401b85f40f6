//! A sink that writes each stream, or each window of one, to an Apache Parquet file.
//!
//! `config.rs` reads the options, and `layout.rs` has the layout of a file. `file.rs` writes it, one row group (`group.rs`)
//! at a time. `random.rs` says what the writer needs besides.
//!
//! A Parquet file ends with an index of its content, so it cannot grow over several runs. The records of a pull go to a
//! spool next to it, and the file is written when the pull is complete: see `SpooledFile` in `longhaul-table`.

mod config;
mod error;
mod file;
mod group;
mod layout;
mod random;

pub use self::config::Parquet;

#[cfg(feature = "library")]
longhaul_plugin::export_sink!(Parquet);
