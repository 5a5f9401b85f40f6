//! The options of the `parquet` sink.

use std::{fmt, num::NonZeroUsize};

use longhaul_plugin::{
    Destination, Mark, OpenSink, Opened, Place, PluginSink, Receipt, SinkError, Variables,
};
use longhaul_table::{ColumnChoice, ColumnsOption, Flag, RowsOption, SpooledFile};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use crate::{
    layout::{Compression, Layout},
    random,
};

/// A configured `parquet` sink.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Options")]
pub struct Parquet {
    path: Place,
    columns: ColumnChoice,
    layout: Layout,
}

/// The options as configured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    path: Place,
    #[serde(default)]
    columns: ColumnsOption,
    #[serde(default)]
    rows: RowsOption,
    #[serde(default)]
    rows_optional: Flag,
    #[serde(default)]
    compression: Compression,
    #[serde(default = "hundred_thousand", deserialize_with = "rows")]
    row_group_size: NonZeroUsize,
}

impl PluginSink for Parquet {
    const NAME: &str = "parquet";
    const SUMMARY: &str = "an Apache Parquet file";
    const OPTIONS: &str = include_str!("options.json");
}

impl OpenSink for Parquet {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.path.file(variables).map(Destination::File)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        random::check()?;
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        let receipt = from.map(|(receipt, _)| receipt);
        let sink =
            SpooledFile::open(self.path.file_in_folder(variables)?, self.layout, &self.columns, receipt)?;
        Ok(Opened { sink: Box::new(sink), at })
    }
}

impl TryFrom<Options> for Parquet {
    type Error = String;

    fn try_from(options: Options) -> Result<Self, String> {
        let Options { path, columns, rows, rows_optional, compression, row_group_size } = options;
        let columns = ColumnChoice::new(columns, rows, rows_optional)?;
        Ok(Self { path, columns, layout: Layout { compression, row_group_size: row_group_size.get() } })
    }
}

/// Large enough that readers can skip groups, and small enough to fit into memory.
fn hundred_thousand() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(99_999)
}

/// A number of rows. Environment variables are text, so text is accepted.
fn rows<'de, D: Deserializer<'de>>(rows: D) -> Result<NonZeroUsize, D::Error> {
    struct Rows;

    impl Visitor<'_> for Rows {
        type Value = NonZeroUsize;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number of at least 1")
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<NonZeroUsize, E> {
            let rows = number.try_into().ok().and_then(NonZeroUsize::new);
            rows.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<NonZeroUsize, E> {
            text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    rows.deserialize_any(Rows)
}
