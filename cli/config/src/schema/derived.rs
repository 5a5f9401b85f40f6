//! Derives the schema from the sections.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::settle::settle;
use crate::sections::root::Config;

/// The JSON Schema (draft 2020-12) of configuration files.
pub(crate) fn derive() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
    settle(&mut schema);
    schema
}
