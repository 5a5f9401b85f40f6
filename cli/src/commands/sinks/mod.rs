//! `longhaul sinks`: where records can go.

mod check;
mod list;

pub(crate) use self::{check::check, list::list};
