//! The crate for authors of longhaul sinks.
//!
//! `longhaul new-sink NAME` generates a crate to start from, and `longhaul sinks check LIBRARY` tests a plugin
//! against the sink contract.
//!
//! A plugin is a shared library that contains one sink. Its author implements the same traits as the built-in sinks,
//! [`OpenSink`] and [`Sink`], and exports the sink by name:
//!
//! ```
//! use longhaul_plugin::{
//!     Batch, Destination, Mark, OpenSink, Opened, PluginSink, Receipt, Sink, SinkError, Variables, export_sink,
//! };
//! use serde::Deserialize;
//!
//! /// The options, deserialized from the sink's table in the configuration.
//! #[derive(Debug, Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Void {
//!     #[serde(default)]
//!     reason: String,
//! }
//!
//! impl PluginSink for Void {
//!     const NAME: &str = "void";
//!     const SUMMARY: &str = "discards all records";
//!     const OPTIONS: &str = r#"{ "type": "object", "properties": { "reason": { "type": "string" } } }"#;
//! }
//!
//! impl OpenSink for Void {
//!     fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
//!         Ok(Destination::Elsewhere(format!("nowhere ({}), from {}", self.reason, variables.stream())))
//!     }
//!
//!     fn open(&self, _variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
//!         Ok(Opened { sink: Box::new(Nothing), at: from.map_or(Mark::START, |(_, mark)| mark) })
//!     }
//! }
//!
//! #[derive(Debug)]
//! struct Nothing;
//!
//! impl Sink for Nothing {
//!     fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
//!         longhaul_plugin::log::debug!("discarded {} records", batch.len());
//!         Ok(())
//!     }
//!
//!     fn commit(&mut self, _mark: Mark) -> Result<Receipt, SinkError> {
//!         Ok(Receipt::default())
//!     }
//!
//!     fn finish(self: Box<Self>) -> Result<(), SinkError> {
//!         Ok(())
//!     }
//! }
//!
//! export_sink!(Void);
//! # fn main() {}
//! ```
//!
//! # Library name
//!
//! longhaul looks for the sink `void` in a library named `longhaul_sink_void`, so the manifest says:
//!
//! ```toml
//! [lib]
//! name = "longhaul_sink_void"
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! longhaul-plugin = "0.1"
//! serde = { version = "1", features = ["derive"] }
//! ```
//!
//! The library that `cargo build` puts into `target/` then has the right name on every platform. To install it, copy
//! it to a folder that only its owner can write to, and list that folder in `plugin_path`. Then it can be used as the
//! sink type `void`.
//!
//! # Options
//!
//! The options are deserialized with `serde`. An unknown key, a missing key and a value of the wrong type are errors
//! that name the key; use `deny_unknown_fields`. Check further conditions with `#[serde(try_from = "…")]`. To read a
//! table within the options, you can use [`Keys`]. `longhaul sinks` shows the type, default and description of each
//! option from the JSON Schema, and whether the option is required.
//!
//! A sink receives no configuration other than its options, and never the credentials of the API.
//!
//! # Records
//!
//! A record of a [`Batch`] is JSON text. A sink that stores whole records need not parse them. To read single values,
//! use [`Pointer`]s and [`json`], which return each value as it is written.
//!
//! # Files
//!
//! A sink that writes a file should have an option of the type [`Place`], which handles placeholders, folders and
//! links, and rejects paths that cannot be a file. [`replace()`] writes a small file at once. A large file should be
//! written under a temporary name, made durable by each commit, and renamed when the pull is complete;
//! [`sync_folder_of`] then makes the new name durable. The crate that `longhaul new-sink` generates does so.
//!
//! # Panics and logs
//!
//! A panic is caught. It ends the run with an error that contains its message, and the host never calls the sink
//! again. This does not work for a library built with `panic = "abort"`: there, a panic ends the whole process.
//!
//! The macros of [`log`] write to longhaul's log. Panics are logged with their location. Log lines of a sink's
//! dependencies below the level `info` are dropped, because they could contain the data that is sent. A plugin should
//! not print anything: standard output may carry the records of another stream.
//!
//! # Without a shared library
//!
//! A program that embeds longhaul can register the same type as [`Linked`]. See `plugins/example/examples/embed.rs`.
#![expect(unsafe_code, reason = "this crate fills in the C table, so that authors need no unsafe code")]

mod calls;
mod export;
mod linked;
mod logger;
mod options;
mod place;
mod plugin_sink;
mod replace;
mod reply;

pub use log;
pub use longhaul_core::{
    InvalidPointer, Pointer,
    disk::{Change, SystemDisk},
    json,
    sink::{
        Batch, Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, Registry, Sink, SinkError,
        SinkErrorKind, SinkType, UnknownPlaceholder, UnknownSink, Variables,
    },
    suggest, times,
};
pub use longhaul_plugin_abi as abi;

pub use self::{
    export::Exported,
    linked::Linked,
    place::Place,
    plugin_sink::PluginSink,
    replace::{replace, sync_folder_of},
};

/// Exports a [`PluginSink`] as the sink of this library. Use it once in a crate.
#[macro_export]
macro_rules! export_sink {
    ($sink:ty) => {
        const _: () = {
            static EXPORTED: $crate::Exported = $crate::Exported::new::<$sink>(env!("CARGO_PKG_VERSION"));

            #[unsafe(no_mangle)]
            unsafe extern "C" fn longhaul_sink_v1(
                host: *const $crate::abi::Host,
            ) -> *const $crate::abi::SinkTable {
                // SAFETY: the host keeps the contract of `Entry`, and `start` requires no more.
                unsafe { EXPORTED.start(host) }
            }

            const _: $crate::abi::Entry = longhaul_sink_v1;
        };
    };
}
