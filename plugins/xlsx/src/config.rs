//! The options of the `xlsx` sink.

use std::{fmt, mem};

use jiff::tz::TimeZone;
use longhaul_plugin::{
    Destination, Mark, OpenSink, Opened, Place, PluginSink, Receipt, SinkError, UnknownPlaceholder, Variables,
};
use longhaul_table::{ColumnChoice, ColumnsOption, Flag, RowsOption, SpooledFile};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use crate::{
    sheet::{COLUMNS, ROWS},
    workbook::{LongText, Workbook},
};

/// The characters that a sheet's name must not contain.
const NOT_IN_NAMES: &[char] = &['[', ']', ':', '*', '?', '/', '\\', '\''];

/// The number of characters of a sheet's name. This leaves room for the number of a later sheet.
const NAME: usize = 27;

/// A configured `xlsx` sink.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Options")]
pub struct Xlsx {
    options: Options,
    columns: ColumnChoice,
}

/// The options as configured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    path: Place,
    #[serde(default, deserialize_with = "columns")]
    columns: ColumnsOption,
    #[serde(default)]
    rows: RowsOption,
    #[serde(default)]
    rows_optional: Flag,
    #[serde(default = "stream")]
    sheet: String,
    #[serde(default)]
    long_text: LongText,
    #[serde(default = "all_rows", deserialize_with = "rows")]
    rows_per_sheet: u32,
    #[serde(default = "utc", deserialize_with = "timezone")]
    timezone: TimeZone,
}

impl PluginSink for Xlsx {
    const NAME: &str = "xlsx";
    const SUMMARY: &str = "an Excel workbook";
    const OPTIONS: &str = include_str!("options.json");
}

impl OpenSink for Xlsx {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.sheet_name(variables)?;
        self.options.path.file(variables).map(Destination::File)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let Options { path, long_text, rows_per_sheet, timezone, .. } = &self.options;
        let workbook = Workbook {
            sheet: self.sheet_name(variables)?,
            long_text: *long_text,
            rows_per_sheet: *rows_per_sheet,
            timezone: timezone.clone(),
        };
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        let receipt = from.map(|(receipt, _)| receipt);
        let sink = SpooledFile::open(path.file_in_folder(variables)?, workbook, &self.columns, receipt)?;
        Ok(Opened { sink: Box::new(sink), at })
    }
}

impl Xlsx {
    /// The name of the first sheet, as far as Excel accepts it.
    fn sheet_name(&self, variables: &Variables) -> Result<String, SinkError> {
        let name = variables
            .expand(&self.options.sheet)
            .map_err(|error: UnknownPlaceholder| SinkError::config("sheet", error.to_string()))?;
        let name: String = name.replace(NOT_IN_NAMES, "_").chars().take(NAME).collect();
        match name.as_str() {
            "" => Err(SinkError::config("sheet", "`sheet` is empty")),
            // Excel keeps this name for itself.
            history if history.eq_ignore_ascii_case("history") => Ok(format!("{history}_")),
            _ => Ok(name),
        }
    }
}

impl TryFrom<Options> for Xlsx {
    type Error = String;

    fn try_from(mut options: Options) -> Result<Self, String> {
        let (columns, rows) = (mem::take(&mut options.columns), mem::take(&mut options.rows));
        let columns = ColumnChoice::new(columns, rows, options.rows_optional)?;
        Ok(Self { options, columns })
    }
}

fn stream() -> String {
    "{stream}".into()
}

/// All rows of a sheet but the header.
fn all_rows() -> u32 {
    ROWS - 1
}

fn utc() -> TimeZone {
    TimeZone::UTC
}

fn timezone<'de, D: Deserializer<'de>>(name: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(name)?;
    TimeZone::get(&name).map_err(|_| {
        D::Error::custom(format!("unknown time zone `{name}`; use a name such as `UTC` or `Europe/Berlin`"))
    })
}

fn columns<'de, D: Deserializer<'de>>(columns: D) -> Result<ColumnsOption, D::Error> {
    let columns = ColumnsOption::deserialize(columns)?;
    let many = if let ColumnsOption::Listed(columns) = &columns { columns.list().len() } else { 0 };
    if many > usize::from(COLUMNS) {
        return Err(D::Error::custom(format!("there are {many} columns, but a sheet has {COLUMNS}")));
    }
    Ok(columns)
}

/// A number of rows. Environment variables are text, so text is accepted.
fn rows<'de, D: Deserializer<'de>>(rows: D) -> Result<u32, D::Error> {
    struct Rows;

    impl Visitor<'_> for Rows {
        type Value = u32;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a whole number from 1 to {}", all_rows())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<u32, E> {
            let rows = u32::try_from(number).ok().filter(|rows| (1..=all_rows()).contains(rows));
            rows.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<u32, E> {
            let number = text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))?;
            self.visit_u64(number)
        }
    }

    rows.deserialize_any(Rows)
}
