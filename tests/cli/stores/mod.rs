//! Pulls into the objects of a store.

mod errors;
#[cfg(unix)]
mod killed;
mod plans;
mod pulls;
mod state;

use longhaul_tests::{FaultServer, Reply, S3Server};

use crate::{
    api,
    folder::{CommandLine, Folder},
};

pub(crate) const SECRET_KEY: &str = "the-secret-key-of-the-store";

/// The number of pages of the API.
const PAGES: u64 = 24;

/// How many records a page has.
const RECORDS: u64 = 64;

/// An API whose pages have about 1 MiB.
fn long_api() -> FaultServer {
    api::server(|request| {
        let page: u64 = request.query("page").map_or(1, |page| page.parse().unwrap());
        let items: Vec<_> = (1..=RECORDS).map(|number| record((page - 1) * RECORDS + number)).collect();
        Reply::json(format!(r#"{{"pages":{PAGES},"items":[{}]}}"#, items.join(","))).into()
    })
}

fn record(id: u64) -> String {
    format!(r#"{{"id":{id},"text":"{}"}}"#, "x".repeat(16 << 10))
}

/// The object with all records of the API.
fn all_records() -> String {
    (1..=PAGES * RECORDS).map(|id| record(id) + "\n").collect()
}

/// A pull of that API into an object.
fn configuration(api: &FaultServer, sink: &str) -> String {
    let connection = api::connection(&api::root(api));
    format!(
        "commit_every = \"10ms\"\n{connection}\n[sinks.out]\n{sink}\n\n[streams.items]\npath = \"/items\"\n\
         records = \"/items\"\nsinks = [\"out\"]\npages = {{ type = \"page_number\", param = \"page\", page_count = \
         \"/pages\" }}\n"
    )
}

const LINES: &str = "type = \"ndjson\"\npath = \"s3://data/out/{stream}.ndjson\"";

/// `command` with the address of `store`, and with credentials for it.
fn reach(store: &S3Server, command: CommandLine) -> CommandLine {
    command
        .variable("AWS_ENDPOINT_URL_S3", store.url().as_str())
        .variable("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
}

/// What stays of finished pulls: no upload in the store, and nothing in the state folder.
#[track_caller]
fn assert_clean(store: &S3Server, folder: &Folder) {
    assert_eq!(store.bucket().uploads(), [], "an upload is left");
    assert_eq!(folder.names_in(".longhaul/uploads"), [""; 0]);
}
