//! A sink that counts the records of a stream, and writes the count to a file when the pull is complete.
//!
//! It is the smallest useful plugin, and a starting point for others:
//!
//! ```toml
//! plugin_path = ["target/debug"]      # where `cargo build -p longhaul-plugin-example` puts the library
//!
//! [sinks.count]
//! path = "out/{stream}.count"
//! ```
//!
//! `count.c` is the same sink in C. `examples/embed.rs` is a program that contains the sink.
//!
//! The receipt of a commit is the count, so a resumed pull continues counting from there and counts no record twice.

use std::path::PathBuf;

use longhaul_plugin::{
    Batch, Destination, Mark, OpenSink, Opened, Place, PluginSink, Receipt, Sink, SinkError, Variables,
    export_sink, log, replace,
};
use serde::Deserialize;

/// The sink's options.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    path: Place,
}

impl PluginSink for Count {
    const NAME: &str = "count";
    const SUMMARY: &str = "counts the records of each stream";
    const OPTIONS: &str = r#"{
        "type": "object",
        "properties": { "path": { "type": "string", "description": "the file that the count is written to" } },
        "required": ["path"]
    }"#;
}

impl OpenSink for Count {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.path.file(variables).map(Destination::File)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let path = self.path.file_in_folder(variables)?;
        let records = from.map_or(Ok(0), |(receipt, _)| receipt.parse())?;
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        Ok(Opened { sink: Box::new(Counting { path, records }), at })
    }
}

/// The sink of one pull.
#[derive(Debug)]
struct Counting {
    path: PathBuf,
    records: usize,
}

impl Sink for Counting {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        // Only a receipt of somebody else can lead beyond the limit.
        self.records = self.records.saturating_add(batch.len());
        Ok(())
    }

    /// The engine saves the receipt, which contains the count: nothing else has to be made durable.
    fn commit(&mut self, _mark: Mark) -> Result<Receipt, SinkError> {
        Ok(Receipt(self.records.to_string()))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        log::debug!("counted {} records", self.records);
        replace(&self.path, format!("{}\n", self.records).as_bytes())
    }
}

export_sink!(Count);
