//! The built-in sinks: `stdout`, `ndjson` and `csv`.
//!
//! Each sink is a folder in which `config.rs` reads the options and `sink.rs` writes the records. The folder `file`
//! contains the shared parts of the sinks that write files, including compression. `preview.rs` shows records to a
//! person before anything is written.

mod csv;
mod file;
mod join;
mod ndjson;
mod preview;
mod stdout;

use std::sync::Arc;

use longhaul_core::{disk::Disk, sink::Registry};

use self::{csv::CsvType, ndjson::NdjsonType, stdout::StdoutType};
pub use self::{
    join::{Join, JoinError},
    preview::{Level, Seen, Tabulated, pointers, tabulate},
    stdout::Stdout,
};

/// Adds `stdout`, `ndjson` and `csv` to `registry`. The first writes to `stdout`, the others write to `disk`.
pub fn register(registry: &mut Registry, stdout: Stdout, disk: Arc<dyn Disk>) {
    registry.register("stdout", StdoutType::new(stdout));
    registry.register("ndjson", NdjsonType::new(Arc::clone(&disk)));
    registry.register("csv", CsvType::new(disk));
}
