//! Writes a Parquet file.

use std::{fs::File, path::Path, sync::Arc};

use jiff::Timestamp;
use longhaul_plugin::{Receipt, SinkError};
use longhaul_table::{Cell, Column, FileFormat, PartFile, SpooledRows};
use parquet::{
    basic,
    errors::Result as ParquetResult,
    file::{
        metadata::KeyValue, properties::WriterProperties, reader::FileReader,
        serialized_reader::SerializedFileReader, writer::SerializedFileWriter,
    },
};

use crate::{
    error::unwritten,
    group::{Group, check, is_precise_enough, schema},
    layout::{Compression, Layout},
};

/// The metadata key of the pull's receipt in the file.
const RECEIPT: &str = "longhaul.receipt";

/// The approximate memory in bytes after which a row group ends, even if it has fewer rows than configured.
const GROUP_LIMIT: usize = 64 << 20;

impl FileFormat for Layout {
    fn holds_time(&self, at: Timestamp) -> bool {
        is_precise_enough(at)
    }

    fn check(&self, columns: &[Column], number: usize, row: &[Cell<'_>]) -> Result<(), SinkError> {
        check(columns, number, row)
    }

    fn write(
        &self,
        part: &mut PartFile,
        mut rows: SpooledRows<'_>,
        receipt: &Receipt,
    ) -> Result<(), SinkError> {
        let path = part.path().to_owned();
        let cannot = |error| unwritten(&path, error);
        let schema = Arc::new(schema(rows.columns()).map_err(cannot)?);
        let mut writer =
            SerializedFileWriter::new(part, schema, Arc::new(properties(self, receipt))).map_err(cannot)?;
        let mut group = Group::new(rows.columns());
        rows.each(|row| {
            group.push(row);
            if group.rows() == self.row_group_size || group.bytes() >= GROUP_LIMIT {
                group.write(&mut writer).map_err(cannot)?;
            }
            Ok(())
        })?;
        if group.rows() > 0 {
            group.write(&mut writer).map_err(cannot)?;
        }
        writer.close().map(drop).map_err(cannot)
    }

    fn is_from(&self, path: &Path, receipt: &Receipt) -> bool {
        let stored = |path| -> ParquetResult<Option<String>> {
            let reader = SerializedFileReader::new(File::open(path)?)?;
            let pairs = reader.metadata().file_metadata().key_value_metadata();
            let receipt = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == RECEIPT));
            Ok(receipt.and_then(|pair| pair.value.clone()))
        };
        stored(path).is_ok_and(|stored| stored.as_ref() == Some(&receipt.0))
    }
}

fn properties(layout: &Layout, receipt: &Receipt) -> WriterProperties {
    let compression = match layout.compression {
        Compression::Zstd => basic::Compression::ZSTD(basic::ZstdLevel::default()),
        Compression::Snappy => basic::Compression::SNAPPY,
        Compression::None => basic::Compression::UNCOMPRESSED,
    };
    let receipt = KeyValue::new(RECEIPT.to_owned(), receipt.0.clone());
    WriterProperties::builder()
        .set_compression(compression)
        .set_key_value_metadata(Some(vec![receipt]))
        .build()
}
