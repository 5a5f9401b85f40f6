//! A whole Parquet file.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_plugin::{Batch, Receipt, SinkError, SinkErrorKind, sync_folder_of};
use parquet::{
    basic,
    errors::{ParquetError, Result as ParquetResult},
    file::{
        metadata::KeyValue, properties::WriterProperties, reader::FileReader,
        serialized_reader::SerializedFileReader, writer::SerializedFileWriter,
    },
};

use crate::{
    config::Compression,
    group::{Group, schema},
    sink::Layout,
    spool::{Spool, failed},
};

/// Under which key the file has the receipt of the pull that it is of.
const RECEIPT: &str = "longhaul.receipt";

/// About how much memory the rows of a group may take, where that is reached before their number.
const GROUP_LIMIT: usize = 64 << 20;

/// Makes the file of the committed records in the spool, under its own name once it is whole.
pub(crate) fn make(
    path: &Path,
    layout: &Layout,
    spool: &mut Spool,
    receipt: &Receipt,
) -> Result<(), SinkError> {
    let part = beside(path, "part");
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

/// Whether the file at `path` is of the pull with this receipt.
pub(crate) fn is_of(path: &Path, receipt: &Receipt) -> bool {
    let told = |path| -> ParquetResult<Option<String>> {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let pairs = reader.metadata().file_metadata().key_value_metadata();
        let told = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == RECEIPT));
        Ok(told.and_then(|pair| pair.value.clone()))
    };
    told(path).is_ok_and(|told| told.as_ref() == Some(&receipt.0))
}

/// A file that belongs to the one at `path`. Readers of a whole folder leave out names that begin with a dot.
pub(crate) fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{what}"))
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

fn unwritten(path: &Path, error: ParquetError) -> SinkError {
    SinkError::new(SinkErrorKind::Unavailable, format!("cannot write `{}`", path.display())).because(error)
}
