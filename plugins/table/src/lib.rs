//! Typed columns and spooled files, shared by the sinks that write tables.
//!
//! [`Columns`] is read from the option `columns`. It defines the name, the pointer and the [`Type`] of each column,
//! and turns the records of a batch into [`Cell`]s. With a
//! [`ColumnChoice`], a sink can also have the columns of all records, whose types are [`Inferred`]. [`SpooledFile`] is an open sink for formats whose files end with an index.
//! [`Entry`] is what a sink stores in a database about a pull.

mod cell;
mod choice;
mod columns;
mod fitting;
mod inferred;
mod options;
mod pull;
mod spooled;

pub use self::{
    cell::{Cell, Type},
    choice::ColumnChoice,
    columns::{Column, Columns, mismatch, rejected},
    inferred::Inferred,
    options::{Names, duration, key_and_indexes, shared_columns},
    pull::{Entry, Mode, State},
    spooled::{FileFormat, SpooledFile, SpooledRows, file_error},
};
