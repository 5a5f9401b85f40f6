//! The defaults, as the lowest layer.

use figment::value::{Dict, Value};
use serde_json::Value as Json;

use crate::{
    schema::{
        self,
        node::{Node, Others},
    },
    values::kind::TABLE_NAME,
};

/// The defaults of a configuration that has the values `written`: those of every table in it, and of the tables whose
/// default is to be empty.
pub(crate) fn beneath(written: &Dict) -> Dict {
    table(schema::root(), "", Some(written))
}

/// The defaults of the table `name`.
fn table(node: Node, name: &str, written: Option<&Dict>) -> Dict {
    let inside = |name: &str| written.and_then(|table| table.get(name)?.as_dict());
    let kind = node.property("type").and_then(|kind| {
        let chosen = written.and_then(|table| table.get("type")?.as_str());
        chosen.or_else(|| kind.default(None)?.as_str())
    });
    let known = node.properties().filter(|(_, key)| key.belongs(kind)).filter_map(|(key, below)| {
        let value = match below.default(kind) {
            Some(Json::Object(_)) => nested(below, key, inside(key)),
            Some(default) => Some(value(default)),
            None if below.get("x-default").is_some_and(|default| default == TABLE_NAME) => Some(name.into()),
            None if below.kind().is_none() => inside(key).and_then(|table| nested(below, key, Some(table))),
            None => None,
        };
        Some((key.to_owned(), value?))
    });
    let Others::Named(node) = node.others() else { return known.collect() };
    let given = written.into_iter().flatten().filter_map(|(name, table)| Some((name, table.as_dict()?)));
    known
        .chain(given.filter_map(|(name, table)| Some((name.clone(), nested(node, name, Some(table))?))))
        .collect()
}

fn nested(node: Node, name: &str, written: Option<&Dict>) -> Option<Value> {
    let defaults = table(node, name, written);
    (!defaults.is_empty()).then(|| Value::from(defaults))
}

fn value(default: &Json) -> Value {
    Value::serialize(default).expect("JSON has a value of its own for everything")
}
