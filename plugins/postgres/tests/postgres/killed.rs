//! A pull that is killed at random times and resumed, until it is complete.
//!
//! `LONGHAUL_TEST_KILLS` and `LONGHAUL_TEST_SEED` have the same meaning as in the tests of the command.

use std::time::Duration;

use longhaul_demo::{Faults, Settings};
use longhaul_tests::{Random, min_kills};

use crate::{
    run::{Pull, act_as_command},
    support::Schema,
};

/// The number of kinds of pulls that share the kills. This one is short.
const PULLS: usize = 8;

/// The maximum number of kills per pull.
const MAX_KILLS_PER_PULL: usize = 12;

const UPSERT: &str = r#"mode = "append"
key = "id"
columns = [{ name = "id", at = "/conversationId" }, { name = "record", at = "", type = "json" }]"#;

#[test]
fn every_record_arrives_once() {
    act_as_command();
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
    let every = random.one_of(&["0s", "10ms", "1s"]);
    let mode = random.one_of(&["mode = \"replace\"", "mode = \"append\"", UPSERT]);
    if mode == UPSERT {
        schema.run("CREATE TABLE conversations (id text PRIMARY KEY, record json)");
        let first: serde_json::Value = serde_json::from_str(&settings.conversation(0)).unwrap();
        let id = first["conversationId"].as_str().unwrap();
        schema.run(&format!("INSERT INTO conversations VALUES ('{id}', '\"an earlier one\"')"));
    }
    let top = format!("commit_every = \"{every}\"\nretry.base_delay = \"1ms\"");
    let sink = format!("schema = \"{}\"\n{mode}", schema.name);
    let test = "killed::every_record_arrives_once";
    let pull = Pull::new(test, settings, schema.server.url(), 2, [&top, &sink]);
    let is_complete =
        || schema.exists("_longhaul") && schema.rows("SELECT state FROM _longhaul") == ["complete"];

    let mut kills = 0;
    while kills < max_kills && !is_complete() {
        let left = (pull.settings.records as u64 / 2).saturating_sub(pull.api.stats().pages);
        let (pages, time) = random.kill_time(left.max(1), pull.settings.latency);
        let until = pull.api.stats().pages + pages;
        let mut running = pull.command("longhaul run -q").spawn().unwrap();
        while pull.api.stats().pages < until && running.try_wait().unwrap().is_none() {
            pull.clock.sleep(Duration::from_micros(200));
        }
        pull.clock.sleep(time);
        running.kill().unwrap();
        running.wait().unwrap();
        kills += 1;
    }
    let context = format!("LONGHAUL_TEST_SEED={}: killed {kills} times", random.seed());
    if !is_complete() {
        let (code, stderr) = pull.run("longhaul run -q");
        assert_eq!(code, Some(0), "{context}: {stderr}");
    }
    pull.assert_complete(schema.rows("SELECT record FROM conversations"), &context);
    kills
}
