//! The one place where configuration becomes the engine's parts.

mod budget;
mod client;
mod rules;
mod sinks;
mod source;

pub(crate) use self::{
    client::{Access, Limits, connect},
    sinks::{ConfiguredSinks, STDOUT, SinkFor, of_options, of_plugin, of_table, plugins, registry},
    source::source,
};
pub(crate) use longhaul_sinks::{Level, Seen, pointers, tabulate};
