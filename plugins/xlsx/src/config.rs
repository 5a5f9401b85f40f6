//! The options of the `xlsx` sink.

use std::fmt;

use jiff::tz::TimeZone;
use longhaul_plugin::{
    Destination, Mark, OpenSink, Opened, Place, PluginSink, Receipt, SinkError, UnknownPlaceholder, Variables,
};
use longhaul_table::{ColumnChoice, SpooledFile};
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
#[serde(deny_unknown_fields)]
pub struct Xlsx {
    path: Place,
    #[serde(default, deserialize_with = "columns")]
    columns: ColumnChoice,
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
        self.path.file(variables).map(Destination::File)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let workbook = Workbook {
            sheet: self.sheet_name(variables)?,
            long_text: self.long_text,
            rows_per_sheet: self.rows_per_sheet,
            timezone: self.timezone.clone(),
        };
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        let receipt = from.map(|(receipt, _)| receipt);
        let sink = SpooledFile::open(self.path.file_in_folder(variables)?, workbook, &self.columns, receipt)?;
        Ok(Opened { sink: Box::new(sink), at })
    }
}

impl Xlsx {
    /// The name of the first sheet, as far as Excel accepts it.
    fn sheet_name(&self, variables: &Variables) -> Result<String, SinkError> {
        let name = variables
            .expand(&self.sheet)
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

fn columns<'de, D: Deserializer<'de>>(columns: D) -> Result<ColumnChoice, D::Error> {
    let columns = ColumnChoice::deserialize(columns)?;
    let many = columns.listed().map_or(0, |columns| columns.list().len());
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
