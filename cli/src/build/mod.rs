//! Builds the parts of the engine from the configuration. Nothing else does.

mod client;
mod columns;
mod credentials;
mod exchanges;
#[cfg(feature = "linked")]
mod linked;
mod lookups;
mod monitor;
mod new_files;
mod option_errors;
mod parents;
mod placeholders;
mod plugins;
mod query_secrets;
mod request_limit;
mod rules;
mod sink;
mod sink_errors;
mod sink_types;
mod sinks;
mod source;
mod stores;
mod stream_table;

pub(crate) use self::{
    client::{Access, Limits, connect},
    exchanges::Exchanges,
    lookups::{NameSource, without_lookups},
    monitor::monitor,
    new_files::{NewFiles, Refused},
    parents::{each, each_listed, names_sink, parents_sink},
    plugins::plugins,
    sink::SinkFor,
    sink_errors::{of_options, of_plugin, of_table},
    sink_types::{SinkTypes, end_children, registry},
    sinks::{ConfiguredSinks, STDOUT},
    source::source,
    stores::{StoreAccess, documents},
};
pub(crate) use longhaul_sinks::{
    Join, JoinError, Level, ObjectPath, Published, Seen, StagedObject, pointers, split_at_ending, tabulate,
};
