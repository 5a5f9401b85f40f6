//! The programs that are measured.

use std::{env, fs, net::SocketAddr, path::PathBuf, process::Command, sync::Arc};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    child_process::{Cost, cost, try_cost},
    pages::Pages,
    server,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_longhaul");

/// The server, and how to run a program against it.
pub(crate) struct Bench {
    address: SocketAddr,
    pub(crate) pages: Arc<Pages>,
    /// The folder in which each run gets its own folder.
    folder: PathBuf,
    /// The number of runs per median.
    pub(crate) rounds: usize,
    has_curl: bool,
}

/// A pull to measure.
#[derive(Clone, Debug)]
pub(crate) struct Pull<'s> {
    /// The kind of pages: the first part of their path.
    pub(crate) shape: &'static str,
    pub(crate) pages: usize,
    /// Where a page has its records.
    pub(crate) records: &'static str,
    /// The lines of the stream about pagination.
    pub(crate) stream: &'s str,
    pub(crate) sink: &'static str,
    /// Lines at the top of the configuration.
    pub(crate) top: &'static str,
}

impl Pull<'_> {
    /// Compact pages into NDJSON.
    pub(crate) const fn compact(pages: usize) -> Self {
        Self {
            shape: "compact",
            pages,
            records: "/results",
            stream: "pages = { type = \"next_url\", next = \"/nextPageUri\" }",
            sink: "type = \"ndjson\"\npath = \"out.ndjson\"",
            top: "",
        }
    }
}

impl Pull<'static> {
    /// Pages of records of 1.75 KB. CSV gets six of their columns.
    pub(crate) const fn six_columns() -> Self {
        const SIX: &str = "type = \"csv\"\npath = \"out.csv\"\ncolumns = [\"/conversationId\", \
            \"/conversationStart\", \"/conversationEnd\", \"/originatingDirection\", \
            \"/participants/0/purpose\", \"/participants/1/sessions/0/ani\"]";
        Self { shape: "narrow", sink: SIX, ..Self::compact(100) }
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let rounds = env::var("LONGHAUL_BENCH_ROUNDS").map_or(9, |rounds| rounds.parse().unwrap());
        let folder = env::var_os("LONGHAUL_BENCH_FOLDER").map_or_else(env::temp_dir, PathBuf::from);
        let has_curl = Command::new("curl").arg("--version").output().is_ok();
        if !has_curl {
            println!("`curl` is not installed, so nothing is compared with it");
        }
        let pages = Arc::new(Pages::new());
        Self { address: server::serve(Arc::clone(&pages)), pages, folder, rounds, has_curl }
    }

    /// A file with this content.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.join(format!("longhaul-{name}"));
        fs::write(&path, content).unwrap();
        path
    }

    /// The cost of `longhaul run`, and its summary.
    pub(crate) fn longhaul(&self, pull: &Pull<'_>) -> (Cost, Value) {
        let folder = self.scratch();
        let Pull { shape, pages, records, stream, sink, top } = pull;
        let config = format!(
            "{top}\nstate_dir = \"state\"\n[api]\nbase_url = \"http://{}\"\n[auth]\ntype = \"none\"\n\
             [streams.records]\npath = \"/{shape}/{pages}/1\"\nrecords = \"{records}\"\n{stream}\n\
             sinks = [\"out\"]\n[sinks.out]\n{sink}\n",
            self.address
        );
        let file = folder.path().join("longhaul.toml");
        fs::write(&file, config).unwrap();
        let arguments = ["--quiet", "-c", "longhaul.toml", "run", "--summary", "summary.json"];
        let cost = cost(folder.path(), PROGRAM, &arguments);
        let summary = fs::read(folder.path().join("summary.json")).unwrap();
        (cost, serde_json::from_slice(&summary).unwrap())
    }

    /// The cost of another program in a new folder. `None` if it fails or is not installed.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Option<Cost> {
        try_cost(self.scratch().path(), program, arguments)
    }

    /// The cost of `longhaul --version`.
    pub(crate) fn version(&self) -> Cost {
        let folder = self.scratch();
        cost(folder.path(), PROGRAM, &["--version"])
    }

    /// The cost of `curl` for the same pages, each saved to its own file. `None` if it is not installed.
    pub(crate) fn curl(&self, shape: &str, pages: usize) -> Option<Cost> {
        let folder = self.scratch();
        let urls = format!("http://{}/{shape}/{pages}/[1-{pages}]", self.address);
        let arguments = ["--silent", "--fail", "--compressed", "--output", "page-#1.json", &urls];
        self.has_curl.then(|| cost(folder.path(), "curl", &arguments))
    }

    fn scratch(&self) -> TempDir {
        tempfile::Builder::new().prefix("longhaul-bench-").tempdir_in(&self.folder).unwrap()
    }
}
