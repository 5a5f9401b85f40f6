//! Runs of the command that pull conversations into the table `conversations`.

use std::{
    fs,
    process::{Command, Stdio, exit},
    sync::Arc,
    time::Duration,
};

use longhaul_core::clock::{Clock, Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{child_args, install_plugin, test_in_child};
use tempfile::TempDir;

/// A pull in a folder of its own, from an API of its own.
pub(crate) struct Pull {
    pub(crate) settings: Settings,
    pub(crate) api: FakeApi,
    pub(crate) clock: Arc<dyn Clock>,
    folder: TempDir,
    test: &'static str,
    url: String,
}

/// Is the command in a child process that [`Pull::command`] has started. Every test that does that calls it first.
pub(crate) fn act_as_command() {
    if let Some(arguments) = child_args() {
        exit(longhaul::run(arguments).code().into());
    }
}

impl Pull {
    /// A pull by the test `test` into the server at `url`. `top` is the first part of its configuration, and `sink` the last.
    pub(crate) fn new(
        test: &'static str,
        settings: Settings,
        url: String,
        page_size: usize,
        [top, sink]: [&str; 2],
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(Interrupt::default()));
        let api = FakeApi::start(settings.clone(), Arc::clone(&clock)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        install_plugin("postgres", &folder.path().join("plugins"));
        let (base, Settings { client_id, client_secret, .. }) = (api.base_url(), &settings);
        let configuration = format!(
            r#"
plugin_path = ["plugins"]
{top}

[api]
base_url = "{base}"

[auth]
type = "client_credentials"
token_url = "{base}/oauth/token"
client_id = "{client_id}"
client_secret = "{client_secret}"

[streams.conversations]
method = "POST"
path = "/api/v2/tutorial/conversations"
body = {{ pageSize = {page_size} }}
records = "/results"
pages = {{ type = "next_url", next = "/nextPageUri" }}
sinks = ["postgres"]

[sinks.postgres]
url = {{ env = "DATABASE_URL" }}
{sink}
"#
        );
        fs::write(folder.path().join("longhaul.toml"), configuration).unwrap();
        Self { settings, api, clock, folder, test, url }
    }

    /// The command in a child process.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = test_in_child(self.test, arguments);
        command.current_dir(self.folder.path()).env("DATABASE_URL", &self.url);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Runs the command to its end. Returns its exit code and what it printed.
    pub(crate) fn run(&self, arguments: &str) -> (Option<i32>, String) {
        let output = self.command(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Waits until the API has sent this many pages.
    pub(crate) fn wait_for_pages(&self, pages: u64) {
        while self.api.stats().pages < pages {
            self.clock.sleep(Duration::from_millis(1));
        }
    }

    /// These rows are all records, each once. Their order is left out: a server may store a row where an earlier one did
    /// not fit.
    #[track_caller]
    pub(crate) fn assert_complete(&self, mut rows: Vec<String>, context: &str) {
        let records = 0..self.settings.records;
        let mut expected: Vec<_> = records.map(|index| self.settings.conversation(index)).collect();
        rows.sort();
        expected.sort();
        assert!(rows == expected, "{context}: {} of {} records", rows.len(), expected.len());
    }
}

/// What the command prints about a sink that fails with these causes, for a run whose next command is `longhaul run`.
pub(crate) fn failure(causes: &[&str], hint: &str) -> String {
    let causes = causes.join("\n  caused by: ");
    format!(
        "error: the stream `conversations` is not complete\n  caused by: the sink `postgres` failed\n  caused by: \
         {causes}\nhint: {hint}\n"
    )
}

/// The number of records that a run which was stopped has saved, from what it printed.
#[track_caller]
pub(crate) fn saved(stderr: &str) -> u64 {
    let line = stderr.lines().find_map(|line| line.strip_prefix("conversations: stopped; "));
    let number = line.and_then(|line| line.split(' ').next()).map(|number| number.replace(',', ""));
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{stderr}"))
}
