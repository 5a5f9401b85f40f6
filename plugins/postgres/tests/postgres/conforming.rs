//! Tests the sink against the sink contract in every mode, linked and as a shared library.

use longhaul_core::sink::{
    OpenSink,
    conformance::{Publishes, Subject, Suite},
};
use longhaul_sink_postgres::Postgres;
use serde_json::{Value, json};

use crate::{
    server::Server,
    support::{Schema, configured, variables},
};

type Configure = fn(Value) -> Box<dyn OpenSink>;

/// `None` if there is no server.
fn suite(configure: Configure, options: fn() -> Value) -> Option<Suite> {
    Server::get()?;
    let fresh = move || {
        let schema = Schema::new().unwrap();
        let opener = configure(schema.options(options()));
        let published =
            move || schema.exists("users").then(|| schema.rows("SELECT record FROM users ORDER BY ctid"));
        Subject { opener, variables: variables(), published: Box::new(published) }
    };
    Some(Suite::new(Publishes::AtFinish, fresh))
}

fn linked(options: Value) -> Box<dyn OpenSink> {
    Box::new(serde_json::from_value::<Postgres>(options).unwrap())
}

fn loaded(options: Value) -> Box<dyn OpenSink> {
    configured(options).unwrap()
}

fn verify(configure: Configure, options: fn() -> Value) {
    if let Some(suite) = suite(configure, options) {
        suite.verify();
    }
}

#[test]
fn a_table_that_is_replaced() {
    verify(linked, || json!({}));
}

#[test]
fn a_table_that_is_replaced_by_the_loaded_library() {
    verify(loaded, || json!({}));
}

#[test]
fn a_table_that_is_appended_to() {
    verify(linked, || json!({"mode": "append"}));
}

#[test]
fn a_table_with_a_key() {
    // A long text cannot be a key.
    let options = || {
        json!({"mode": "append", "key": "hash", "columns": [
            {"name": "record", "at": "", "type": "json"}, {"name": "hash", "at": "/page", "type": "text"}
        ]})
    };
    let Some(schema) = Schema::new() else { return };
    schema.pull(options(), &[r#"{"page":1}"#, r#"{"page":2}"#, r#"{"page":1,"again":true}"#]).unwrap();
    assert_eq!(
        schema.rows("SELECT record FROM users ORDER BY ctid"),
        [r#"{"page":2}"#, r#"{"page":1,"again":true}"#]
    );
}
