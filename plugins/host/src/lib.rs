//! Finds, checks and loads sinks from shared libraries.
//!
//! A sink that the configuration names and longhaul does not bring along is looked for as a library
//! `longhaul_sink_<name>`, loaded once it is clear whose it is, and then is a
//! [`SinkType`](longhaul_core::sink::SinkType) like any other:
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
//! A plugin runs inside this process and can do all that it can. What is checked, before any of its code runs, is
//! that nobody else can have put it there: see [`trust`]. How the two sides talk is told in `longhaul_plugin_abi`.
#![expect(unsafe_code, reason = "code that was compiled elsewhere is loaded and called here")]

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

pub use self::{error::LoadError, plugins::Plugins, sink::PluginSinkType, table::UnfitTable};
