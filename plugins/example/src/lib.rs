//! A sink that counts the records of a stream, and writes the count to a file when the pull is complete.
//!
//! It is the smallest useful plugin, and a place to start from:
//!
//! ```toml
//! plugin_path = ["target/debug"]      # where `cargo build -p longhaul-plugin-example` leaves the library
//!
//! [sinks.count]
//! path = "out/{stream}.count"
//! ```
//!
//! `count.c` is the same in C, and `examples/embed.rs` a program that the sink is part of.
//!
//! The receipt of a commit is the count itself, so a pull that is taken up again counts on from there, and nothing is
//! counted twice.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use longhaul_plugin::{
    Batch, Destination, Mark, OpenSink, Opened, PluginSink, Receipt, Sink, SinkError, SinkErrorKind, Site,
    export_sink, log,
};
use serde::Deserialize;

/// The sink's options.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    path: String,
}

impl PluginSink for Count {
    const NAME: &str = "count";
    const SUMMARY: &str = "counts the records of each stream";
    const OPTIONS: &str = r#"{
        "type": "object",
        "properties": {
            "path": { "type": "string", "description": "the file that the count is written to" }
        },
        "required": ["path"],
        "additionalProperties": false
    }"#;
}

impl Count {
    fn file(&self, site: &Site) -> Result<PathBuf, SinkError> {
        site.path(&self.path).map_err(|unknown| SinkError::config("path", unknown.to_string()))
    }
}

impl OpenSink for Count {
    fn destination(&self, site: &Site) -> Result<Destination, SinkError> {
        self.file(site).map(Destination::File)
    }

    fn open(&self, site: &Site, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let (records, at) = match from {
            Some((receipt, mark)) => (counted(receipt)?, mark),
            None => (0, Mark::START),
        };
        let sink = Counting { stream: site.stream().to_owned(), path: self.file(site)?, records };
        Ok(Opened { sink: Box::new(sink), at })
    }
}

/// The sink of one pull.
#[derive(Debug)]
struct Counting {
    stream: String,
    path: PathBuf,
    records: usize,
}

impl Sink for Counting {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.records += batch.len();
        Ok(())
    }

    /// The receipt holds all there is, and whoever asked for it keeps it: nothing else has to be made durable.
    fn commit(&mut self, _mark: Mark) -> Result<Receipt, SinkError> {
        Ok(Receipt(self.records.to_string()))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        log::debug!("{} has {} records", self.stream, self.records);
        replace(&self.path, format!("{}\n", self.records).as_bytes())
            .map_err(|error| SinkError::io(format!("cannot write `{}`", self.path.display()), error))
    }
}

export_sink!(Count);

fn counted(receipt: &Receipt) -> Result<usize, SinkError> {
    let parsed = receipt.0.parse();
    parsed.map_err(|error| {
        SinkError::new(SinkErrorKind::Broken, format!("the receipt `{}` is not a count", receipt.0))
            .because(error)
    })
}

/// Writes a file whole: whoever reads `path` sees what was there before, or all of `content`.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let mut file = File::create(&part)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    // The new name is an entry in the folder, and survives a crash only once that is on the disk, too.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}
