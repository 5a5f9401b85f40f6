//! The one place where configuration becomes the engine's parts.

mod client;
mod sinks;
mod source;

pub(crate) use self::{
    client::{Access, connect},
    sinks::{ConfiguredSinks, STDOUT, SinkFor, of_options, of_table, plugins, registry},
    source::source,
};
pub(crate) use longhaul_sinks::{Level, Seen, pointers, tabulate};
