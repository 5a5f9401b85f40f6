//! What sinks of typed columns share.
//!
//! [`Columns`] says which values of a record are kept, under which names and as which [`Type`]; it is read from the
//! option `columns` and takes batches apart into [`Cell`]s. A [`Place`] is the file that all of it goes to.

mod cell;
mod columns;
mod place;
mod tree;

pub use self::{
    cell::{Cell, Type},
    columns::{Column, Columns, misfit, rejected},
    place::{Place, sync_folder_of},
};
