//! The schema and the types that serde reads have the same keys.

use std::collections::BTreeSet;

use figment::{Figment, Profile, Provider, error::Kind};
use serde_json::Value;

use super::Case;
use crate::{
    Config, json_schema, load,
    load::keys::{self, Row},
    schema, tree,
};

struct Unknown<'p>(&'p [&'p str]);

impl Provider for Unknown<'_> {
    fn metadata(&self) -> figment::Metadata {
        figment::Metadata::default()
    }

    fn data(&self) -> figment::Result<figment::value::Map<Profile, figment::value::Dict>> {
        Ok(Profile::Default.collect(tree::nest(&[self.0, &["\0"]].concat(), "".into())))
    }
}

#[test]
fn each_table_has_the_keys_of_the_schema() {
    let tables: [&[&str]; 18] = [
        &[],
        &["api"],
        &["auth"],
        &["auth", "request"],
        &["auth", "response"],
        &["errors"],
        &["rate"],
        &["rate", "headers"],
        &["retry"],
        &["streams", "s"],
        &["streams", "s", "job"],
        &["streams", "s", "job", "cancel"],
        &["streams", "s", "job", "submit"],
        &["streams", "s", "pages"],
        &["streams", "s", "rate"],
        &["streams", "s", "table"],
        &["streams", "s", "window"],
        &["streams", "s", "window", "available"],
    ];
    for table in tables {
        let error = Figment::from(Unknown(table)).extract::<Config>().unwrap_err();
        let Kind::UnknownField(_, read) = error.kind else { panic!("{error}") };
        let here = |row: &&Row| {
            let named = row.path.iter().zip(table).all(|(key, name)| key == name || *key == "*");
            row.path.len() > table.len() && named
        };
        let listed: BTreeSet<_> = keys::rows().iter().filter(here).map(|row| row.path[table.len()]).collect();
        let read: BTreeSet<_> = read.iter().copied().collect();
        assert_eq!(listed, read, "{table:?}");
    }
}

/// The keys that are missing, one after the other, until the table is complete.
fn missing(configuration: &str, table: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::<String>::new();
    loop {
        let lines: Vec<_> = keys.iter().map(|key| format!("{table}.{key} = {}\n", sample(key))).collect();
        let Err(error) = load(&Case::toml(&[configuration, &*lines.concat()].concat()).sources) else {
            return keys;
        };
        let message = error.to_string();
        let key =
            message.strip_prefix(&format!("`{table}.")).and_then(|rest| rest.strip_suffix("` is missing"));
        let is_new = keys.insert(key.unwrap_or_else(|| panic!("{message}")).to_owned());
        assert!(is_new, "{message}");
    }
}

fn sample(key: &str) -> &'static str {
    match key {
        "token_url" => "'https://login.example.com'",
        "cursor" | "next" => "'/x'",
        _ => "'x'",
    }
}

#[test]
fn each_type_requires_the_keys_of_the_schema() {
    let api = "api.base_url = 'https://api.example.com'\n";
    let stream = format!("{api}auth.type = 'none'\nstreams.s.path = '/s'\n");
    for (configuration, table) in [(api, "auth"), (&*stream, "streams.s.pages")] {
        let node = table.split('.').fold(schema::root(), |node, name| node.inside(name).unwrap());
        for (kind, _) in node.property("type").unwrap().words() {
            let required = node.properties().filter(|(name, key)| match key.get("x-required") {
                Some(Value::Array(types)) => types.iter().any(|name| name == kind),
                Some(_) => *name != "type" && key.belongs(Some(kind)),
                None => false,
            });
            let required: BTreeSet<_> = required.map(|(name, _)| name.to_owned()).collect();
            // Either `header` or `query` is required.
            let more = if kind == "api_key" { "auth.query = 'key'\n" } else { "" };
            let configuration = format!("{configuration}{table}.type = '{kind}'\n{more}");
            assert_eq!(missing(&configuration, table), required, "{table} of type {kind}");
        }
    }
}

/// Editors check the keys of each type by these rules.
#[test]
fn the_rules_of_each_type_allow_the_keys_that_it_can_have() {
    let schema: Value = serde_json::from_str(json_schema()).unwrap();
    for (pointer, table) in [
        ("/properties/auth", "auth"),
        ("/properties/streams/additionalProperties/properties/pages", "streams.s.pages"),
    ] {
        let node = table.split('.').fold(schema::root(), |node, name| node.inside(name).unwrap());
        let rules = schema.pointer(pointer).unwrap()["allOf"].as_array().unwrap();
        for (kind, _) in node.property("type").unwrap().words() {
            let is_of = |rule: &&Value| rule["if"]["properties"]["type"]["const"] == *kind;
            let names = &rules.iter().find(is_of).unwrap()["then"]["propertyNames"]["enum"];
            let allowed: BTreeSet<_> = names.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let known = node.properties().filter(|(_, key)| key.belongs(Some(kind)));
            assert_eq!(allowed, known.map(|(name, _)| name).collect(), "{table} of type {kind}");
        }
    }
}
