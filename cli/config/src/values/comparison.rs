//! Comparisons of the value at a place in a response.

use longhaul_core::http::place::{Comparison, Places};
use serde::Deserialize;
use serde_json::Value;

use crate::values::described::described;

/// A value, or a list of alternatives.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Value")]
pub(crate) struct AnyOf(pub(crate) Vec<Value>);

/// The keys of a condition that compare the value at a place.
pub(crate) struct Compared {
    pub(crate) at: Option<Places>,
    pub(crate) contains: Option<String>,
    pub(crate) exists: Option<bool>,
    pub(crate) is: Option<AnyOf>,
    pub(crate) not: Option<AnyOf>,
}

impl Compared {
    /// The place and the comparisons, if there are any.
    ///
    /// # Errors
    /// What is wrong, as a clause: a key is missing, or the comparisons contradict each other.
    pub(crate) fn comparisons(self) -> Result<Option<(Places, Vec<Comparison>)>, String> {
        let Self { at, contains, exists, is, not } = self;
        let needs_value = [("contains", contains.is_some()), ("is", is.is_some()), ("not", not.is_some())];
        let needs_value = needs_value.into_iter().find(|(_, is_set)| *is_set).map(|(name, _)| name);
        if let (Some(false), Some(name)) = (exists, needs_value) {
            return Err(format!("`{name}` never matches with `exists = false`"));
        }
        let comparisons: Vec<_> = [
            exists.map(Comparison::Exists),
            is.map(|AnyOf(values)| Comparison::Is(values)),
            not.map(|AnyOf(values)| Comparison::Not(values)),
            contains.map(Comparison::Contains),
        ]
        .into_iter()
        .flatten()
        .collect();
        match at {
            Some(_) if comparisons.is_empty() => {
                Err("`at` requires `is`, `not`, `exists` or `contains`".to_owned())
            }
            None if !comparisons.is_empty() => {
                let name = needs_value.unwrap_or("exists");
                Err(format!("`{name}` requires `at`, the place of the value"))
            }
            at => Ok(at.map(|at| (at, comparisons))),
        }
    }
}

impl From<Value> for AnyOf {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(values) => Self(values),
            value => Self(vec![value]),
        }
    }
}

described!(AnyOf, { "type": ["string", "number", "boolean", "array", "null"], "x-value": "value or list" });
