//! Typed columns, shared by the sinks that write tables.
//!
//! [`Columns`] is read from the option `columns`. It defines the name, the pointer and the [`Type`] of each column,
//! and turns the records of a batch into [`Cell`]s.

mod cell;
mod columns;

pub use self::{
    cell::{Cell, Type},
    columns::{Column, Columns, mismatch, rejected},
};
