//! The sinks that longhaul carries: `stdout`, `ndjson` and `csv`.
//!
//! Each is a folder with the same files: `config.rs` reads the options, `sink.rs` writes. What the two that write
//! files share is in `file.rs`, compression included. What a person sees of records before there is a file is in `preview.rs`.

mod csv;
mod file;
mod ndjson;
mod preview;
mod stdout;

use std::sync::Arc;

use longhaul_core::{disk::Disk, sink::Registry};

use self::{csv::CsvType, ndjson::NdjsonType, stdout::StdoutType};
pub use self::{
    preview::{Level, Seen, Tabulated, pointers, tabulate},
    stdout::Stdout,
};

/// Adds `stdout`, `ndjson` and `csv` to `registry`; the first writes to `stdout`, the others to `disk`.
pub fn register(registry: &mut Registry, stdout: Stdout, disk: Arc<dyn Disk>) {
    registry.register("stdout", StdoutType::new(stdout));
    registry.register("ndjson", NdjsonType::new(Arc::clone(&disk)));
    registry.register("csv", CsvType::new(disk));
}
