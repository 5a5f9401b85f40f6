//! Writes a Parquet file.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_plugin::{Batch, Receipt, SinkError, sync_folder_of};
use parquet::{
    basic,
    errors::Result as ParquetResult,
    file::{
        metadata::KeyValue, properties::WriterProperties, reader::FileReader,
        serialized_reader::SerializedFileReader, writer::SerializedFileWriter,
    },
};

use crate::{
    error::{failed, unwritten},
    group::{Group, schema},
    layout::{Compression, Layout},
    spool::Spool,
};

/// The metadata key of the pull's receipt in the file.
const RECEIPT: &str = "longhaul.receipt";

/// The approximate memory in bytes after which a row group ends, even if it has fewer rows than configured.
const GROUP_LIMIT: usize = 64 << 20;

/// Writes the file from the committed records in the spool, and gives it its final name when it is complete.
pub(crate) fn write(
    path: &Path,
    layout: &Layout,
    spool: &mut Spool,
    receipt: &Receipt,
) -> Result<(), SinkError> {
    let part = temporary(path, "part");
    let cannot = |error| unwritten(&part, error);
    let file = File::create(&part).map_err(|error| failed("create", &part, error))?;
    let schema = Arc::new(schema(&layout.columns).map_err(cannot)?);
    let mut writer =
        SerializedFileWriter::new(file, schema, Arc::new(properties(layout, receipt))).map_err(cannot)?;
    let mut group = Group::new(&layout.columns);
    spool.read(|record| {
        layout.columns.read(&Batch::new(record, &[record.len()]), |_, row| {
            group.push(row);
            Ok(())
        })?;
        if group.rows() == layout.row_group_size || group.bytes() >= GROUP_LIMIT {
            group.write(&mut writer).map_err(cannot)?;
        }
        Ok(())
    })?;
    if group.rows() > 0 {
        group.write(&mut writer).map_err(cannot)?;
    }
    let file = writer.into_inner().map_err(cannot)?;
    file.sync_all().map_err(|error| failed("flush", &part, error))?;
    fs::rename(&part, path).and_then(|()| sync_folder_of(path)).map_err(|error| {
        SinkError::io(format!("cannot rename `{}` to `{}`", part.display(), path.display()), error)
    })
}

/// Whether the file at `path` was written by the pull with this receipt.
pub(crate) fn is_from(path: &Path, receipt: &Receipt) -> bool {
    let stored = |path| -> ParquetResult<Option<String>> {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let pairs = reader.metadata().file_metadata().key_value_metadata();
        let receipt = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == RECEIPT));
        Ok(receipt.and_then(|pair| pair.value.clone()))
    };
    stored(path).is_ok_and(|stored| stored.as_ref() == Some(&receipt.0))
}

/// The path of a temporary file for the file at `path`. Readers of a whole folder skip names that start with a dot.
pub(crate) fn temporary(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{ending}"))
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
