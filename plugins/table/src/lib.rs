//! Typed columns and spooled files, shared by the sinks that write tables.
//!
//! [`Columns`] is read from the option `columns`. It defines the name, the place and the [`Type`] of each column, and turns
//! the records of a batch into [`Cell`]s: one row for each record, or for each part of it that [`Rows`] match. With a
//! [`ColumnChoice`], a sink can also have the columns of all rows, whose types are [`Inferred`]. [`SpooledFile`] is an open
//! sink for formats whose files end with an index. [`Entry`] is what a sink stores in a database about a pull.

mod cell;
mod choice;
mod columns;
mod fitting;
mod flag;
mod inferred;
mod options;
mod parts;
mod pull;
mod rejected;
mod spooled;

pub use self::{
    cell::{Cell, Type},
    choice::{ColumnChoice, ColumnsOption},
    columns::{Column, Columns, mismatch},
    flag::{Flag, FlagText},
    inferred::Inferred,
    options::{Names, duration, key_and_indexes},
    parts::{Rows, RowsOption},
    pull::{Entry, Mode, State},
    rejected::rejected,
    spooled::{FileFormat, PartFile, SpooledFile, SpooledRows},
};
