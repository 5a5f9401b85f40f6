//! A sink as a table.

use longhaul_core::sink::OpenSink;
use longhaul_plugin_abi::{Bytes, Host, SinkTable};
use serde::de::DeserializeOwned;

use crate::{calls, journal};

/// A sink that can be exported: its options are its own fields, read from the configuration.
///
/// [`OpenSink`] says what the sink does; this trait says what it is called.
pub trait PluginSink: DeserializeOwned + OpenSink + 'static {
    /// The name that stands behind `type` in the configuration: `[a-z][a-z0-9_]*`.
    const NAME: &str;

    /// One line that says what the sink does, for `longhaul sinks`.
    const SUMMARY: &str;

    /// The options as a JSON Schema of type `object`, one of its `properties` for each.
    const OPTIONS: &str;
}

/// The table of an exported sink, as [`export_sink!`](crate::export_sink) makes it.
#[derive(Debug)]
pub struct Exported(SinkTable);

// SAFETY: the pointers in the table are to functions and to texts of the program itself, which nothing changes.
unsafe impl Sync for Exported {}

impl Exported {
    /// The table of `S`, in a crate of this version.
    #[expect(clippy::cast_possible_truncation, reason = "the table has some hundred bytes")]
    pub const fn new<S: PluginSink>(version: &'static str) -> Self {
        Self(SinkTable {
            size: size_of::<SinkTable>() as u32,
            features: 0,
            name: Bytes::of(S::NAME.as_bytes()),
            version: Bytes::of(version.as_bytes()),
            summary: Bytes::of(S::SUMMARY.as_bytes()),
            options: Bytes::of(S::OPTIONS.as_bytes()),
            configure: Some(calls::configure::<S>),
            destination: Some(calls::destination::<S>),
            open: Some(calls::open::<S>),
            drop_configured: Some(calls::drop_configured::<S>),
            write: Some(calls::write),
            commit: Some(calls::commit),
            finish: Some(calls::finish),
            drop_sink: Some(calls::drop_sink),
        })
    }

    /// Sends the library's log and panics to the host, and gives the table.
    ///
    /// # Safety
    /// `host` points to a [`Host`] that stays valid for as long as the process lives.
    pub unsafe fn start(&'static self, host: *const Host) -> *const SinkTable {
        // SAFETY: the caller promises what `open` asks for.
        unsafe { journal::open(host) };
        &raw const self.0
    }
}
