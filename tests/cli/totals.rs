//! Totals that do not match the number of records.

use longhaul_tests::{FaultServer, Reply};

use crate::{api, folder::Folder};

const USERS: &str = r#"
[streams.users]
path = "/users"
records = "/entities"
pages = { type = "page_number", param = "page", total = "/total" }
sinks = ["lines"]
"#;

/// Two users, although the API reports `total`.
fn two_of(total: u64) -> (Folder, FaultServer) {
    let server = api::server(move |request| {
        let entities = if request.url.query() == Some("page=1") { r#"{"id":1},{"id":2}"# } else { "" };
        Reply::json(format!(r#"{{"entities":[{entities}],"total":{total}}}"#)).into()
    });
    let configuration = [&api::connection(&api::root(&server)), USERS, api::LINES].concat();
    (Folder::configured(&configuration), server)
}

/// The second page is the empty one that ends the listing.
const COMPLETE: &str = "users: complete, 2 records in 2 pages, TIME -> FOLDER/out/users.ndjson\n";

#[test]
fn a_shortfall_is_a_warning() {
    let (folder, _server) = two_of(1503);
    let ended = folder.run("run");
    let warning = "warn  users: the API reported 1,503 records; 2 arrived\n";
    assert_eq!(ended.assert_complete().stable_stderr(), [COMPLETE, warning].concat());
    assert_eq!(folder.read("out/users.ndjson"), "{\"id\":1}\n{\"id\":2}\n");
}

/// An unstable order: one record comes twice, and another never.
#[test]
fn duplicates_do_not_stand_for_records_that_never_arrive() {
    let server = api::server(move |request| {
        let entities = match request.url.query() {
            Some("page=1") => r#"{"id":1},{"id":2}"#,
            Some("page=2") => r#"{"id":2}"#,
            _ => "",
        };
        Reply::json(format!(r#"{{"entities":[{entities}],"total":3}}"#)).into()
    });
    let users = USERS.replace("records =", "unique = \"/id\"\nrecords =");
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), &*users, api::LINES].concat());
    let strict = folder.run("run --strict");
    assert_eq!(strict.code, Some(4));
    assert!(
        strict.stderr.contains("error: users: the API reported 3 records; 2 different ones arrived\n"),
        "{}",
        strict.stderr
    );
    let ended = folder.run("run").assert_complete().stable_stderr();
    assert!(
        ended.ends_with("warn  users: the API reported 3 records; 2 different ones arrived\n"),
        "{ended}"
    );
    assert_eq!(folder.read("out/users.ndjson"), "{\"id\":1}\n{\"id\":2}\n");
}

#[test]
fn a_shortfall_is_an_error_with_strict() {
    let (folder, server) = two_of(3);
    let (stopped, error) = (
        "users: stopped; 2 records (2 pages) saved\n",
        "error: users: the API reported 3 records; 2 arrived\n\
         hint: the run is not complete: to accept these records, run it again without --strict; to pull them again, add \
         --fresh\n",
    );
    folder.run("run --strict").assert_failed(4, &[stopped, error].concat());
    assert_eq!(folder.names_in("out"), ["users.ndjson.part"], "nothing is published");
    let requests = server.received().len();
    let again = folder.run("run --strict");
    assert!(again.stable_stderr().ends_with(error), "{}", again.stable_stderr());
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/users.ndjson"), "{\"id\":1}\n{\"id\":2}\n");
    assert_eq!(server.received().len(), requests, "the records are not pulled again");
}

#[test]
fn a_number_of_pages_that_changes_is_a_finding() {
    let server = api::server(|request| {
        let page = request.query("page").unwrap();
        // The third page would be the last of ten, but says that there are three.
        let pages = if page == "3" { 3 } else { 10 };
        Reply::json(format!(r#"{{"entities":[{{"id":{page}}}],"pages":{pages}}}"#)).into()
    });
    let users = USERS.replace("total = \"/total\"", "page_count = \"/pages\"");
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), &users, api::LINES].concat());
    let ended = folder.run("run --strict");
    assert_eq!(ended.code, Some(4));
    let error = "error: users: the total changed while the pages were pulled\n";
    assert!(ended.stderr.contains(error), "{}", ended.stderr);
    assert_eq!(folder.names_in("out"), ["users.ndjson.part"], "nothing is published");
    folder.run("run").assert_complete();
}

#[test]
fn records_that_were_deleted_during_the_pull_are_a_finding() {
    let server = api::server(|request| {
        let offset: u64 = request.query("offset").map_or(0, |offset| offset.parse().unwrap());
        let (total, records) = match offset {
            0 => (4, "1,2"),
            2 => (3, "4"),
            _ => (3, ""),
        };
        Reply::json(format!(r#"{{"entities":[{records}],"total":{total}}}"#)).into()
    });
    let stream =
        USERS.replace("type = \"page_number\", param = \"page\"", "type = \"offset\", param = \"offset\"");
    let folder =
        Folder::configured(&[&api::connection(&api::root(&server)), stream.as_str(), api::LINES].concat());
    let ended = folder.run("run");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "users: complete, 3 records in 3 pages, TIME -> FOLDER/out/users.ndjson\n\
         warn  users: the total changed while the pages were pulled\n\
         warn  users: pages may shift while the API's data changes: set `unique`, continue from the last record with \
         `cursor = \"last:…\"`, or pull windows\n"
    );
    let strict = folder.run("run --strict");
    assert_eq!(strict.code, Some(4));
    assert!(strict.stable_stderr().contains("error: users: the total changed while the pages were pulled\n"));
    assert_eq!(folder.read("out/users.ndjson"), "1\n2\n4\n", "the file of the earlier run stays");
}

#[test]
fn a_window_with_its_own_file_is_not_published_with_strict() {
    let stream = "\n[streams.users]\npath = \"/users\"\nrecords = \"/entities\"\nquery = { from = \"{window.start}\" }\n\
                  pages = { type = \"single\", total = \"/total\" }\nsinks = [\"lines\"]\n\
                  [streams.users.window]\nfrom = \"2026-01-01\"\nto = \"2026-01-03\"\nslice = \"1d\"\n\
                  [sinks.lines]\ntype = \"ndjson\"\npath = \"out/{window.start}.ndjson\"\n";
    let server = api::server(|request| {
        let total = if request.query("from").unwrap().starts_with("2026-01-02") { 9 } else { 1 };
        Reply::json(format!(r#"{{"entities":[1],"total":{total}}}"#)).into()
    });
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream].concat());
    assert_eq!(folder.run("run --strict").code, Some(4));
    assert!(!folder.names_in("out").contains(&"20260102T000000Z.ndjson".to_owned()));
    folder.run("run").assert_complete();
    assert_eq!(folder.names_in("out"), ["20260101T000000Z.ndjson", "20260102T000000Z.ndjson"]);
    assert_eq!(server.received().len(), 1 + 2, "no page is pulled twice");
}

#[test]
fn a_key_that_no_record_has_is_a_finding() {
    let (folder, _server) = two_of(2);
    let configuration = folder.read("longhaul.toml").replace("records =", "unique = \"/key\"\nrecords =");
    let folder = folder.with("longhaul.toml", configuration);
    let warning = "warn  users: no record has the key of `unique`, so duplicates were not dropped\n";
    assert_eq!(folder.run("run").assert_complete().stable_stderr(), [COMPLETE, warning].concat());
    assert_eq!(folder.run("run --strict").code, Some(4));
}

#[test]
fn a_total_that_is_reached_or_exceeded_is_not_a_shortfall() {
    for total in [2, 1, 0] {
        let (folder, _server) = two_of(total);
        assert_eq!(folder.run("run --strict").assert_complete().stable_stderr(), COMPLETE);
    }
}
