//! The rows of keys and the types that serde reads agree.

use std::collections::BTreeSet;

use figment::{Figment, Profile, Provider, error::Kind, value::Value};

use crate::config::{Config, load::keys, tree};

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
