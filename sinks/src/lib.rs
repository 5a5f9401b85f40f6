//! The built-in sinks: `stdout`, `ndjson`, `csv` and `singer`.
//!
//! Each sink is a folder in which `config.rs` reads the options and `sink.rs` writes the records. The folder `file`
//! contains the shared parts of the sinks that write files, including compression; the folder `object`, those of objects in
//! a store; `output.rs` is either. `preview.rs` shows records to a
//! person before anything is written.

mod csv;
mod file;
mod join;
mod ndjson;
mod object;
mod output;
mod preview;
mod singer;
mod stdout;

use std::sync::Arc;

use longhaul_core::{disk::Disk, sink::Registry};

use self::{csv::CsvType, ndjson::NdjsonType, singer::SingerType, stdout::StdoutType};
pub use self::{
    file::split_at_ending,
    join::{Join, JoinError},
    object::{ObjectPath, Objects, Published, StagedObject, Stores, UploadedFile},
    preview::{Level, Seen, Tabulated, pointers, tabulate},
    singer::Children,
    stdout::Stdout,
};

/// Adds the built-in sinks to `registry`. The first writes to `stdout`, the others write to `disk`.
pub fn register(registry: &mut Registry, stdout: Stdout, disk: Arc<dyn Disk>) {
    register_all(registry, stdout, disk, None, Vec::new());
}

/// Does what [`register`] does. The sinks also write to `objects`, if their path leads there. The processes that they start
/// get no variable of the environment that is named in `credentials`.
pub fn register_with_objects(
    registry: &mut Registry,
    stdout: Stdout,
    disk: Arc<dyn Disk>,
    objects: Objects,
    credentials: Vec<String>,
) {
    register_all(registry, stdout, disk, Some(objects), credentials);
}

fn register_all(
    registry: &mut Registry,
    stdout: Stdout,
    disk: Arc<dyn Disk>,
    objects: Option<Objects>,
    credentials: Vec<String>,
) {
    registry.register("stdout", StdoutType::new(stdout));
    registry.register("ndjson", NdjsonType::new(Arc::clone(&disk), objects.clone()));
    registry.register("csv", CsvType::new(Arc::clone(&disk), objects));
    registry.register("singer", SingerType::new(disk, Children::of_process(), credentials));
}
