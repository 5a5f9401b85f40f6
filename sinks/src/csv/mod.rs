//! CSV files (RFC 4180): one row for each record or part of one, one JSON pointer a column.

mod cell;
mod columns;
mod config;
mod flat;
mod header;
mod refusal;
mod rows;
mod sink;
mod spooled;
mod style;
mod table;
mod union;

pub(crate) use self::{config::CsvType, flat::Dictionary, refusal::each_record, style::Style, table::Table};
