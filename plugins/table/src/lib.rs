//! Typed columns and spooled files, shared by the sinks that write tables.
//!
//! [`Columns`] is read from the option `columns`. It defines the name, the pointer and the [`Type`] of each column,
//! and turns the records of a batch into [`Cell`]s. [`SpooledFile`] is an open sink for formats whose files end with an index.
//! [`Entry`] is what a sink stores in a database about a pull.

mod cell;
mod columns;
mod options;
mod pull;
mod spooled;

pub use self::{
    cell::{Cell, Type},
    columns::{Column, Columns, mismatch, rejected},
    options::{Names, duration, key_and_indexes, shared_columns},
    pull::{Entry, Mode, State},
    spooled::{FileFormat, Spool, SpooledFile, SpooledRecords, file_error},
};
