//! What an author of a longhaul sink depends on.
//!
//! `longhaul new-sink NAME` writes a crate to begin with, and `longhaul sinks check LIBRARY` holds what is built
//! against the contract of a sink.
//!
//! A plugin is a shared library with one sink in it. Its author implements the traits that the built-in sinks
//! implement, [`OpenSink`] and [`Sink`], and exports the sink by name:
//!
//! ```
//! use longhaul_plugin::{
//!     Batch, Destination, Mark, OpenSink, Opened, PluginSink, Receipt, Sink, SinkError, Variables, export_sink,
//! };
//! use serde::Deserialize;
//!
//! /// The options, straight from the sink's table in the configuration.
//! #[derive(Debug, Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Void {
//!     #[serde(default)]
//!     reason: String,
//! }
//!
//! impl PluginSink for Void {
//!     const NAME: &str = "void";
//!     const SUMMARY: &str = "takes everything and keeps nothing";
//!     const OPTIONS: &str = r#"{ "type": "object", "properties": { "reason": { "type": "string" } } }"#;
//! }
//!
//! impl OpenSink for Void {
//!     fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
//!         Ok(Destination::Elsewhere(format!("nowhere ({}), for {}", self.reason, variables.stream())))
//!     }
//!
//!     fn open(&self, _site: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
//!         Ok(Opened { sink: Box::new(Nothing), at: from.map_or(Mark::START, |(_, mark)| mark) })
//!     }
//! }
//!
//! #[derive(Debug)]
//! struct Nothing;
//!
//! impl Sink for Nothing {
//!     fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
//!         longhaul_plugin::log::debug!("{} records go nowhere", batch.len());
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
//! # The library's name
//!
//! longhaul looks for a sink `void` in a library `longhaul_sink_void`, so the manifest says:
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
//! What `cargo build` leaves in `target/` then has the right name on every platform. Copied to a folder that only its
//! owner may write to, and that `plugin_path` in the configuration names, it can be used: `type = "void"`.
//!
//! # Options
//!
//! The options reach the sink by `serde`. A key that the type does not know, one that is missing and a value of the
//! wrong type become errors that name the key; write `deny_unknown_fields`. What else must hold is checked by
//! `#[serde(try_from = "…")]`; what a table inside of the options has, [`Keys`] reads, too. Of the JSON Schema,
//! `longhaul sinks` shows each option's type, default and description, and whether it is required.
//!
//! The options are all that a sink is told of the configuration. The API's credentials never cross.
//!
//! # Records
//!
//! A record of a [`Batch`] is JSON text. A sink that keeps it as it is need not read it; one that wants single values of
//! it names them by [`Pointer`]s and finds them with [`json`], each as it is written.
//!
//! # Files
//!
//! A sink that writes a file has an option of the type [`Place`], which knows placeholders, folders and links, and
//! refuses what cannot be a file. [`replace()`] writes a small one as a whole. A large one grows under another name, is
//! made durable by each commit, and gets its own name when the pull is complete, which [`sync_folder_of`] then makes
//! durable, too: so does the crate that `longhaul new-sink` writes.
//!
//! # Panics and logs
//!
//! A panic is caught, ends the run as an error with the panic's message, and the sink is not entered again. That
//! cannot be done for a library built with `panic = "abort"`: there it takes the whole process down.
//!
//! The macros of [`log`] write to longhaul's own log, and so do panics, with the place they came from. Of the libraries
//! beneath a sink, nothing below `info` is passed on: they would write down what is sent. Nothing should be printed:
//! standard output may be where the records of another stream go.
//!
//! # Without a library
//!
//! A program that embeds longhaul registers the same type as [`Linked`]; `plugins/example/examples/embed.rs` is one.
#![expect(unsafe_code, reason = "the C table is filled in here, so that no author has to")]

mod calls;
mod export;
mod journal;
mod linked;
mod options;
mod place;
mod replace;
mod reply;

pub use log;
pub use longhaul_core::{
    InvalidPointer, Pointer, json,
    sink::{
        Batch, Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, Registry, Sink, SinkError,
        SinkErrorKind, SinkType, UnknownPlaceholder, UnknownSink, Variables,
    },
    suggest,
};
pub use longhaul_plugin_abi as abi;

pub use self::{
    export::{Exported, PluginSink},
    linked::Linked,
    place::Place,
    replace::{replace, sync_folder_of},
};

/// Exports a [`PluginSink`] as the sink of this library. Once in a crate.
#[macro_export]
macro_rules! export_sink {
    ($sink:ty) => {
        const _: () = {
            static EXPORTED: $crate::Exported = $crate::Exported::new::<$sink>(env!("CARGO_PKG_VERSION"));

            #[unsafe(no_mangle)]
            unsafe extern "C" fn longhaul_sink_v1(
                host: *const $crate::abi::Host,
            ) -> *const $crate::abi::SinkTable {
                // SAFETY: the host upholds what `Entry` asks of it, and `start` asks for no more.
                unsafe { EXPORTED.start(host) }
            }

            const _: $crate::abi::Entry = longhaul_sink_v1;
        };
    };
}
