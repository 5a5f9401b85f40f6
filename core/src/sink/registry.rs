//! The available types of sinks.

use std::collections::BTreeMap;

use super::SinkType;
use crate::suggest::closest;

/// The types of sinks, by name. It is passed by reference; there is no global one.
#[derive(Debug, Default)]
pub struct Registry(BTreeMap<String, Box<dyn SinkType>>);

impl Registry {
    /// Adds a type. A type with the same name is replaced.
    pub fn register(&mut self, name: impl Into<String>, sink_type: impl SinkType + 'static) {
        self.0.insert(name.into(), Box::new(sink_type));
    }

    /// The type with this name.
    ///
    /// # Errors
    /// There is none. The message suggests the name that is most similar.
    pub fn get(&self, name: &str) -> Result<&dyn SinkType, UnknownSink> {
        self.0
            .get(name)
            .map(Box::as_ref)
            .ok_or_else(|| UnknownSink { name: name.to_owned(), known: self.0.keys().cloned().collect() })
    }

    /// All names and types, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &dyn SinkType)> {
        self.0.iter().map(|(name, sink_type)| (name.as_str(), sink_type.as_ref()))
    }
}

/// A name that is not in the registry.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown sink type `{name}`; the known types are {}{}", listed(known), closest(name, known))]
pub struct UnknownSink {
    name: String,
    known: Vec<String>,
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
