//! Tests the sink against the sink contract in every mode, linked and as a shared library.

use longhaul_core::sink::{
    OpenSink,
    conformance::{Publishes, Subject, Suite},
};
use longhaul_sink_sqlite::Sqlite;
use serde_json::{Value, json};

use crate::support::{Folder, configured};

type Configure = fn(Value) -> Box<dyn OpenSink>;

fn verify(configure: Configure, options: fn() -> Value) {
    suite(configure, options).verify();
}

fn suite(configure: Configure, options: fn() -> Value) -> Suite {
    let fresh = move || {
        let folder = Folder::new();
        let (opener, variables) = (configure(options()), folder.variables());
        let published = move || {
            let sql = "SELECT name FROM sqlite_schema WHERE name = 'users'";
            let exists = folder.path("data.db").exists() && !folder.texts(sql).is_empty();
            exists.then(|| folder.texts("SELECT record FROM users ORDER BY rowid"))
        };
        Subject { opener, variables, published: Box::new(published) }
    };
    Suite::new(Publishes::AtFinish, fresh)
}

fn linked(options: Value) -> Box<dyn OpenSink> {
    Box::new(serde_json::from_value::<Sqlite>(options).unwrap())
}

fn loaded(options: Value) -> Box<dyn OpenSink> {
    configured(options).unwrap()
}

#[test]
fn a_table_that_is_replaced() {
    verify(linked, || json!({"path": "data.db", "columns": "record"}));
}

#[test]
fn a_table_that_is_replaced_by_the_loaded_library() {
    verify(loaded, || json!({"path": "data.db", "columns": "record"}));
}

#[test]
fn a_table_that_is_appended_to() {
    verify(linked, || json!({"path": "data.db", "columns": "record", "mode": "append"}));
}

#[test]
fn a_table_with_a_key() {
    let options = || json!({"path": "data.db", "columns": "record", "mode": "append", "key": "record", "indexes": ["record"]});
    suite(linked, options).merging_identical_records().verify();
}
