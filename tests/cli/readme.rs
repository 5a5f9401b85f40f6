//! Runs every configuration and every command of the README and of the pages that it links to.

use std::{ffi::OsString, fs};

use jiff::Timestamp;
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{FaultServer, Reply, S3Server, decompress};

use crate::{
    api::{self, CLIENT_ID, CLIENT_SECRET, without_faults},
    folder::{CommandLine, Folder},
    partitions::MACHINES,
    readme_blocks::{Block, RUN_ELSEWHERE, blocks},
    readme_ranges::{LAST_MONTH, WITHOUT_FILE},
    recordings::RECORDING,
};

/// The configuration that defines the stream `name`.
pub(crate) fn configuration_of(name: &str) -> String {
    configuration_with(&format!("[streams.{name}]"))
}

/// The configuration that has this table.
pub(crate) fn configuration_with(table: &str) -> String {
    let mut blocks = blocks().into_iter().filter(|block| block.tag == "toml" && block.text.contains(table));
    let block = blocks.next().unwrap_or_else(|| panic!("no configuration of the pages has {table}"));
    assert!(blocks.next().is_none(), "two configurations of the pages have {table}");
    block.text
}

#[test]
fn every_block_has_a_test() {
    let blocks = blocks();
    for Block { page, tag, text } in &blocks {
        match tag.as_str() {
            // The reference only has fragments. They are loaded, but not run; `auth` runs others of their kind.
            "toml" => assert!(
                RUN.iter().any(|table| text.contains(table))
                    || ["authentication.md", "configuration.md"].iter().any(|name| page.ends_with(name)),
                "no test runs this configuration of {}:\n{text}",
                page.display()
            ),
            "sh" => text.lines().for_each(|line| {
                let run_here = line.starts_with("export ")
                    || COMMANDS.contains(&line)
                    || ALONE.contains(&line)
                    || WITHOUT_FILE.contains(&line)
                    || MACHINES.contains(&line)
                    || RECORDING.contains(&line);
                let known = run_here || RUN_ELSEWHERE.contains(&line);
                assert!(known, "no test runs this command of {}: {line}", page.display());
            }),
            // For other programs, which need not be on this machine. The page names the versions they were run with.
            "sql" | "python" if page.ends_with("loading.md") => {}
            other => panic!(
                "no test knows what to do with a block of {} tagged {other:?}:\n{text}",
                page.display()
            ),
        }
    }
    let lines: Vec<_> =
        blocks.iter().filter(|block| block.tag == "sh").flat_map(|block| block.text.lines()).collect();
    let here = COMMANDS.iter().chain(&ALONE).chain(&WITHOUT_FILE).chain(&MACHINES).chain(&RECORDING);
    for command in here.chain(&RUN_ELSEWHERE) {
        assert!(lines.contains(command), "no page has the command {command}");
    }
}

/// A text in each configuration that is run here.
const RUN: [&str; 17] = [
    "[streams.users]",
    LAST_MONTH,
    "[streams.deliveries]",
    "[streams.orders]",
    "[streams.calls]",
    "[streams.invoices]",
    "[streams.events]",
    "[streams.channels]",
    "[streams.messages]",
    "[streams.visits]",
    "[streams.tickets]",
    // `singer.rs`.
    "[streams.contacts]",
    "[sinks.segments]",
    "[sinks.archive]",
    // `lookups.rs`.
    "[sinks.queues_of_calls]",
    // `stores/state.rs`.
    "s3://my-bucket/state",
    LINES,
];

/// A text in the configuration with the compressed file.
const LINES: &str = "{stream}-{date}.ndjson.gz";

/// A fragment is loaded over a configuration for Genesys Cloud, or over one of an API if it says how to authenticate.
#[test]
fn every_configuration_is_accepted() {
    for Block { page, tag, text } in blocks() {
        if tag == "toml" {
            let is_complete = text.contains("base_url") || text.contains("system =");
            let base = match text.contains("[auth]\n") {
                _ if is_complete => "[api]\n",
                true => "[api]\nbase_url = \"https://api.example.com\"\n",
                false => "system = \"genesys\"\nregion = \"us-west-2\"\n",
            };
            let folder = Folder::empty().with("base.toml", base).with("page.toml", &text);
            let ended = exported(folder.longhaul("config -c base.toml -c page.toml")).run();
            assert!(ended.code == Some(0), "{}:\n{text}\n{}", page.display(), ended.stderr);
        }
    }
}

/// Commands that are run with the configuration for Genesys Cloud.
const COMMANDS: [&str; 4] = ["longhaul check", "longhaul run", "longhaul status", "longhaul streams"];

/// Commands that other tests of this file run.
const ALONE: [&str; 2] = ["longhaul run STREAM --fresh", "longhaul run users --sink csv"];

#[test]
fn the_configuration_for_genesys_cloud_works_unchanged() {
    let now = Timestamp::try_from(api::clock().now()).unwrap();
    // A hundred conversations per day. The configuration asks for three whole days.
    let settings = Settings { start: days_before(now, 8), days: 10, ..without_faults(1000) };
    let api = api::start(&settings);
    let folder = Folder::configured(&configuration_of("users"));
    for command in COMMANDS {
        let command = folder.longhaul(command.strip_prefix("longhaul ").unwrap());
        at(&api, exported(command)).run().assert_complete();
    }
    assert_eq!(folder.read("out/conversations.ndjson").lines().count(), 300);
    let table = folder.read("out/users.csv");
    assert_eq!(table.lines().count(), 121);
    assert_eq!(table.lines().next(), Some("id,name,email,division"));
}

#[test]
fn the_table_of_segments_has_its_columns() {
    let api = api::start(&without_faults(10));
    let preset = "system = \"genesys\"\nregion = \"us-west-2\"\n[streams.conversations.window]\n\
                  from = \"2026-01-01\"\nto = \"2026-01-08\"\n";
    let folder = Folder::configured(&[preset, &configuration_with("[sinks.segments]")].concat());
    let command = folder.longhaul("run conversations --sink segments");
    at(&api, exported(command)).run().assert_complete();
    let table = folder.read("out/segments.csv");
    let mut rows = table.lines();
    assert_eq!(rows.next(), Some("\u{feff}conversationId;purpose;mediaType;segmentType;from"));
    // No cell is empty.
    let cells: Vec<_> = rows.map(|row| row.split(';').filter(|cell| !cell.is_empty()).count()).collect();
    assert!(cells.len() > 10 && cells.iter().all(|cells| *cells == 5), "{table}");
}

#[test]
fn a_stream_needs_no_configured_sink_and_can_start_again() {
    let api = api::start(&without_faults(10));
    let folder = Folder::configured("system = \"genesys\"\nregion = \"us-west-2\"\n");
    let [again, table] = ALONE.map(|command| command.strip_prefix("longhaul ").unwrap());
    at(&api, exported(folder.longhaul(table))).run().assert_complete();
    assert_eq!(folder.read("users.csv").lines().count(), 121);
    at(&api, exported(folder.longhaul(&again.replace("STREAM", "users")))).run().assert_complete();
}

/// Midnight in UTC, this many days before `now`.
pub(crate) fn days_before(now: Timestamp, days: i64) -> Timestamp {
    let day = 24 * 60 * 60;
    Timestamp::from_second((now.as_second() / day - days) * day).unwrap()
}

#[test]
fn the_compressed_file_has_every_user() {
    let api = api::start(&without_faults(10));
    let preset = "system = \"genesys\"\nregion = \"us-west-2\"\n";
    let folder = Folder::configured(&[preset, &configuration_with(LINES)].concat());
    at(&api, exported(folder.longhaul("run users --sink lines"))).run().assert_complete();
    let names = folder.names_in("out");
    assert!(names.len() == 1 && names[0].starts_with("users-"), "{names:?}");
    let file = fs::read(folder.path(&format!("out/{}", names[0]))).unwrap();
    assert_eq!(String::from_utf8(decompress("gzip", &file)).unwrap().lines().count(), 120);
}

#[test]
fn the_object_has_every_user() {
    let (api, store) = (api::start(&without_faults(10)), S3Server::start());
    let preset = "system = \"genesys\"\nregion = \"us-west-2\"\n";
    let configuration = [preset, &configuration_with("[sinks.archive]")].concat();
    let folder = Folder::configured(&configuration.replace("my-bucket", "data"));
    at(&api, exported(folder.longhaul("run users --sink archive")))
        .variable("LONGHAUL_STORES__S3__ENDPOINT", store.url().as_str())
        .variable("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", "the-secret-key")
        .run()
        .assert_complete();
    let [key] = <[_; 1]>::try_from(store.bucket().keys()).unwrap();
    assert!(key.starts_with("calls/users-"), "{key}");
    let object = store.bucket().object(&key).unwrap();
    assert_eq!(String::from_utf8(decompress("zstd", &object)).unwrap().lines().count(), 120);
}

#[test]
fn the_configuration_for_numbered_pages_drops_duplicates() {
    let server = api::server(|request| match (request.url.path(), request.url.query()) {
        ("/invoices", Some("pageSize=100&page=1")) => {
            Reply::json(r#"{"items":[{"id":1},{"id":2}],"pageCount":2}"#).into()
        }
        ("/invoices", Some("pageSize=100&page=2")) => {
            Reply::json(r#"{"items":[{"id":2},{"id":3}],"pageCount":2}"#).into()
        }
        _ => Reply::status(404).into(),
    });
    let root = api::root(&server);
    let folder = Folder::configured(&configuration_of("invoices"));
    let command = folder.longhaul("run").variable("EXAMPLE_SECRET", "s3cret");
    let command = command.variable("LONGHAUL_API__BASE_URL", &root);
    let ended = command.variable("LONGHAUL_AUTH__TOKEN_URL", format!("{root}/oauth/token")).run();
    assert_eq!(ended.assert_complete().stdout, "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
}

#[test]
fn the_configuration_for_csv_pulls_rows() {
    let server = api::server(|request| match request.url.path() {
        "/export/deliveries" => {
            Reply { body: b"id;to\r\n1;Rome, Italy\r\n".to_vec(), ..Reply::status(200) }.into()
        }
        _ => Reply::status(404).into(),
    });
    let folder = Folder::configured(&configuration_of("deliveries"));
    let command = folder.longhaul("run").variable("EXAMPLE_TOKEN", "t0ken");
    let ended = command.variable("LONGHAUL_API__BASE_URL", api::root(&server)).run();
    assert_eq!(ended.assert_complete().stdout, "{\"id\":\"1\",\"to\":\"Rome, Italy\"}\n");
}

#[test]
fn the_configuration_for_jobs_pulls_four_days_into_four_files() {
    let server = exports();
    let folder = Folder::configured(&configuration_of("calls"));
    let command = folder.longhaul("run --set streams.calls.job.every=1ms").variable("EXAMPLE_TOKEN", "t0ken");
    command.variable("LONGHAUL_API__BASE_URL", api::root(&server)).run().assert_complete();
    let names = folder.names_in("out");
    // Midnight in Berlin is 23:00 UTC on the previous day.
    assert_eq!((names.len(), names[0].as_str()), (4, "calls-20251231T230000Z.ndjson"));
    for name in names {
        assert_eq!(folder.read(&format!("out/{name}")).lines().count(), 1);
    }
}

#[test]
fn the_configuration_for_the_end_of_a_listing_stops_at_the_short_page() {
    let server = api::server(|request| {
        let after: u64 = request.query("after").map_or(0, |id| id.parse().unwrap());
        let ids = (after + 1..=250).take(100).map(|id| format!(r#"{{"id":{id}}}"#));
        let page = format!(r#"{{"data":[{}]}}"#, ids.collect::<Vec<_>>().join(","));
        Reply::json(page).header("x-total-count", "250").into()
    });
    let folder = Folder::configured(&configuration_of("events"));
    let command = folder.longhaul("run --strict").variable("EXAMPLE_TOKEN", "t0ken");
    let ended = command.variable("LONGHAUL_API__BASE_URL", api::root(&server)).run();
    assert_eq!(ended.assert_complete().stdout.lines().count(), 250);
    assert_eq!(server.received().len(), 3);
}

#[test]
fn the_configuration_with_answer_rules_waits_and_shows_its_hint() {
    let met = std::sync::atomic::AtomicU32::new(0);
    let server = api::server(move |_| {
        Reply::json(match met.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => r#"{"ok":false,"error":"ratelimited","retry_after":0}"#,
            1 => r#"{"ok":true,"channels":[7],"response_metadata":{"next_cursor":"b"}}"#,
            _ => r#"{"ok":false,"error":"missing_scope"}"#,
        })
        .into()
    });
    let folder = Folder::configured(&configuration_of("channels"));
    let command = folder.longhaul("run").variable("EXAMPLE_TOKEN", "t0ken");
    let ended = command.variable("LONGHAUL_API__BASE_URL", api::root(&server)).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(4), "7\n"));
    let stderr = ended.last_error();
    assert!(stderr.contains("the server answered 200 OK: missing_scope\n"), "{stderr}");
    assert!(stderr.ends_with("hint: request the scope channels:history\n"), "{stderr}");
}

#[test]
fn the_configuration_with_parents_pulls_their_children() {
    let server = api::server(|request| match request.url.path() {
        "/conversations" if request.query("page").unwrap() == "1" => {
            Reply::json(r#"{"items":[{"id":"a"},{"id":"b"},{"id":"c"}]}"#).into()
        }
        "/conversations" => Reply::json(r#"{"items":[]}"#).into(),
        "/conversations/b/messages" => Reply::status(404).into(),
        path => Reply::json(format!(r#"{{"messages":[{{"at":"{path}"}}]}}"#)).into(),
    });
    let folder = Folder::configured(&configuration_of("messages"));
    let command = folder.longhaul("run messages").variable("EXAMPLE_TOKEN", "t0ken");
    command.variable("LONGHAUL_API__BASE_URL", api::root(&server)).run().assert_complete();
    let line = |id| format!("{{\"at\":\"/conversations/{id}/messages\",\"conversation_id\":\"{id}\"}}\n");
    assert_eq!(folder.read("out/messages.ndjson"), line("a") + &line("c"));
}

#[test]
fn the_incremental_configuration_starts_at_the_value_and_at_the_link() {
    let server = api::server(|request| match (request.url.path(), request.query("page").as_deref()) {
        ("/tickets", Some("1")) => {
            Reply::json(r#"{"tickets":[{"id":1,"updated_at":"2026-01-05T00:00:00Z"}]}"#).into()
        }
        ("/tickets", _) => Reply::json(r#"{"tickets":[]}"#).into(),
        _ => Reply::json(r#"{"value":[{"id":1}],"deltaLink":"/people/delta?t=2"}"#).into(),
    });
    let folder = Folder::configured(&configuration_of("tickets"));
    for since in ["2026-01-01", "2026-01-04T23:00:00Z"] {
        let command = folder.longhaul("run").variable("EXAMPLE_TOKEN", "t0ken");
        command.variable("LONGHAUL_API__BASE_URL", api::root(&server)).run().assert_complete();
        let received = server.received();
        assert_eq!(received[received.len() - 2].query("since").as_deref(), Some(since));
    }
    assert_eq!(server.received().last().unwrap().url.query(), Some("t=2"));
}

/// An API with exports of one call each. The id of a call is the path of its export.
fn exports() -> FaultServer {
    let number = std::sync::atomic::AtomicU32::new(1);
    api::server(move |request| match (request.method.as_str(), request.url.path()) {
        ("POST", "/exports") => {
            let id = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Reply::json(format!(r#"{{"jobId":"{id}"}}"#)).into()
        }
        ("GET", path) if path.ends_with("/results") => {
            Reply::json(format!(r#"{{"calls":[{{"id":"{path}"}}]}}"#)).into()
        }
        ("GET", _) => Reply::json(r#"{"state":"DONE"}"#).into(),
        _ => Reply::status(404).into(),
    })
}

/// `command` with the variables that the pages export.
pub(crate) fn exported(command: CommandLine) -> CommandLine {
    let blocks = blocks();
    let line =
        blocks.iter().flat_map(|block| block.text.lines()).find_map(|line| line.strip_prefix("export "));
    let names = line.expect("an export").split_whitespace().map(|each| each.split_once('=').unwrap().0);
    names.fold(command, |command, name| {
        let value = if name.ends_with("SECRET") { CLIENT_SECRET } else { CLIENT_ID };
        command.variable(name, value)
    })
}

/// `command` with `api` in place of Genesys Cloud.
pub(crate) fn at(api: &FakeApi, command: CommandLine) -> CommandLine {
    command
        .variable("LONGHAUL_API__BASE_URL", api.base_url())
        .variable("LONGHAUL_AUTH__TOKEN_URL", api.token_url())
}

#[cfg(unix)]
#[test]
fn the_configuration_for_another_system_reads_secrets_and_pulls_orders() {
    use std::os::unix::fs::PermissionsExt;

    let server = orders();
    let root = api::root(&server);
    let folder = Folder::configured(&configuration_of("orders"))
        .with("client-secret.txt", "from a file\n")
        .with("bin/pass", "#!/bin/sh\n[ \"$*\" = 'show example/reports' ] && echo 'from a command'\n");
    fs::set_permissions(folder.path("bin/pass"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut path = OsString::from(folder.path("bin"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let ended = folder
        .longhaul("run")
        .variable("PATH", path)
        .variable("LONGHAUL_API__BASE_URL", format!("{root}/v1"))
        .variable("LONGHAUL_AUTH__TOKEN_URL", format!("{root}/oauth/token"))
        .run();
    ended.assert_complete();
    assert_eq!(folder.read("orders.ndjson"), "{\"id\":1}\n{\"id\":2}\n");
    let received = server.received();
    let field = |name| received[0].field(name).unwrap();
    assert_eq!(field("client_secret"), "from a file");
    assert_eq!(field("password"), "from a command");
    assert_eq!(received[1].header("x-tenant"), Some("7"));
}

fn orders() -> FaultServer {
    api::server(|request| match (request.method.as_str(), request.url.path(), request.url.query()) {
        ("POST", "/v1/orders/search", None) => {
            Reply::json(r#"{"results":[{"id":1}],"nextPageUri":"/v1/orders/search?page=2"}"#).into()
        }
        ("GET", "/v1/orders/search", Some("page=2")) => Reply::json(r#"{"results":[{"id":2}]}"#).into(),
        _ => Reply::status(404).into(),
    })
}
