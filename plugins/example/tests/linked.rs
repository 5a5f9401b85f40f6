//! The example as part of the program, without a shared library.

use std::fs;

use longhaul_core::sink::{
    Registry, Variables,
    conformance::{Publishes, Subject, Suite},
};
use longhaul_plugin::{Linked, PluginSink};
use longhaul_sink_count::Count;
use serde_json::json;

fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.register(Count::NAME, Linked::<Count>::default());
    registry
}

#[test]
fn a_linked_sink_is_registered_like_a_built_in_one() {
    let registry = registry();
    let count = registry.get("count").expect("it was registered");
    assert_eq!(count.summary(), "counts the records of each stream");
    assert_eq!(count.options(), ["path"]);
    assert_eq!(format!("{count:?}"), r#"Linked("count")"#);
    let options = serde_json::from_value(json!({ "pth": "x" })).expect("a table");
    let error = count.configure(&options).expect_err("the option is unknown");
    assert_eq!(error.to_string(), "`pth` is not an option of this sink (did you mean `path`?)");
}

#[test]
fn it_passes_the_contract() {
    const COUNTED: &str = "a record";

    let fresh = || {
        let folder = tempfile::tempdir().expect("a folder");
        let options = serde_json::from_value(json!({ "path": "{stream}" })).expect("a table");
        let opener = registry().get("count").expect("registered").configure(&options).expect("configured");
        let variables = Variables::new("users", folder.path());
        let published = move || {
            let count = fs::read_to_string(folder.path().join("users")).ok()?;
            Some(vec![COUNTED.to_owned(); count.trim_end().parse().ok()?])
        };
        Subject { opener, variables, published: Box::new(published) }
    };
    Suite::new(Publishes::AtFinish, fresh).stored_as(|_| COUNTED.to_owned()).verify();
}
