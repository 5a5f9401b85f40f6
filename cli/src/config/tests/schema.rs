//! The schema and the types that serde reads have the same keys.

use std::{collections::BTreeSet, fs};

use figment::{Figment, Profile, Provider, error::Kind, value::Value};

use crate::config::{
    Config, json_schema,
    load::keys::{self, Row},
    tree,
};

#[test]
fn the_schema_file_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/longhaul.schema.json");
    assert!(
        fs::read_to_string(path).unwrap() == json_schema(),
        "cli/longhaul.schema.json is out of date; run `cargo run -- schema > cli/longhaul.schema.json`"
    );
}

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
fn each_table_has_the_keys_of_the_schema() {
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
        let here = |row: &&Row| {
            let named = row.path.iter().zip(table).all(|(key, name)| key == name || *key == "*");
            row.path.len() > table.len() && named
        };
        let listed: BTreeSet<_> = keys::rows().iter().filter(here).map(|row| row.path[table.len()]).collect();
        let read: BTreeSet<_> = read.iter().copied().collect();
        assert_eq!(listed, read, "{table:?}");
    }
}
