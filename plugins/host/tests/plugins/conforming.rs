//! The contract of a sink, held against one on the other side of the border.

use std::fs;

use longhaul_core::sink::{
    Site,
    conformance::{Publishes, Subject, Suite},
};
use serde_json::json;

use crate::support::configured;

/// What is left of a record once it was counted.
const COUNTED: &str = "a record";

#[test]
fn the_example_keeps_the_contract_through_the_border() {
    let fresh = || {
        let folder = tempfile::tempdir().unwrap();
        let opener = configured("count", json!({ "path": "{stream}" })).unwrap();
        let site = Site::new("users", folder.path());
        let published = move || {
            let count = fs::read_to_string(folder.path().join("users")).ok()?;
            Some(vec![COUNTED.to_owned(); count.trim_end().parse().unwrap()])
        };
        Subject { opener, site, published: Box::new(published) }
    };
    Suite::new(Publishes::AtFinish, fresh).stored_as(|_| COUNTED.to_owned()).verify();
}
