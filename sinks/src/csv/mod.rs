//! CSV files (RFC 4180): one row for each record or part of a record, one column for each JSON pointer.

mod cell;
mod columns;
mod config;
mod error;
mod header;
mod numbered;
mod sink;
mod spooled;
mod style;
mod table;
mod time_format;
mod times;
mod union;

pub(crate) use self::{config::CsvType, error::each_record, style::Style, table::Table};
