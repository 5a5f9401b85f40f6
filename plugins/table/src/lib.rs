//! What sinks of typed columns share.
//!
//! [`Columns`] says which values of a record are kept, under which names and as which [`Type`]; it is read from the
//! option `columns` and takes batches apart into [`Cell`]s.

mod cell;
mod columns;

pub use self::{
    cell::{Cell, Type},
    columns::{Column, Columns, misfit, rejected},
};
