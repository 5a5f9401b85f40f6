//! A server whose disk is full during a pull.

use std::{
    fs,
    process::{Stdio, exit},
    sync::Arc,
};

use longhaul_core::clock::{Clock, Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{child_args, install_plugin, test_in_child};
use postgres::{Client, SimpleQueryMessage, error::SqlState};

use crate::server::Server;

const CONFIGURATION: &str = r#"
plugin_path = ["plugins"]
commit_every = "0s"

[streams.conversations]
method = "POST"
path = "/api/v2/tutorial/conversations"
body = { pageSize = 50 }
records = "/results"
pages = { type = "next_url", next = "/nextPageUri" }
sinks = ["postgres"]

[sinks.postgres]
url = { env = "DATABASE_URL" }
"#;

/// Tables of the server need about 40 MiB before there is any row.
const DISK: u32 = 64;

#[test]
fn the_run_fails_and_the_same_command_resumes() {
    if let Some(arguments) = child_args() {
        exit(longhaul::run(arguments).code().into());
    }
    let Some(server) = Server::start_on_disk_of(DISK) else { return };
    let mut client = server.client();
    fill(&mut client);
    let settings = Settings { records: 4000, rate_allowed: u32::MAX, ..Settings::default() };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(Interrupt::default()));
    let api = FakeApi::start(settings.clone(), clock).unwrap();
    let folder = tempfile::tempdir().unwrap();
    install_plugin("postgres", &folder.path().join("plugins"));
    let connection = format!(
        "api.base_url = \"{0}\"\nauth = {{ type = \"client_credentials\", token_url = \"{0}/oauth/token\", client_id = \
         \"{1}\", client_secret = \"{2}\" }}\n",
        api.base_url(),
        settings.client_id,
        settings.client_secret
    );
    fs::write(folder.path().join("longhaul.toml"), connection + CONFIGURATION).unwrap();
    let command = || {
        let mut command =
            test_in_child("full_disk::the_run_fails_and_the_same_command_resumes", "longhaul run");
        command.current_dir(folder.path()).env("DATABASE_URL", server.url()).stderr(Stdio::piped());
        command
    };
    let output = command().output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    let error = &stderr[stderr.find("error: ").unwrap()..];
    let expected = ["write to", "commit to"].map(|doing| {
        format!(
            "error: the stream `conversations` is not complete\n  caused by: the sink `postgres` failed\n  caused by: cannot \
             {doing} table `public.conversations` in `127.0.0.1:{}/postgres`\n  caused by: could not extend file \
             \"base/N/N\": No space left on device\nhint: fix the problem, then resume with: longhaul run\n",
            server.port
        )
    });
    assert!(expected.contains(&without_numbers(error)), "{stderr}");
    let saved = stderr.lines().find(|line| line.starts_with("conversations: stopped; "));
    assert!(saved.is_some_and(|line| !line.contains(" 0 records")), "{stderr}");

    client.batch_execute("DROP TABLE ballast").unwrap();
    let output = command().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = client.simple_query("SELECT record FROM conversations").unwrap();
    let rows = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    // The server may store a row where an earlier one did not fit.
    let mut rows: Vec<_> = rows.collect();
    let mut expected: Vec<_> = (0..settings.records).map(|index| settings.conversation(index)).collect();
    rows.sort();
    expected.sort();
    assert!(rows == expected, "{} of {} records", rows.len(), expected.len());
}

/// Fills the disk, but for about 1 MiB.
fn fill(client: &mut Client) {
    let add = |table: &str, pages: u32| {
        format!("INSERT INTO {table} SELECT repeat('x', 7000) FROM generate_series(1, {pages})")
    };
    client
        .batch_execute(
            "CREATE TABLE room (text text); CREATE TABLE ballast (text text); ALTER TABLE room ALTER text SET STORAGE \
             PLAIN; ALTER TABLE ballast ALTER text SET STORAGE PLAIN",
        )
        .unwrap();
    client.batch_execute(&add("room", 128)).unwrap();
    let full = (0..).find_map(|_| client.batch_execute(&add("ballast", 16)).err()).unwrap();
    assert_eq!(full.code(), Some(&SqlState::DISK_FULL), "{full}");
    client.batch_execute("DROP TABLE room").unwrap();
}

/// The path of a file of the server has numbers that differ.
fn without_numbers(text: &str) -> String {
    let Some((start, rest)) = text.split_once("\"base/") else { return text.to_owned() };
    let (_, end) = rest.split_once('"').unwrap();
    // On this disk, half a page may fit.
    let end = match end.split_once('\n') {
        Some((cause, end)) if cause.starts_with(": wrote only") => {
            format!(": No space left on device\n{end}")
        }
        _ => end.to_owned(),
    };
    format!("{start}\"base/N/N\"{end}")
}
