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
    assert_eq!(ended.assert_complete().said(), [COMPLETE, warning].concat());
    assert_eq!(folder.read("out/users.ndjson"), "{\"id\":1}\n{\"id\":2}\n");
}

#[test]
fn a_shortfall_is_an_error_with_strict() {
    let (folder, _server) = two_of(3);
    let error = "error: users: the API reported 3 records; 2 arrived\n\
                 hint: totals change while the API's data changes: run it again, or omit --strict\n";
    folder.run("run --strict").assert_failed(4, &[COMPLETE, error].concat());
}

#[test]
fn a_total_that_is_reached_or_exceeded_is_not_a_shortfall() {
    for total in [2, 1, 0] {
        let (folder, _server) = two_of(total);
        assert_eq!(folder.run("run --strict").assert_complete().said(), COMPLETE);
    }
}
