//! The one place where configuration becomes the engine's parts.

mod client;
mod listing;
mod sinks;

pub(crate) use self::{
    client::{Access, connect},
    listing::listing,
    sinks::{ConfiguredSinks, STDOUT, of_options, plugins, registry},
};
