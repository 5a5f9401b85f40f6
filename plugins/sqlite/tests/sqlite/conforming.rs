//! The contract of a sink, through the border and on this side of it, in every mode.

use longhaul_core::sink::{
    OpenSink,
    conformance::{Publishes, Subject, Suite},
};
use longhaul_sink_sqlite::Sqlite;
use serde_json::{Value, json};

use crate::support::{Folder, configured};

type Configure = fn(Value) -> Box<dyn OpenSink>;

fn verify(configure: Configure, options: fn() -> Value) {
    let fresh = move || {
        let folder = Folder::new();
        let (opener, variables) = (configure(options()), folder.variables());
        let published = move || {
            let is_there = "SELECT name FROM sqlite_schema WHERE name = 'users'";
            let is_there = folder.path("data.db").exists() && !folder.texts(is_there).is_empty();
            is_there.then(|| folder.texts("SELECT record FROM users ORDER BY rowid"))
        };
        Subject { opener, variables, published: Box::new(published) }
    };
    Suite::new(Publishes::AtFinish, fresh).verify();
}

fn natively(options: Value) -> Box<dyn OpenSink> {
    Box::new(serde_json::from_value::<Sqlite>(options).unwrap())
}

fn through_the_border(options: Value) -> Box<dyn OpenSink> {
    configured(options).unwrap()
}

#[test]
fn a_table_that_is_replaced() {
    verify(natively, || json!({"path": "data.db"}));
}

#[test]
fn a_table_that_is_replaced_through_the_border() {
    verify(through_the_border, || json!({"path": "data.db"}));
}

#[test]
fn a_table_that_is_appended_to() {
    verify(natively, || json!({"path": "data.db", "mode": "append"}));
}

#[test]
fn a_table_with_a_key() {
    verify(natively, || json!({"path": "data.db", "mode": "append", "key": "record", "indexes": ["record"]}));
}
