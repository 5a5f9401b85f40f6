//! The JSON Schema of the configuration, derived from the sections. Everything that must be known about a key before
//! serde reads it follows from here.
//!
//! To derive the schema makes this crate and its dependencies twice as expensive to compile. So only tests derive it, and
//! compare it with the file that everything else uses.

#[cfg(test)]
pub(crate) mod derived;
pub(crate) mod node;
#[cfg(test)]
mod settle;

use std::sync::LazyLock;

use serde_json::Value;

#[cfg(test)]
use self::derived::derive as read;
use crate::schema::node::Node;

/// The JSON Schema (draft 2020-12) of configuration files, as text.
pub fn json_schema() -> &'static str {
    include_str!("../../../longhaul.schema.json")
}

/// The schema of the configuration as a whole.
pub(crate) fn root() -> Node {
    static SCHEMA: LazyLock<Value> = LazyLock::new(read);
    Node::of(&SCHEMA)
}

#[cfg(not(test))]
fn read() -> Value {
    serde_json::from_str(json_schema()).expect("the file is the derived schema")
}
