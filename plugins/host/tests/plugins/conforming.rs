//! The contract of a sink, held against one on the other side of the border.

use std::fs;

use longhaul_core::sink::{
    SinkType, Variables,
    conformance::{Publishes, Subject, Suite},
};
use serde_json::json;

use crate::support::{Shelf, as_options};

/// What is left of a record once it was counted.
const COUNTED: &str = "a record";

/// Holds the sink `count` of this shelf against the contract.
fn verify(shelf: &Shelf) {
    let sink_type = shelf.sink_type("count");
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
fn the_example_keeps_the_contract_through_the_border() {
    verify(&Shelf::with("count"));
}

#[cfg(unix)]
#[test]
fn the_example_in_c_keeps_the_contract_through_the_border() {
    verify(&Shelf::with_count_in_c());
}
