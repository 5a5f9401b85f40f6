//! Columns with names that are looked up in another stream.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use longhaul_tests::{FaultServer, Reaction, Reply};

use crate::{
    api::{self, connection, reach, root, without_faults},
    folder::Folder,
    readme::configuration_with,
};

const STREAMS: &str = r#"
[streams.queues]
path = "/queues"
records = "/items"

[streams.calls]
path = "/calls"
records = "/items"
pages = { type = "page_number", param = "page", page_count = "/pages" }
sinks = ["table"]

[streams.emails]
path = "/calls"
records = "/items"
pages = { type = "page_number", param = "page", page_count = "/pages" }
sinks = ["table"]

[sinks.table]
type = "csv"
path = "{stream}.csv"
line_end = "lf"
"#;

const COLUMNS: &str = r#"columns = ["/id", "/queueId", { name = "queue", at = "/queueId", lookup = "queues", by = "/id", to = "/name" }]
"#;

const QUEUES: &str = r#"{"items":[{"id":"q1","name":"Sales, north"},{"id":"q2","name":null},{"id":null,"name":"x"},{"id":3,"name":7.50}]}"#;

/// An API with two pages of calls. The second one fails as long as `is_down`.
fn server(queues: &'static str, is_down: Arc<AtomicBool>) -> FaultServer {
    api::server(move |request| -> Reaction {
        match (request.url.path(), request.query("page").as_deref()) {
            ("/queues", _) => Reply::json(queues).into(),
            (_, Some("1")) => Reply::json(
                r#"{"items":[{"id":1,"queueId":"q1","parts":[{"q":"q1"},{"q":null},{"x":1}]},{"id":2,"queueId":"q2"}],"pages":2}"#,
            )
            .into(),
            _ if is_down.load(Ordering::Relaxed) => Reply::status(404).into(),
            _ => Reply::json(
                r#"{"items":[{"id":3,"queueId":3,"parts":[{"q":"gone"}]},{"id":4}],"pages":2}"#,
            )
            .into(),
        }
    })
}

fn up() -> Arc<AtomicBool> {
    Arc::default()
}

fn folder(server: &FaultServer, columns: &str) -> Folder {
    Folder::configured(&[&connection(&root(server)), STREAMS, columns].concat())
}

fn requests(server: &FaultServer, path: &str) -> usize {
    server.received().iter().filter(|request| request.url.path() == path).count()
}

const TABLE: &str = "id,queueId,queue\n1,q1,\"Sales, north\"\n2,q2,\n3,3,7.50\n4,,\n";

#[test]
fn a_column_has_the_names_of_its_ids() {
    let server = server(QUEUES, up());
    let folder = folder(&server, COLUMNS);
    let ended = folder.run("run");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "queues: complete, 4 records in 1 page, TIME -> names for `calls`, `emails`\n\
         calls: complete, 4 records in 2 pages, TIME -> FOLDER/calls.csv\n\
         warn  calls: 1 id has no name in `queues`, so their columns are empty\n\
         emails: complete, 4 records in 2 pages, TIME -> FOLDER/emails.csv\n\
         warn  emails: 1 id has no name in `queues`, so their columns are empty\n"
    );
    assert_eq!((folder.read("calls.csv").as_str(), folder.read("emails.csv").as_str()), (TABLE, TABLE));
    assert_eq!(requests(&server, "/queues"), 1, "the names are pulled once for both");
    assert!(folder.names_in(".longhaul").iter().all(|name| !name.contains("names")));
    // The next run has new names.
    folder.run("run calls").assert_complete();
    assert_eq!(requests(&server, "/queues"), 2);
}

#[test]
fn names_are_looked_up_in_each_row_of_a_record() {
    let server = server(QUEUES, up());
    let columns = r#"rows = "/parts/*"
columns = ["^/id", { name = "queue", at = "/q", lookup = "queues", by = "/id", to = "/name" }, "^/queueId"]
"#;
    let folder = folder(&server, columns);
    folder.run("run calls").assert_complete();
    assert_eq!(folder.read("calls.csv"), "id,queue,queueId\n1,\"Sales, north\",q1\n1,,q1\n1,,q1\n3,,3\n");
}

#[test]
fn the_configuration_of_the_page_has_the_names_of_queues() {
    let api = api::start(&without_faults(50));
    let preset = "system = \"genesys\"\nregion = \"mypurecloud.de\"\n[streams.conversations.window]\nfrom = \"2026-01-01\"\nto = \
                  \"2026-01-08\"\n";
    let folder = Folder::configured(&(preset.to_owned() + &configuration_with("[sinks.queues_of_calls]")));
    reach(&api, folder.longhaul("run conversations --sink queues_of_calls --strict")).run().assert_complete();
    reach(&api, folder.longhaul("run queues --sink csv")).run().assert_complete();
    let column = |file: &str, name: &str| {
        let mut table = csv::Reader::from_path(folder.path(file)).unwrap();
        let at = table.headers().unwrap().iter().position(|column| column == name).unwrap();
        table.records().map(|row| row.unwrap()[at].to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let (mut found, names) = (column("out/queues_of_calls.csv", "queue"), column("queues.csv", "name"));
    // Not every segment has a queue.
    assert!(found.remove(""));
    assert!(!found.is_empty() && found.is_subset(&names), "{found:?} {names:?}");
}

#[test]
fn the_columns_of_a_stream_can_have_names() {
    let server = server(QUEUES, up());
    let table = format!("columns = \"stream\"\n[streams.calls.table]\n{COLUMNS}");
    let folder = folder(&server, &table);
    folder.run("run calls").assert_complete();
    assert_eq!(folder.read("calls.csv"), TABLE);
    // A preview has only this page.
    let shown = folder.run("preview calls --format csv");
    assert_eq!(shown.assert_complete().stdout, "id,queueId,queue\r\n1,q1,q1\r\n2,q2,q2\r\n");
}

#[test]
fn a_resumed_run_has_the_names_of_its_start() {
    let is_down = Arc::new(AtomicBool::new(true));
    let server = server(QUEUES, Arc::clone(&is_down));
    let folder = folder(&server, COLUMNS);
    assert_eq!(folder.run("run calls").code, Some(4));
    assert!(folder.names_in(".longhaul").iter().any(|name| name.starts_with("calls.names-queues-")));
    is_down.store(false, Ordering::Relaxed);
    folder.run("run calls").assert_complete();
    assert_eq!(requests(&server, "/queues"), 1);
    assert_eq!(folder.read("calls.csv"), TABLE);
}

#[test]
fn an_id_without_a_name_is_an_error_if_the_run_is_strict() {
    let server = server(QUEUES, up());
    let folder = folder(&server, COLUMNS);
    let ended = folder.run("run calls --strict");
    assert_eq!(ended.code, Some(5));
    let cause = "caused by: no record of `queues` has a name for the id \"q2\"\n";
    assert!(ended.stable_stderr().contains(cause), "{}", ended.stderr);
    assert!(!folder.path("calls.csv").exists());
    folder.run("run calls").assert_complete();
    assert_eq!(folder.read("calls.csv"), TABLE);
}

#[test]
fn an_id_with_two_names_is_an_error() {
    let queues = r#"{"items":[{"id":"q1","name":"a"},{"id":"q1","name":"a"},{"id":"q1","name":"b"}]}"#;
    let server = server(queues, up());
    let folder = folder(&server, COLUMNS);
    let ended = folder.run("run calls");
    assert_eq!(ended.code, Some(4));
    let error = "error: two records of `queues` have the id `q1`, but different names: \"a\" and \"b\"\n\
                 hint: look up another field with `by`, or leave out the `lookup`\n";
    assert!(ended.stable_stderr().ends_with(error), "{}", ended.stderr);
    assert!(!folder.path("calls.csv").exists());
}

#[test]
fn names_that_cannot_be_looked_up_are_errors_before_anything_is_sent() {
    let server = server(QUEUES, up());
    let error = |columns: &str, command: &str| {
        let ended = folder(&server, columns).run(command);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        ended.stable_stderr()
    };
    let column = |lookup: &str| format!("columns = [\"/id\", {{ at = \"/queueId\", {lookup} }}]\n");
    assert_eq!(
        error(&column("lookup = \"queus\", by = \"/id\", to = \"/name\""), "run calls"),
        "error: unknown stream `queus` (did you mean `queues`?)\nhint: longhaul streams lists the configured streams\n"
    );
    assert_eq!(
        error(&column("lookup = \"queues\", by = \"/id\""), "run calls"),
        "error: cannot set up the sink `table`\n  in: longhaul.toml:33\n  caused by: column 2: the key `to` is missing\n"
    );
    assert_eq!(
        error(&column("lookup = \"calls\", by = \"/id\", to = \"/name\""), "run calls"),
        "error: `calls` cannot look up names in `calls`, which is not pulled before it\n"
    );
    assert!(server.received().is_empty());
}
