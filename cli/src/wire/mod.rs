//! The one place where configuration becomes the engine's parts.

mod budget;
mod client;
mod sinks;
mod source;

pub(crate) use self::{
    client::{Access, Limits, connect},
    sinks::{ConfiguredSinks, STDOUT, of_options, of_plugin, plugins, registry},
    source::source,
};
