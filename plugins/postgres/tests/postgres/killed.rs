//! A pull that is killed at random times and resumed, until it is complete.
//!
//! `LONGHAUL_TEST_KILLS` and `LONGHAUL_TEST_SEED` have the same meaning as in the tests of the command.

use std::{
    fs,
    process::{Command, Stdio, exit},
    sync::Arc,
    time::Duration,
};

use longhaul_core::clock::{Clock, Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Faults, Settings};
use longhaul_tests::{Random, child_args, install_plugin, min_kills, test_in_child};

use crate::support::Schema;

/// The number of kinds of pulls that share the kills. This one is short.
const PULLS: usize = 8;

/// The maximum number of kills per pull.
const MAX_KILLS_PER_PULL: usize = 12;

const CONFIGURATION: &str = r#"
plugin_path = ["plugins"]
retry.base_delay = "1ms"

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

const UPSERT: &str = r#"mode = "append"
key = "id"
columns = [{ name = "id", at = "/conversationId" }, { name = "record", at = "", type = "json" }]"#;

#[test]
fn every_record_arrives_once() {
    if let Some(arguments) = child_args() {
        exit(longhaul::run(arguments).code().into());
    }
    let mut random = Random::new();
    let mut left = min_kills().div_ceil(PULLS);
    while left > 0 {
        let Some(schema) = Schema::new() else { return };
        let kills = pull(&schema, &mut random, left.min(MAX_KILLS_PER_PULL));
        left -= kills.max(1).min(left);
    }
}

/// Runs a pull with at most this many kills, and returns how many there were.
fn pull(schema: &Schema, random: &mut Random, max_kills: usize) -> usize {
    // Tokens expire after nine requests, one request in ten fails, and each response takes a moment.
    let settings = Settings {
        records: 80,
        token_requests: Some(9),
        token_lifetime: Duration::from_secs(3600),
        rate_allowed: u32::MAX,
        faults: Faults { rate: 0.1, retry_after: 0, ..Faults::default() },
        latency: Duration::from_millis(3),
        ..Settings::default()
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(Interrupt::default()));
    let api = FakeApi::start(settings.clone(), Arc::clone(&clock)).unwrap();
    let every = ["0s", "10ms", "1s"][usize::try_from(random.below(3)).unwrap()];
    let mode = ["mode = \"replace\"", "mode = \"append\"", UPSERT][usize::try_from(random.below(3)).unwrap()];
    let expected: Vec<_> = (0..settings.records).map(|index| settings.conversation(index)).collect();
    if mode == UPSERT {
        schema.run("CREATE TABLE conversations (id text PRIMARY KEY, record json)");
        let first: serde_json::Value = serde_json::from_str(&expected[0]).unwrap();
        let id = first["conversationId"].as_str().unwrap();
        schema.run(&format!("INSERT INTO conversations VALUES ('{id}', '\"an earlier one\"')"));
    }
    let drawn = format!(
        "commit_every = \"{every}\"\napi.base_url = \"{0}\"\nauth = {{ type = \"client_credentials\", token_url = \
         \"{0}/oauth/token\", client_id = \"{1}\", client_secret = \"{2}\" }}\n[sinks.postgres]\nschema = \
         \"{3}\"\n{mode}\n",
        api.base_url(),
        settings.client_id,
        settings.client_secret,
        schema.name
    );
    let folder = tempfile::tempdir().unwrap();
    install_plugin("postgres", &folder.path().join("plugins"));
    fs::write(folder.path().join("pull.toml"), CONFIGURATION).unwrap();
    fs::write(folder.path().join("drawn.toml"), drawn).unwrap();
    let command = || -> Command {
        let arguments = "longhaul run -q -c pull.toml -c drawn.toml";
        let mut command = test_in_child("killed::every_record_arrives_once", arguments);
        command.current_dir(folder.path()).env("DATABASE_URL", schema.server.url());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    let is_complete =
        || schema.exists("_longhaul") && schema.rows("SELECT state FROM _longhaul") == ["complete"];

    let mut kills = 0;
    while kills < max_kills && !is_complete() {
        let left = (settings.records as u64 / 2).saturating_sub(api.stats().pages);
        let (pages, time) = random.kill_time(left.max(1), settings.latency);
        let until = api.stats().pages + pages;
        let mut running = command().spawn().unwrap();
        while api.stats().pages < until && running.try_wait().unwrap().is_none() {
            clock.sleep(Duration::from_micros(200));
        }
        clock.sleep(time);
        running.kill().unwrap();
        running.wait().unwrap();
        kills += 1;
    }
    let seed = random.seed();
    if !is_complete() {
        let output = command().output().unwrap();
        assert!(
            output.status.success(),
            "LONGHAUL_TEST_SEED={seed}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let found = schema.rows("SELECT record FROM conversations ORDER BY ctid");
    assert!(found == expected, "LONGHAUL_TEST_SEED={seed}: the records differ after {kills} kills");
    kills
}
