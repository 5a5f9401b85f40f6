//! Builds the parts of the engine from the configuration. Nothing else does.

mod client;
mod columns;
mod credentials;
mod exchanges;
#[cfg(feature = "linked")]
mod linked;
mod monitor;
mod new_files;
mod option_errors;
mod parents;
mod placeholders;
mod request_limit;
mod rules;
mod sink_errors;
mod sinks;
mod source;
mod stores;

pub(crate) use self::{
    client::{Access, Limits, connect},
    exchanges::Exchanges,
    monitor::monitor,
    new_files::{NewFiles, Refused},
    parents::{each, each_listed, parents_sink},
    sink_errors::{of_options, of_plugin, of_table},
    sinks::{ConfiguredSinks, STDOUT, SinkFor, SinkTypes, end_children, plugins, registry},
    source::source,
    stores::StoreAccess,
};
pub(crate) use longhaul_sinks::{Join, JoinError, Level, Seen, pointers, tabulate};
