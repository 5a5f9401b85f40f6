//! The layout of a Parquet file.

use serde::Deserialize;

/// The layout of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
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
