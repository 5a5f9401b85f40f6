//! Columns in which no record has a value.

use longhaul_tests::Reply;

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
};

/// The sinks of the stream of the tutorial. No record has a value at `/nmae`, and only the first one at `/first`.
const TABLES: &str = r#"
[sinks.lines]
type = "csv"
path = "out/{stream}.csv"
columns = ["/id", "/first", { name = "name", at = "/nmae" }]

[sinks.parts]
type = "csv"
path = "out/parts.csv"
rows = "/parts/*"
columns = ["^/id", "/size", "/weight"]
"#;

fn configuration(root: &str) -> String {
    let stream = api::TUTORIAL.replace("[\"lines\"]", "[\"lines\", \"parts\"]");
    [&api::connection(root), &stream, TABLES].concat()
}

const FINDING: &str = "conversations: no record has a value at `/nmae` (a column of sink `lines`), `/parts/*/weight` (a \
                       column of sink `parts`)\n";

fn first() -> Reply {
    Reply::json(r#"{"results":[{"id":1,"first":null,"parts":[{"size":3}]}],"nextPageUri":"?page=2"}"#)
}

#[test]
fn columns_without_a_value_in_any_record_are_reported() {
    let server = api::server(|request| match request.query("page").as_deref() {
        None => first().into(),
        _ => Reply::json(r#"{"results":[{"id":2}]}"#).into(),
    });
    let folder = Folder::configured(&configuration(&api::root(&server)));
    let ended = folder.run("run");
    let stderr = ended.assert_complete().stable_stderr();
    assert!(stderr.ends_with(&["\nwarn  ", FINDING].concat()), "{stderr}");

    let folder = Folder::configured(&configuration(&api::root(&server)));
    let requests = server.received().len();
    let strict = folder.run("-q run --strict");
    let hint = "hint: the run is not complete: to accept these records, run it again without --strict; to pull them again, \
                add --fresh\n";
    strict.assert_failed(4, &["error: ", FINDING, hint].concat());
    assert_eq!(folder.names_in("out"), ["conversations.csv.part", "parts.csv.part"], "nothing is published");
    let requests = server.received().len() - requests;
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/conversations.csv"), "id,first,name\r\n1,,\r\n2,,\r\n");
    assert_eq!(server.received().len(), 2 * requests, "the records are not pulled again");
}

#[test]
fn a_column_that_had_a_value_before_the_run_stopped_is_not_reported() {
    let page =
        |text: &str| Reply::json(format!(r#"{{"results":[{{"id":1{text}}}],"nextPageUri":"?page=2"}}"#));
    for (text, warns) in [(r#","nmae":1,"first":1,"parts":[{"size":1,"weight":1}]"#, false), ("", true)] {
        let broken = std::sync::atomic::AtomicBool::new(true);
        let first = page(text);
        let server = api::server(move |request| match request.query("page") {
            None => first.clone().into(),
            _ if broken.swap(false, std::sync::atomic::Ordering::SeqCst) => Reply::status(410).into(),
            _ => Reply::json(r#"{"results":[{"id":2}]}"#).into(),
        });
        let folder = Folder::configured(&configuration(&api::root(&server)));
        assert_eq!(folder.run("run").code, Some(4));
        let ended = folder.run("run");
        assert_eq!(
            ended.assert_complete().stderr.contains("no record has a value"),
            warns,
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn columns_of_a_preset_are_not_reported_and_nothing_is_known_without_records() {
    let api = api::start(&without_faults(10));
    let preset = "system = \"genesys\"\nregion = \"mypurecloud.de\"\n";
    let divisions = "run queues --sink csv --strict";
    let ended = reach(&api, Folder::configured(preset).longhaul(divisions)).run();
    ended.assert_complete();
    let server = api::server(|_| Reply::json(r#"{"results":[]}"#).into());
    Folder::configured(&configuration(&api::root(&server))).run("run --strict").assert_complete();
}
