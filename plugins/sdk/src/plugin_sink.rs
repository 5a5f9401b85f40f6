//! The trait of a sink that can be exported.

use longhaul_core::sink::OpenSink;
use serde::de::DeserializeOwned;

/// A sink that can be exported. Its fields are its options, deserialized from the configuration.
///
/// [`OpenSink`] defines what the sink does; this trait names and describes it.
pub trait PluginSink: DeserializeOwned + OpenSink + 'static {
    /// The value of `type` in the configuration: `[a-z][a-z0-9_]*`.
    const NAME: &str;

    /// One line that says what the sink does, for `longhaul sinks`.
    const SUMMARY: &str;

    /// The options as a JSON Schema of type `object` with one entry in `properties` for each option.
    const OPTIONS: &str;
}
