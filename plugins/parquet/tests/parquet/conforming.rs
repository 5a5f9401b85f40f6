//! Tests the sink against the sink contract, linked and as a shared library.

use longhaul_core::sink::{
    OpenSink,
    conformance::{Publishes, Subject, Suite},
};
use longhaul_sink_parquet::Parquet;
use serde_json::{Value, json};

use crate::support::{Folder, configured};

type Configure = fn(Value) -> Box<dyn OpenSink>;

fn verify(configure: Configure, options: fn() -> Value) {
    let fresh = move || {
        let folder = Folder::new();
        let (opener, variables) = (configure(options()), folder.variables());
        let published = move || folder.path("users.parquet").exists().then(|| folder.texts("users.parquet"));
        Subject { opener, variables, published: Box::new(published) }
    };
    Suite::new(Publishes::AtFinish, fresh).verify();
}

fn linked(options: Value) -> Box<dyn OpenSink> {
    Box::new(serde_json::from_value::<Parquet>(options).unwrap())
}

fn loaded(options: Value) -> Box<dyn OpenSink> {
    configured(options).unwrap()
}

#[test]
fn a_file() {
    verify(linked, || json!({"path": "{stream}.parquet", "columns": "record"}));
}

#[test]
fn a_file_of_the_loaded_library() {
    verify(loaded, || json!({"path": "{stream}.parquet", "columns": "record"}));
}

#[test]
fn a_file_of_small_groups() {
    verify(
        linked,
        || json!({"path": "{stream}.parquet", "columns": "record", "row_group_size": 2, "compression": "none"}),
    );
}
