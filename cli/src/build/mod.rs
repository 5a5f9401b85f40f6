//! Builds the parts of the engine from the configuration. Nothing else does.

mod client;
mod columns;
mod credentials;
mod parents;
mod placeholders;
mod request_limit;
mod rules;
mod sinks;
mod source;
mod stores;

pub(crate) use self::{
    client::{Access, Limits, connect},
    parents::{each, each_listed, parents_sink},
    sinks::{
        ConfiguredSinks, STDOUT, SinkFor, SinkTypes, of_options, of_plugin, of_table, plugins, registry,
    },
    source::source,
    stores::StoreAccess,
};
pub(crate) use longhaul_sinks::{Join, JoinError, Level, Seen, pointers, tabulate};
