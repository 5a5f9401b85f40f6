//! The table of an exported sink.

use longhaul_plugin_abi::{Bytes, Host, SinkTable};

use crate::{PluginSink, calls, logger};

/// The table of an exported sink, created by [`export_sink!`](crate::export_sink).
#[derive(Debug)]
pub struct Exported(SinkTable);

// SAFETY: the table points to functions and to constant texts of the program, which never change.
unsafe impl Sync for Exported {}

impl Exported {
    /// The table of `S`. `version` is the version of the plugin's crate.
    #[expect(clippy::cast_possible_truncation, reason = "the table has about a hundred bytes")]
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

    /// Sends the library's log and panics to the host, and returns the table.
    ///
    /// # Safety
    /// `host` points to a [`Host`] that stays valid until the process ends.
    pub unsafe fn start(&'static self, host: *const Host) -> *const SinkTable {
        // SAFETY: guaranteed by the caller.
        unsafe { logger::install(host) };
        &raw const self.0
    }
}
