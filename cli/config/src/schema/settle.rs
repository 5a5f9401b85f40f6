//! Changes the schema that `schemars` derives into the one that longhaul publishes.

use serde_json::{Map, Value, json};

/// Changes `schema` and everything in it:
///
/// - No key can be null.
/// - A list can be written as text.
/// - A configuration has many layers, and any of them may complete a table. A key that is required in the end is marked
///   `x-required`, because a file without it is valid.
/// - Where a table has a `type`, only the keys of that type are allowed.
pub(super) fn settle(schema: &mut Value) {
    let Some(node) = schema.as_object_mut() else { return };
    without_null(node);
    // Doc comments are wrapped.
    if let Some(Value::String(text)) = node.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    for list in ["anyOf", "oneOf"] {
        node.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().for_each(settle);
    }
    for inner in ["additionalProperties", "items"] {
        node.get_mut(inner).into_iter().for_each(settle);
    }
    if let Some(Value::Array(required)) = node.remove("required") {
        for name in required.iter().filter_map(Value::as_str) {
            let key = &mut node["properties"][name];
            if key.get("default").is_none() && key.get("x-default").is_none() {
                key["x-required"] = true.into();
            }
        }
    }
    if let Some(properties) = node.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(settle);
        properties.values_mut().for_each(or_text);
        let rules = type_rules(properties);
        if !rules.is_empty() {
            node.insert("allOf".to_owned(), rules.into());
        }
    }
}

fn without_null(node: &mut Map<String, Value>) {
    if let Some(Value::Array(names)) = node.get_mut("type") {
        names.retain(|name| name != "null");
        if let [name] = names.as_slice() {
            let name = name.clone();
            node.insert("type".to_owned(), name);
        }
    }
    if let Some(Value::Array(mut alternatives)) = node.remove("anyOf") {
        alternatives.retain(|alternative| alternative.get("type").is_none_or(|name| name != "null"));
        match alternatives.as_mut_slice() {
            [Value::Object(only)] => {
                for (keyword, value) in std::mem::take(only) {
                    node.entry(keyword).or_insert(value);
                }
            }
            _ => _ = node.insert("anyOf".to_owned(), alternatives.into()),
        }
    }
    // A table of names that the user chooses is empty by default, which goes without saying.
    let is_of_names = !node.contains_key("properties");
    let is_empty = |default: &Value| default.as_object().is_some_and(Map::is_empty);
    if node.get("default").is_some_and(|default| default.is_null() || is_of_names && is_empty(default)) {
        node.remove("default");
    }
    // `format` would be the width of the number in memory.
    node.remove("format");
}

/// Lists may be written as text, except for paths, which may contain blanks and commas.
fn or_text(key: &mut Value) {
    let is_of_paths = key["items"].get("x-kind").is_some();
    if key["type"] == "array" && key.get("x-kind").is_none() && !is_of_paths {
        key["type"] = json!(["array", "string"]);
    }
}

/// For each word that the `type` of a table can be: the keys that the table can then have.
fn type_rules(properties: &Map<String, Value>) -> Vec<Value> {
    let words = properties.get("type").and_then(|kind| kind.get("oneOf")?.as_array()).into_iter().flatten();
    let words = words.filter_map(|word| word.get("const"));
    // A key without types belongs to all of them.
    let has = |key: &Value, word: &Value| key["x-types"].as_array().is_none_or(|types| types.contains(word));
    let rule = |word: &Value| {
        let keys = properties.iter().filter(|(_, key)| has(key, word));
        let keys: Vec<_> = keys.map(|(name, _)| name.as_str()).collect();
        json!({
            "if": { "properties": { "type": { "const": word } }, "required": ["type"] },
            "then": { "propertyNames": { "enum": keys } },
        })
    };
    words.map(rule).collect()
}
