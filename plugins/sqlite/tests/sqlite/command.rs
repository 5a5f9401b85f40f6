//! Runs the example configuration as a user would.

use std::{env, ffi::OsString, fs, sync::Arc};

use longhaul::exit::Exit;
use longhaul_core::clock::{Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::install_plugin;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::support::Folder;

#[test]
fn the_example_writes_its_table() {
    let settings = Settings { records: 120, rate_allowed: u32::MAX, ..Settings::default() };
    let expected: Vec<_> = (0..settings.records).map(|index| row(&settings.conversation(index))).collect();
    let api = FakeApi::start(settings, Arc::new(SystemClock::new(Interrupt::default()))).unwrap();
    let folder = Folder::new();
    install_plugin("sqlite", &folder.path("plugins"));
    fs::write(folder.path("example.toml"), include_str!("../../example.toml")).unwrap();
    // Replaces the API of the example.
    let here = format!(
        "state_dir = \"{}\"\napi.base_url = \"{1}\"\nauth.token_url = \"{1}/oauth/token\"\n",
        folder.path("state").display(),
        api.base_url()
    );
    fs::write(folder.path("here.toml"), here).unwrap();
    // No other test uses the working directory.
    env::set_current_dir(folder.path("")).unwrap();
    let run = || longhaul::run("longhaul run -q -c example.toml -c here.toml".split(' ').map(OsString::from));
    for _ in 0..2 {
        assert_eq!(run(), Exit::Complete);
        let database = Connection::open(folder.path("out/data.db")).unwrap();
        let sql = "SELECT id, start, mos, participants FROM conversations ORDER BY rowid";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        let rows: Vec<_> = rows.unwrap().map(|row| row.unwrap()).collect();
        assert!(rows == expected);
    }

    // An incremental pull must not replace earlier pulls.
    let window = "window = { from = \"2026-01-01\", incremental = true }\nquery = { since = \"{window.start}\" }\nsinks = [";
    let incremental = include_str!("../../example.toml").replace("sinks = [", window);
    for (mode, exit) in [("replace", Exit::Usage), ("append", Exit::Complete)] {
        let mode = format!("table = \"{mode}\"\nmode = \"{mode}\"\n");
        fs::write(
            folder.path("example.toml"),
            incremental.replace("mode = \"append\"\nkey = \"id\"\n", &mode),
        )
        .unwrap();
        assert_eq!(run(), exit);
    }

    // Another sink must not replace the database.
    let lines = "[sinks.lines]\ntype = \"ndjson\"\npath = \"out/../out/data.db\"\n";
    let both = include_str!("../../example.toml").replace("sinks = [", "sinks = [\"lines\", ");
    fs::write(folder.path("example.toml"), both + lines).unwrap();
    assert_eq!(run(), Exit::Usage);
}

/// The expected columns of a record.
type Row = (String, String, Option<f64>, String);

fn row(record: &str) -> Row {
    let record: Record<'_> = serde_json::from_str(record).unwrap();
    (record.id, record.start, record.mos, record.participants.get().to_owned())
}

#[derive(Deserialize)]
struct Record<'r> {
    #[serde(rename = "conversationId")]
    id: String,
    #[serde(rename = "conversationStart")]
    start: String,
    #[serde(rename = "mediaStatsMinConversationMos")]
    mos: Option<f64>,
    #[serde(borrow)]
    participants: &'r RawValue,
}
