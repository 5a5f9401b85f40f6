//! `[streams.NAME.each]`: the parents of a stream.

use std::{collections::BTreeMap, path::PathBuf};

use longhaul_core::Pointer;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{
    field::{Field, ListItem},
    path::ReadPath,
};

/// The parents of the stream. It is pulled once for each of them: for each record of another stream, each row of a file, or
/// each value of a list. Records are in the order of the parents.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// Fields that each record gets at its end, by name, and where a parent has their values.
    #[serde(default, deserialize_with = "Field::table")]
    #[schemars(with = "BTreeMap<String, Field>")]
    pub add: BTreeMap<String, Pointer>,
    /// Name of the placeholder for the values of `list`: `region` for `{each.region}`.
    #[serde(rename = "as")]
    pub placeholder: Option<String>,
    /// File with the parents: `.csv` with a header, or `.ndjson` or `.jsonl` with one JSON value per line.
    #[schemars(with = "Option<ReadPath>")]
    pub file: Option<PathBuf>,
    /// The parents themselves: texts or whole numbers.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    pub list: Vec<ListItem>,
    /// Name of the stream whose records are the parents. It is pulled first, in the same run, and needs no sink of its own.
    pub stream: Option<String>,
    /// Placeholders by name, and where a parent has their values: `conversation = "/id"` for `{each.conversation}`.
    #[serde(default, deserialize_with = "Field::table")]
    #[schemars(with = "BTreeMap<String, Field>")]
    pub values: BTreeMap<String, Pointer>,
}

impl Each {
    /// The placeholders, and where a parent has their values.
    pub fn places(&self) -> Vec<(String, Pointer)> {
        let of_list = self.placeholder.iter().map(|name| (name.clone(), Pointer::default()));
        self.values.clone().into_iter().chain(of_list).collect()
    }

    /// The names of the placeholders, as they stand in requests without their braces.
    pub fn placeholders(&self) -> Vec<String> {
        self.places().into_iter().map(|(name, _)| format!("each.{name}")).collect()
    }

    /// What the parents are from, for messages.
    pub fn source(&self) -> String {
        match (&self.stream, &self.file) {
            (Some(stream), _) => format!("`{stream}`"),
            (None, Some(file)) => format!("`{}`", file.display()),
            (None, None) => "`each.list`".to_owned(),
        }
    }
}
