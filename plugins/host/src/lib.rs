//! Finds, checks and loads sinks from shared libraries.
//!
//! A sink that is not built in is loaded from a library `longhaul_sink_<name>`, after a check that the library can be
//! trusted. It is then a [`SinkType`](longhaul_core::sink::SinkType) like any other:
//!
//! ```
//! use std::path::PathBuf;
//!
//! use longhaul_core::sink::Registry;
//! use longhaul_plugin_host::{LoadError, Plugins};
//!
//! # fn main() -> Result<(), LoadError> {
//! let mut registry = Registry::default();
//! let plugins = Plugins::new([PathBuf::from("/usr/lib/longhaul")])?;
//! if let Some(sink_type) = plugins.find("sqlite")? {
//!     registry.register("sqlite", sink_type);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A plugin runs inside this process, with all its permissions. Before any code of the library runs, [`trust`] checks
//! that only root or the current user could have written it. `longhaul_plugin_abi` documents the interface.
#![expect(unsafe_code, reason = "this crate loads and calls code through a C interface")]

mod bytes;
mod call;
mod error;
mod format;
mod library;
mod plugins;
mod sink;
mod table;
#[cfg(test)]
mod tests;
pub mod trust;
mod variables;

pub use self::{error::LoadError, plugins::Plugins, sink::PluginSinkType, table::InvalidTable};
