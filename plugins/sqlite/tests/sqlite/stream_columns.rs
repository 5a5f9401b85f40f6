//! The columns that a stream suggests, with names that the command looks up. The library has only the names.

use std::{
    fs,
    process::{Stdio, exit},
    sync::Arc,
};

use longhaul_core::clock::{Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{child_args, install_plugin, test_in_child};

use crate::support::Folder;

const STREAMS: &str = r#"
plugin_path = ["plugins"]

[streams.queues]
path = "/api/v2/routing/queues"
records = "/entities"
pages = { type = "page_number", param = "pageNumber", page_count = "/pageCount" }
sinks = ["sqlite"]

[streams.conversations]
method = "POST"
path = "/api/v2/tutorial/conversations"
body = { pageSize = 50 }
records = "/results"
pages = { type = "next_url", next = "/nextPageUri" }
sinks = ["table"]

[streams.conversations.table]
columns = [
    "/conversationId",
    { name = "queue", at = "/participants/1/sessions/0/segments/0/queueId", lookup = "queues", by = "/id", to = "/name" },
]

[streams.parties]
method = "POST"
path = "/api/v2/tutorial/conversations"
body = { pageSize = 50 }
records = "/results"
pages = { type = "next_url", next = "/nextPageUri" }
table = { rows = "/participants/*", columns = ["^/conversationId", "/purpose"] }
sinks = ["table"]

[sinks.sqlite]
path = "data.db"

[sinks.table]
type = "sqlite"
path = "data.db"
columns = "stream"
"#;

#[test]
fn a_table_has_the_columns_of_its_stream() {
    if let Some(arguments) = child_args() {
        exit(longhaul::run(arguments).code().into());
    }
    let settings = Settings { records: 200, rate_allowed: u32::MAX, ..Settings::default() };
    let api = FakeApi::start(settings.clone(), Arc::new(SystemClock::new(Interrupt::default()))).unwrap();
    let folder = Folder::new();
    install_plugin("sqlite", &folder.path("plugins"));
    let connection = format!(
        "api.base_url = \"{0}\"\nauth = {{ type = \"client_credentials\", token_url = \"{0}/oauth/token\", client_id = \
         \"{1}\", client_secret = \"{2}\" }}\n",
        api.base_url(),
        settings.client_id,
        settings.client_secret
    );
    fs::write(folder.path("longhaul.toml"), connection + STREAMS).unwrap();
    let run = |stream: &str| {
        let name = "stream_columns::a_table_has_the_columns_of_its_stream";
        let mut command = test_in_child(name, &format!("longhaul run -q {stream}"));
        let output = command.current_dir(folder.path("")).stdin(Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run("queues conversations").0, Some(0));
    let found = folder.texts("SELECT DISTINCT queue FROM conversations WHERE queue IS NOT NULL");
    let names = folder.texts("SELECT name FROM queues");
    assert!(!found.is_empty() && found.iter().all(|name| names.contains(name)), "{found:?} {names:?}");
    assert_eq!(folder.texts("SELECT conversationId FROM conversations").len(), 200);
    assert_eq!(run("parties").0, Some(0));
    let parties =
        "SELECT count(DISTINCT conversationId) || ' ' || (count(*) > 200) FROM parties WHERE purpose <> ''";
    assert_eq!(folder.texts(parties), ["200 1"]);
}
