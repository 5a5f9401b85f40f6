//! Conditions that records must match.

use longhaul_tests::Reply;
use serde_json::Value;

use crate::{
    api::{self, LINES},
    folder::Folder,
};

const STREAM: &str = r#"
[streams.tickets]
path = "/tickets"
records = "/items"
pages = { type = "page_number", param = "page", page_count = "/pages", total = "/total" }
unique = "/id"
sinks = ["lines"]
"#;

fn folder(conditions: &str) -> (longhaul_tests::FaultServer, Folder) {
    let server = api::server(|request| {
        let items = match request.query("page").unwrap().as_str() {
            "1" => r#"{"id":1,"state":"open"},{"id":2,"state":"closed"},{"id":3,"state":null}"#,
            _ => r#"{"id":4, "state":"new"},{"id":1,"state":"open"},{"id":5}"#,
        };
        Reply::json(format!(r#"{{"items":[{items}],"pages":2,"total":5}}"#)).into()
    });
    let configuration = [&api::connection(&api::root(&server)), STREAM, conditions, LINES].concat();
    (server, Folder::configured(&configuration))
}

#[test]
fn records_that_match_are_kept_and_the_others_are_counted() {
    let (_server, folder) = folder("where = [{ at = \"/state\", is = [\"open\", \"new\"] }]\n");
    let ended = folder.run("run --strict --summary summary.json");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "tickets: complete, 2 records in 2 pages, 1 duplicate dropped, 3 records left out, TIME -> \
         FOLDER/out/tickets.ndjson\n"
    );
    assert_eq!(
        folder.read("out/tickets.ndjson"),
        "{\"id\":1,\"state\":\"open\"}\n{\"id\":4,\"state\":\"new\"}\n"
    );
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!((&summary["pulls"][0]["filtered"], &summary["pulls"][0]["missing"]), (&3.into(), &0.into()));
}

#[test]
fn a_condition_that_cannot_be_used_is_explained() {
    for (condition, message) in [
        ("{ at = \"/state\" }", "`at` requires `is`, `not`, `exists` or `contains`"),
        ("{ is = 7 }", "`is` requires `at`, the place of the value"),
        ("{ at = \"header:x\", is = 7 }", "`at` must be one JSON pointer into the record"),
        ("{ at = \"/a\", is = 7, exists = false }", "`is` never matches with `exists = false`"),
    ] {
        let (_server, folder) = folder(&format!("where = [{condition}]\n"));
        folder.run("run").assert_failed(
            2,
            &format!("error: `streams.tickets.where`: {message}\n  in: longhaul.toml:19\n"),
        );
    }
}
