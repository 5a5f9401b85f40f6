//! What a `parquet` sink is told.

use std::{num::NonZeroUsize, sync::Arc};

use longhaul_plugin::{Destination, Mark, OpenSink, Opened, Place, PluginSink, Receipt, SinkError, Site};
use longhaul_table::Columns;
use serde::Deserialize;

use crate::sink::{self, Layout};

/// A configured `parquet` sink.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parquet {
    path: Place,
    #[serde(default, deserialize_with = "shared")]
    columns: Arc<Columns>,
    #[serde(default)]
    compression: Compression,
    #[serde(default = "hundred_thousand")]
    row_group_size: NonZeroUsize,
}

/// How pages are compressed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compression {
    /// Small files, quickly read.
    #[default]
    Zstd,
    /// For readers that know no other.
    Snappy,
    /// Not at all.
    None,
}

impl PluginSink for Parquet {
    const NAME: &str = "parquet";
    const SUMMARY: &str = "an Apache Parquet file";
    const OPTIONS: &str = include_str!("options.json");
}

impl OpenSink for Parquet {
    fn destination(&self, site: &Site) -> Result<Destination, SinkError> {
        self.path.file(site).map(Destination::File)
    }

    fn open(&self, site: &Site, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let layout = Layout {
            columns: Arc::clone(&self.columns),
            compression: self.compression,
            row_group_size: self.row_group_size.get(),
        };
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        let sink = sink::open(self.path.file_in_folder(site)?, layout, from.map(|(receipt, _)| receipt))?;
        Ok(Opened { sink, at })
    }
}

/// Enough for readers to skip what they do not need, and little enough to be held in memory.
fn hundred_thousand() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(99_999)
}

fn shared<'de, D: serde::Deserializer<'de>>(columns: D) -> Result<Arc<Columns>, D::Error> {
    Columns::deserialize(columns).map(Arc::new)
}
