//! Tests plugins against the sink contract.

use std::fs;

use longhaul_core::sink::{
    SinkType, Variables,
    conformance::{Publishes, Subject, Suite},
};
use serde_json::json;

use crate::support::{PluginFolder, as_options};

/// A counted record: the sink stores only the count.
const COUNTED: &str = "a record";

/// Tests the sink `count` in this folder against the contract.
fn verify(folder: &PluginFolder) {
    let sink_type = folder.sink_type("count");
    let fresh = move || {
        let folder = tempfile::tempdir().unwrap();
        let opener = sink_type.configure(&as_options(json!({ "path": "{stream}" }))).unwrap();
        let variables = Variables::new("users", folder.path());
        let published = move || {
            let count = fs::read_to_string(folder.path().join("users")).ok()?;
            Some(vec![COUNTED.to_owned(); count.trim_end().parse().unwrap()])
        };
        Subject { opener, variables, published: Box::new(published) }
    };
    Suite::new(Publishes::AtFinish, fresh).stored_as(|_| COUNTED.to_owned()).verify();
}

#[test]
fn the_example_passes_the_contract() {
    verify(&PluginFolder::with("count"));
}

#[cfg(unix)]
#[test]
fn the_example_in_c_passes_the_contract() {
    verify(&PluginFolder::with_count_in_c());
}
