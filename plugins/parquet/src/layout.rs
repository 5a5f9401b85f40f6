//! The layout of a Parquet file.

use std::sync::Arc;

use longhaul_table::Columns;
use serde::Deserialize;

/// The layout of a file.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) columns: Arc<Columns>,
    pub(crate) compression: Compression,
    pub(crate) row_group_size: usize,
}

/// The compression of pages.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compression {
    /// Small files that are fast to read.
    #[default]
    Zstd,
    /// For readers that do not support zstd.
    Snappy,
    /// No compression.
    None,
}
