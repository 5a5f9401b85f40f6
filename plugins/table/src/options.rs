//! Options that several sinks have.

use std::{slice, time::Duration};

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de::Error};

use crate::columns::Columns;

/// One column name, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected the name of a column, or a list of names")]
pub enum Names {
    /// A name.
    One(String),
    /// Several names.
    Several(Vec<String>),
}

impl Names {
    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Several(names) if names.is_empty())
    }

    /// The indices of the columns with these names.
    fn indices(&self, columns: &Columns) -> Result<Vec<usize>, String> {
        let names = match self {
            Self::One(name) => slice::from_ref(name),
            Self::Several(names) => names,
        };
        names.iter().map(|name| columns.index(name)).collect()
    }
}

/// The columns of the options `key` and `indexes`, each by its index in `columns`.
pub fn key_and_indexes(
    key: &Names,
    indexes: &[Names],
    columns: &Columns,
) -> Result<(Vec<usize>, Vec<Vec<usize>>), String> {
    let indices = |option: &str, names: &Names| {
        names.indices(columns).map_err(|error| format!("`{option}` contains {error}"))
    };
    let key = indices("key", key)?;
    let indexes = indexes.iter().map(|names| indices("indexes", names)).collect::<Result<Vec<_>, _>>()?;
    if indexes.iter().any(Vec::is_empty) {
        return Err("`indexes` contains an index without columns".into());
    }
    Ok((key, indexes))
}

impl Default for Names {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

/// Deserializes a duration such as `30s`.
pub fn duration<'de, D: Deserializer<'de>>(text: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(text)?;
    let duration = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    duration.ok_or_else(|| {
        D::Error::custom(format!("`{text}` is not a duration; use a value like `500ms`, `30s` or `2m`"))
    })
}
