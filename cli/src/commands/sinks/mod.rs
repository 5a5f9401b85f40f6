//! `longhaul sinks`: lists and tests sinks.

mod check;
mod list;

pub(crate) use self::{check::check, list::list};
