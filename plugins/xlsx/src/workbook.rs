//! Writes a workbook.

use std::{
    fs::File,
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use jiff::tz::TimeZone;
use longhaul_plugin::{Batch, Receipt, SinkError, log};
use longhaul_table::{Cell, Columns, FileFormat, Spool, file_error, mismatch, rejected};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook as Writer, XlsxError};
use serde::Deserialize;

use crate::{
    error::{panicked, unwritten},
    sheet::{Formats, Sheet},
    value::{TEXT, Value, truncated},
};

/// The name of the property that holds the pull's receipt.
const RECEIPT: &str = "longhaul.receipt";

/// The part of the workbook with its properties.
const PROPERTIES: &str = "docProps/custom.xml";

/// From this number of bytes on, a sheet may need the large form of ZIP files. Some readers do not know it.
const LARGE: u64 = 1 << 30;

/// What to do with a text that is longer than a cell can hold.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LongText {
    /// It is an error.
    #[default]
    Reject,
    /// It is cut, and the number of cut cells is reported.
    Truncate,
}

/// The layout of a workbook.
#[derive(Debug)]
pub(crate) struct Workbook {
    pub(crate) columns: Arc<Columns>,
    /// The name of the first sheet.
    pub(crate) sheet: String,
    pub(crate) long_text: LongText,
    /// At least 1.
    pub(crate) rows_per_sheet: u32,
    /// The time zone of times.
    pub(crate) timezone: TimeZone,
}

impl FileFormat for Workbook {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn check(&self, number: usize, row: &[Cell<'_>]) -> Result<(), SinkError> {
        for (column, cell) in self.columns.iter().zip(row) {
            let shown = match cell {
                Cell::Text(text) | Cell::Timestamp(text, _) => text,
                Cell::Json(json) | Cell::Numeric(json) => *json,
                _ => "",
            };
            let error = |reason: &str| Err(rejected(number, &mismatch(column, shown, reason)));
            match Value::of(cell, &self.timezone) {
                Ok(value) if value.is_long() && self.long_text == LongText::Reject => {
                    let message = format!(
                        "does not fit the column `{}`: its text has more than {TEXT} characters, which a cell \
                         cannot hold (set `long_text = \"truncate\"` to cut it)",
                        column.name
                    );
                    return Err(rejected(number, &message));
                }
                Ok(_) => {}
                Err(reason) => return error(reason),
            }
        }
        Ok(())
    }

    fn write(&self, part: &Path, spool: &mut Spool, receipt: &Receipt) -> Result<(), SinkError> {
        // Its writer panics if it cannot write its temporary files, for example on a full disk.
        let written = catch_unwind(AssertUnwindSafe(|| self.write_workbook(part, spool, receipt)));
        written.unwrap_or_else(|payload| Err(panicked(part, payload.as_ref())))
    }

    fn is_from(&self, path: &Path, receipt: &Receipt) -> bool {
        let properties = || {
            let mut text = String::new();
            let mut archive = zip::ZipArchive::new(File::open(path).ok()?).ok()?;
            archive.by_name(PROPERTIES).ok()?.read_to_string(&mut text).ok()?;
            Some(text)
        };
        properties().is_some_and(|text| text.contains(RECEIPT) && text.contains(&format!(">{}<", receipt.0)))
    }
}

impl Workbook {
    fn write_workbook(&self, part: &Path, spool: &mut Spool, receipt: &Receipt) -> Result<(), SinkError> {
        let cannot = |error| unwritten(part, error);
        let mut writer = writer(part, spool.length(), receipt).map_err(cannot)?;
        let (formats, mut cut, mut records) = (Formats::new(), 0, spool.records()?);
        for number in 1.. {
            let name = if number == 1 { self.sheet.clone() } else { format!("{} {number}", self.sheet) };
            let sheet = writer.add_worksheet_with_constant_memory().map_err(cannot)?;
            let mut sheet = Sheet::start(sheet, &formats, &name, &self.columns).map_err(cannot)?;
            let mut is_full = false;
            while let Some(record) = records.next()? {
                self.columns.read(&Batch::new(record, &[record.len()]), |_, row| {
                    sheet.push(row.iter().map(|cell| stored(cell, &self.timezone, &mut cut))).map_err(cannot)
                })?;
                is_full = sheet.records() == self.rows_per_sheet;
                if is_full {
                    break;
                }
            }
            sheet.end().map_err(cannot)?;
            if !is_full || records.is_at_end()? {
                break;
            }
        }
        if cut > 0 {
            log::warn!("`{}`: {cut} cells had more than {TEXT} characters and were cut", part.display());
        }
        let file = File::create(part).map_err(|error| file_error("create", part, error))?;
        writer.save_to_writer(&file).map_err(cannot)?;
        file.sync_all().map_err(|error| file_error("flush", part, error))
    }
}

/// The writer, whose temporary files are next to the workbook. The same records make the same workbook, so it has no
/// time of creation of its own.
fn writer(part: &Path, length: u64, receipt: &Receipt) -> Result<Writer, XlsxError> {
    let mut writer = Writer::new();
    writer.set_tempdir(part.parent().unwrap_or(part))?;
    writer.use_zip_large_file(length > LARGE);
    let properties = DocProperties::new()
        .set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?)
        .set_custom_property(RECEIPT, receipt.0.as_str());
    writer.set_properties(&properties);
    Ok(writer)
}

/// The value of a cell that was checked. `cut` counts the texts that are cut.
fn stored<'c>(cell: &'c Cell<'_>, timezone: &TimeZone, cut: &mut u64) -> Value<'c> {
    match Value::of(cell, timezone) {
        Ok(Value::Text(text)) if Value::Text(text.clone()).is_long() => {
            *cut += 1;
            Value::Text(truncated(&text).to_owned().into())
        }
        Ok(value) => value,
        Err(_) => Value::Empty,
    }
}
