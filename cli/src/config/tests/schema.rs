//! The rows of keys and the types that serde reads agree.

use std::collections::BTreeSet;

use figment::{Figment, Profile, Provider, error::Kind, value::Value};

use crate::config::{
    Config,
    load::keys,
    schema::{
        self,
        node::{Node, Others},
    },
    tree,
};

struct Unknown<'p>(&'p [&'p str]);

impl Provider for Unknown<'_> {
    fn metadata(&self) -> figment::Metadata {
        figment::Metadata::default()
    }

    fn data(&self) -> figment::Result<figment::value::Map<Profile, figment::value::Dict>> {
        Ok(Profile::Default.collect(tree::nest(&[self.0, &["\0"]].concat(), Value::from(""))))
    }
}

#[test]
fn each_table_takes_the_keys_that_are_listed() {
    let tables: [&[&str]; 16] = [
        &[],
        &["api"],
        &["auth"],
        &["errors"],
        &["rate"],
        &["rate", "headers"],
        &["retry"],
        &["streams", "s"],
        &["streams", "s", "job"],
        &["streams", "s", "job", "cancel"],
        &["streams", "s", "job", "submit"],
        &["streams", "s", "pages"],
        &["streams", "s", "table"],
        &["streams", "s", "window"],
        &["streams", "s", "window", "available"],
        &["streams", "s", "window", "too_deep"],
    ];
    for table in tables {
        let error = Figment::from(Unknown(table)).extract::<Config>().unwrap_err();
        let Kind::UnknownField(_, read) = error.kind else { panic!("{error}") };
        let here = |row: &[&str]| {
            row.len() > table.len() && row.iter().zip(table).all(|(key, name)| key == name || *key == "*")
        };
        let listed: BTreeSet<_> =
            keys::rows().filter(|(row, _)| here(row)).map(|(row, _)| row[table.len()]).collect();
        let read: BTreeSet<_> = read.iter().copied().collect();
        assert_eq!(listed, read, "{table:?}");
    }
}

fn walk(path: &[&'static str], node: Node, rows: &mut BTreeSet<(String, String)>) {
    if let Some(kind) = node.kind() {
        rows.insert((path.join("."), format!("{kind:?}")));
    }
    for table in node.tables() {
        for (name, node) in table.properties() {
            walk(&[path, &[name]].concat(), node, rows);
        }
        match table.others() {
            Others::None => {}
            Others::Named(node) => walk(&[path, &["*"]].concat(), node, rows),
            Others::Free => _ = rows.insert((format!("{}.**", path.join(".")), "Free".to_owned())),
        }
    }
}

#[test]
fn the_schema_has_the_keys_that_are_listed() {
    let mut derived = BTreeSet::new();
    walk(&[], schema::root(), &mut derived);
    let listed: BTreeSet<_> = keys::rows().map(|(row, kind)| (row.join("."), format!("{kind:?}"))).collect();
    assert_eq!(derived, listed);
}
