//! A sink that is part of the program instead of a shared library.

use std::{fmt, marker::PhantomData};

use longhaul_core::sink::{OpenSink, Options, SinkError, SinkType};
use serde_json::Value;

use crate::{PluginSink, options::from_options};

/// A [`PluginSink`] as a sink type of the program that it is compiled into.
///
/// A program that embeds longhaul registers it like the built-in sinks. No shared library is loaded:
///
/// ```
/// # use longhaul_plugin::{Linked, PluginSink, Registry};
/// # fn example<Count: PluginSink>(mut registry: Registry) {
/// registry.register(Count::NAME, Linked::<Count>::default());
/// # }
/// ```
pub struct Linked<S>(PhantomData<fn() -> S>);

impl<S> Default for Linked<S> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<S: PluginSink> fmt::Debug for Linked<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Linked").field(&S::NAME).finish()
    }
}

impl<S: PluginSink> SinkType for Linked<S> {
    fn summary(&self) -> &str {
        S::SUMMARY
    }

    fn options(&self) -> Vec<String> {
        let schema: Options = serde_json::from_str(S::OPTIONS).unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(Options::keys).cloned().collect()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        Ok(Box::new(from_options::<S>(options.clone())?))
    }
}
