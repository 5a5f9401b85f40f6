//! Names for ids: the records of another stream say what the ids in a column stand for.

mod names;
mod places;
mod sink;

pub use self::{
    names::{Names, NamesError, NamesSink, Unknown},
    places::Place,
    sink::{Lookup, NamingSink, SharedNames},
};
