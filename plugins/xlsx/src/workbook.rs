//! Writes a workbook.

use std::{
    fs::File,
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use jiff::{Timestamp, tz::TimeZone};
use longhaul_plugin::{Receipt, SinkError, SinkErrorKind, log};
use longhaul_table::{Cell, Column, FileFormat, PartFile, SpooledRows, mismatch, rejected};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook as Writer, XlsxError};
use serde::Deserialize;

use crate::{
    error::{panicked, unwritten},
    sheets::Sheets,
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
    /// The name of the first sheet.
    pub(crate) sheet: String,
    pub(crate) long_text: LongText,
    /// At least 1.
    pub(crate) rows_per_sheet: u32,
    /// The time zone of times.
    pub(crate) timezone: TimeZone,
}

impl FileFormat for Workbook {
    fn holds_time(&self, at: Timestamp) -> bool {
        Value::of(&Cell::Timestamp("".into(), at), &self.timezone).is_ok()
    }

    fn check(&self, columns: &[Column], number: usize, row: &[Cell<'_>]) -> Result<(), SinkError> {
        let misfit = |(column, cell)| self.value(column, cell).err();
        let misfit = columns.iter().zip(row).find_map(misfit);
        misfit.map_or(Ok(()), |what| Err(rejected(number, &what)))
    }

    fn write(&self, part: &mut PartFile, rows: SpooledRows<'_>, receipt: &Receipt) -> Result<(), SinkError> {
        // Its writer panics if it cannot write its temporary files, for example on a full disk.
        let written = catch_unwind(AssertUnwindSafe(|| self.write_workbook(part, rows, receipt)));
        written.unwrap_or_else(|payload| Err(panicked(part.path(), payload.as_ref())))
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
    /// The value of a cell, or why a sheet cannot hold it, in the words that follow "record N of the page".
    fn value<'c>(&self, column: &Column, cell: &'c Cell<'_>) -> Result<Value<'c>, String> {
        let shown = match cell {
            Cell::Text(text) | Cell::Timestamp(text, _) => text,
            Cell::Json(json) | Cell::Numeric(json) => *json,
            _ => "",
        };
        match Value::of(cell, &self.timezone) {
            Ok(value) if value.is_long() && self.long_text == LongText::Reject => Err(format!(
                "does not fit the column `{}`: its text has more than {TEXT} characters, which a cell cannot hold (set \
                 `long_text = \"truncate\"` to cut it)",
                column.name
            )),
            Ok(value) => Ok(value),
            Err(reason) => Err(mismatch(column, shown, reason)),
        }
    }

    fn write_workbook(
        &self,
        part: &mut PartFile,
        mut rows: SpooledRows<'_>,
        receipt: &Receipt,
    ) -> Result<(), SinkError> {
        let path = part.path().to_owned();
        let cannot = |error| unwritten(&path, error);
        // Only a column whose type was found at the end of the pull can still have a text that is too long.
        let misfit = |what: String| SinkError::new(SinkErrorKind::Rejected, format!("a record {what}"));
        let mut writer = writer(&path, rows.bytes(), receipt).map_err(cannot)?;
        let columns = rows.columns().to_vec();
        let sheets = Sheets::start(&mut writer, &self.sheet, self.rows_per_sheet, &columns);
        let (mut sheets, mut cut) = (sheets.map_err(cannot)?, 0);
        rows.each(|row| {
            let values = columns.iter().zip(row).map(|(column, cell)| self.value(column, cell));
            let values = values.collect::<Result<Vec<_>, _>>().map_err(misfit)?;
            sheets.push(values.into_iter().map(|value| shortened(value, &mut cut))).map_err(cannot)
        })?;
        sheets.end().map_err(cannot)?;
        if cut > 0 {
            log::warn!("`{}`: {cut} cells had more than {TEXT} characters and were cut", path.display());
        }
        writer.save_to_writer(part).map_err(cannot)
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

/// The value, whose text is cut if it is longer than a cell can hold. `cut` counts these.
fn shortened<'c>(value: Value<'c>, cut: &mut u64) -> Value<'c> {
    match value {
        Value::Text(text) if Value::Text(text.clone()).is_long() => {
            *cut += 1;
            Value::Text(truncated(&text).to_owned().into())
        }
        value => value,
    }
}
