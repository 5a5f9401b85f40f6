//! One pull into NDJSON, SQLite, Parquet and XLSX at once. It is killed at random times and resumed, until it is complete.
//!
//! `LONGHAUL_TEST_KILLS` and `LONGHAUL_TEST_SEED` have the same meaning as in the tests of the command.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio, exit},
    sync::Arc,
    time::Duration,
};

use calamine::{Reader, Xlsx, open_workbook};
use longhaul_core::{
    clock::{Clock, Interrupt, SystemClock},
    disk::SystemDisk,
    state::{State, StateFile},
};
use longhaul_demo::{FakeApi, Faults, Settings};
use longhaul_tests::{Random, child_args, install_plugin, min_kills, test_in_child};
use rusqlite::Connection;

use crate::support::Folder;

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
sinks = ["ndjson", "sqlite", "parquet", "xlsx"]

[sinks.ndjson]
path = "out/{stream}.ndjson"

[sinks.sqlite]
path = "out/data.db"
columns = "record"

[sinks.parquet]
path = "out/{stream}.parquet"
row_group_size = 7
columns = "record"

[sinks.xlsx]
path = "out/{stream}.xlsx"
columns = "record"
"#;

#[test]
fn four_sinks_have_the_same_records() {
    if let Some(arguments) = child_args() {
        exit(longhaul::run(arguments).code().into());
    }
    let mut random = Random::new();
    let mut left = min_kills().div_ceil(PULLS);
    while left > 0 {
        let mut pull = KilledPull::new(&mut random);
        let kills = pull.kill_until_complete(&mut random, left.min(MAX_KILLS_PER_PULL));
        pull.assert_complete(&format!("LONGHAUL_TEST_SEED={}: killed {kills} times", random.seed()));
        left -= kills.min(left);
    }
}

/// A pull in its own folder, with its own API.
struct KilledPull {
    api: FakeApi,
    folder: Folder,
    clock: Arc<dyn Clock>,
}

impl KilledPull {
    /// Tokens expire after nine requests, one request in ten fails, and each response takes a moment.
    fn settings() -> Settings {
        Settings {
            records: 80,
            token_requests: Some(9),
            token_lifetime: Duration::from_secs(3600),
            rate_allowed: u32::MAX,
            faults: Faults { rate: 0.1, retry_after: 0, ..Faults::default() },
            latency: Duration::from_millis(3),
            ..Settings::default()
        }
    }

    /// A new pull, with a random checkpoint interval and a random mode of the table.
    fn new(random: &mut Random) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(Interrupt::default()));
        let (settings, folder) = (Self::settings(), Folder::new());
        let api = FakeApi::start(settings.clone(), Arc::clone(&clock)).unwrap();
        let every = ["0s", "10ms", "1s"][usize::try_from(random.below(3)).unwrap()];
        let mode = ["replace", "append"][usize::try_from(random.below(2)).unwrap()];
        let drawn = format!(
            "commit_every = \"{every}\"\nsinks.sqlite.mode = \"{mode}\"\napi.base_url = \"{0}\"\nauth = {{ type = \
             \"client_credentials\", token_url = \"{0}/oauth/token\", client_id = \"{1}\", client_secret = \"{2}\" \
             }}\n",
            api.base_url(),
            settings.client_id,
            settings.client_secret
        );
        for sink in ["sqlite", "parquet", "xlsx"] {
            install_plugin(sink, &folder.path("plugins"));
        }
        fs::write(folder.path("pull.toml"), CONFIGURATION).unwrap();
        fs::write(folder.path("drawn.toml"), drawn).unwrap();
        Self { api, folder, clock }
    }

    /// Runs until the pull is complete, with at most this many kills. Returns the number of kills.
    fn kill_until_complete(&mut self, random: &mut Random, max_kills: usize) -> usize {
        for kills in 0..max_kills {
            let mut running = self.run_until_kill(random);
            running.kill().unwrap();
            if let Some(code) = running.wait().unwrap().code() {
                assert_eq!(code, 0, "LONGHAUL_TEST_SEED={}", random.seed());
                return kills;
            }
            // The same command would start over.
            if self.state().complete.is_some() {
                return kills + 1;
            }
        }
        let output = self.command().stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        max_kills
    }

    /// Starts the pull, and returns when it is time to kill it.
    fn run_until_kill(&self, random: &mut Random) -> Child {
        let settings = Self::settings();
        let done = self.state().unfinished.map_or(0, |unfinished| unfinished.checkpoint.so_far().pages);
        let left = (settings.records as u64 / 2).saturating_sub(done);
        let (pages, time) = random.kill_time(left, settings.latency);
        let until = self.api.stats().pages + pages;
        let mut running = self.command().spawn().unwrap();
        while self.api.stats().pages < until && running.try_wait().unwrap().is_none() {
            self.clock.sleep(Duration::from_micros(200));
        }
        self.clock.sleep(time);
        running
    }

    /// The state of the stream. A kill never damages it.
    fn state(&self) -> State {
        StateFile::new(Arc::new(SystemDisk), self.folder.path(".longhaul"), "conversations").load().unwrap()
    }

    fn command(&self) -> Command {
        let arguments = "longhaul run -q -c pull.toml -c drawn.toml";
        let mut command = test_in_child("killed::four_sinks_have_the_same_records", arguments);
        command.current_dir(self.folder.path("")).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    #[track_caller]
    fn assert_complete(&self, context: &str) {
        let settings = Self::settings();
        let expected: Vec<_> = (0..settings.records).map(|index| settings.conversation(index)).collect();
        let ndjson = fs::read_to_string(self.folder.path("out/conversations.ndjson")).unwrap();
        assert!(ndjson.lines().eq(&expected), "{context}: the records in NDJSON differ");
        let database = Connection::open(self.folder.path("out/data.db")).unwrap();
        let mut rows = database.prepare("SELECT record FROM conversations ORDER BY rowid").unwrap();
        let rows: Vec<String> =
            rows.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect();
        assert!(rows == expected, "{context}: the records in SQLite differ");
        let parquet = self.folder.texts("out/conversations.parquet");
        assert!(parquet == expected, "{context}: the records in Parquet differ");
        let xlsx = xlsx_texts(&self.folder.path("out/conversations.xlsx"));
        assert!(xlsx[1..] == expected, "{context}: the records in XLSX differ");
        let mut left: Vec<_> = fs::read_dir(self.folder.path("out"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            ["conversations.ndjson", "conversations.parquet", "conversations.xlsx", "data.db"],
            "{context}"
        );
    }
}

/// The first column of a workbook.
fn xlsx_texts(path: &Path) -> Vec<String> {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let sheet = workbook.worksheet_range("conversations").unwrap();
    sheet.rows().map(|row| row[0].to_string()).collect()
}
