//! The JSON Schema of the configuration, derived from the sections. Everything that must be known about a key before
//! serde reads it follows from here.

pub(super) mod node;
pub(super) mod settle;

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::{schema::node::Node, sections::root::Config};

/// The JSON Schema (draft 2020-12).
fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
        settle::settle(&mut schema);
        schema
    })
}

/// The JSON Schema (draft 2020-12) of configuration files, as text.
pub fn json_schema() -> String {
    format!("{:#}\n", schema())
}

/// The schema of the configuration as a whole.
pub(crate) fn root() -> Node {
    Node::of(schema())
}
