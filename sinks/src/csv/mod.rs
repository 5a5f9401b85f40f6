//! CSV files (RFC 4180): one record a row, one JSON pointer a column.

mod cell;
mod columns;
mod config;
mod header;
mod sink;
mod table;
mod tree;

pub(crate) use self::{config::CsvType, table::Table};
