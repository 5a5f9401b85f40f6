//! A server that crashes and comes back during a pull.

use std::{
    fs,
    process::{Stdio, exit},
    sync::Arc,
    time::Duration,
};

use longhaul_core::clock::{Clock, Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{child_args, install_plugin, test_in_child};
use postgres::SimpleQueryMessage;

use crate::server::Server;

const CONFIGURATION: &str = r#"
plugin_path = ["plugins"]
commit_every = "0s"

[streams.conversations]
method = "POST"
path = "/api/v2/tutorial/conversations"
body = { pageSize = 2 }
records = "/results"
pages = { type = "next_url", next = "/nextPageUri" }
sinks = ["postgres"]

[sinks.postgres]
url = { env = "DATABASE_URL" }
"#;

#[test]
fn the_run_fails_and_the_same_command_resumes() {
    if let Some(arguments) = child_args() {
        exit(longhaul::run(arguments).code().into());
    }
    let Some(mut server) = Server::start() else { return };
    let settings = Settings {
        records: 200,
        rate_allowed: u32::MAX,
        latency: Duration::from_millis(5),
        ..Settings::default()
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(Interrupt::default()));
    let api = FakeApi::start(settings.clone(), Arc::clone(&clock)).unwrap();
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
    let url = server.url();
    let command = || {
        let mut command =
            test_in_child("restarted::the_run_fails_and_the_same_command_resumes", "longhaul run");
        command.current_dir(folder.path()).env("DATABASE_URL", &url).stderr(Stdio::piped());
        command
    };
    let running = command().spawn().unwrap();
    while api.stats().pages < 20 {
        clock.sleep(Duration::from_millis(1));
    }
    server.restart();
    let output = running.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    // The server may have said why before it closed the connection.
    let expected = ["write to", "commit to"].into_iter().flat_map(|doing| {
        ["the server closed the connection", "terminating connection due to immediate shutdown command"].map(|cause| {
            format!(
                "error: the stream `conversations` is not complete\n  caused by: the sink `postgres` failed\n  caused by: \
                 cannot {doing} table `public.conversations` in `127.0.0.1:{}/postgres`\n  caused by: {cause}\nhint: fix the \
                 problem, then resume with: longhaul run\n",
                server.port
            )
        })
    });
    assert!(expected.into_iter().any(|error| stderr.ends_with(&error)), "{stderr}");
    let saved = stderr.lines().find(|line| line.starts_with("conversations: stopped; "));
    assert!(saved.is_some_and(|line| !line.contains(" 0 records")), "{stderr}");

    let output = command().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = server.client().simple_query("SELECT record FROM conversations").unwrap();
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
