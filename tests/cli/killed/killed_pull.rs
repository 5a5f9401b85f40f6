//! Kills a pull again and again until it is complete.

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use longhaul_core::{
    disk::SystemDisk,
    state::{State, StateFile},
};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{Random, decompress, min_kills};

use crate::{
    api::{self, reach},
    folder::Folder,
    running_command::RunningCommand,
};

/// A pull to kill.
pub(super) struct Pull {
    /// The stream's name.
    pub(super) stream: &'static str,
    /// The configuration, without `commit_every` and the address of the API.
    pub(super) configuration: String,
    /// The API.
    pub(super) settings: Settings,
    /// The files before the pull starts.
    pub(super) existing_files: &'static [(&'static str, &'static str)],
    /// How many pages are requested at the same time.
    pub(super) concurrency: u64,
    /// How many pages of a window may arrive before the API says that it is too deep.
    pub(super) deepest: u64,
}

/// The contents of each file, by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// `commit_every`, with which each page is committed.
pub(super) const AT_EACH_PAGE: &str = "0s";

/// The number of pulls that share the kills.
const PULLS: usize = 10;

/// How many pages are prefetched: up to `concurrency` of one partition, and the first ones of fewer others.
const PREFETCHED: u64 = 4 + 3;

/// The maximum number of kills per pull. After that, the pull may complete.
const MAX_KILLS_PER_PULL: usize = 12;

/// Kills runs of the pull, with any of these intervals, and compares the files with those of an undisturbed pull, which are
/// returned.
#[track_caller]
pub(super) fn assert_complete_despite_kills(pull: &Pull, intervals: &[&str]) -> Files {
    let mut random = Random::new();
    let (undisturbed, pages) = pull.undisturbed(intervals[0]);
    let expected = contents(&undisturbed);
    let mut left = min_kills() / PULLS;
    while left > 0 {
        let drawn = usize::try_from(random.below(intervals.len() as u64)).unwrap();
        let every = intervals[drawn];
        let mut killed = KilledPull::new(pull, every, pages);
        let kills = killed.kill_until_complete(&mut random, left.min(MAX_KILLS_PER_PULL));
        let context = format!(
            "LONGHAUL_TEST_SEED={}: {} killed {kills} times, commit_every = {}",
            random.seed(),
            pull.stream,
            every
        );
        let files = contents(&killed.folder);
        assert_eq!(files.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{context}");
        assert!(files == expected, "{context}: the records differ");
        let repeated = killed.api.stats().pages - pages;
        // Otherwise, slow commits are further apart than `commit_every`.
        assert!(
            every != AT_EACH_PAGE || repeated <= kills as u64 * pull.max_lost(),
            "{context}: {repeated} pages were pulled again"
        );
        left -= kills.min(left);
    }
    expected
}

impl Pull {
    /// The folder of an undisturbed run, and its number of pages.
    fn undisturbed(&self, every: &str) -> (Folder, u64) {
        let (api, folder) = self.prepare(every);
        reach(&api, folder.longhaul("run")).run().assert_complete();
        (folder, api.stats().pages)
    }

    fn prepare(&self, every: &str) -> (FakeApi, Folder) {
        let folder = Folder::configured(&format!("commit_every = \"{}\"\n{}", every, self.configuration));
        let folder = self.existing_files.iter().fold(folder, |folder, (name, text)| folder.with(name, text));
        (api::start(&self.settings), folder)
    }

    /// The maximum number of pages that a kill costs if each page is committed: those that are written, those in flight, and
    /// those prefetched.
    fn max_lost(&self) -> u64 {
        self.concurrency + PREFETCHED + self.deepest
    }
}

/// A pull in its folder, with its own API.
struct KilledPull<'a> {
    pull: &'a Pull,
    api: FakeApi,
    folder: Folder,
    /// The number of pages.
    pages: u64,
}

impl<'a> KilledPull<'a> {
    fn new(pull: &'a Pull, every: &str, pages: u64) -> Self {
        let (api, folder) = pull.prepare(every);
        Self { pull, api, folder, pages }
    }

    /// Runs until the pull is complete, with at most this many kills. Returns the number of kills.
    fn kill_until_complete(&mut self, random: &mut Random, max_kills: usize) -> usize {
        let mut kills = 0;
        while kills < max_kills {
            let ended = self.run_until_kill(random).kill();
            if let Some(code) = ended.code {
                assert_eq!(code, 0, "LONGHAUL_TEST_SEED={}: {}", random.seed(), ended.stderr);
                return kills;
            }
            kills += 1;
            // The same command would start again.
            if self.state().complete.is_some() {
                return kills;
            }
        }
        reach(&self.api, self.folder.longhaul("run")).run().assert_complete();
        kills
    }

    /// The saved state of the stream. No kill may damage it.
    fn state(&self) -> State {
        StateFile::new(Arc::new(SystemDisk), self.folder.path(".longhaul"), self.pull.stream).load().unwrap()
    }

    /// Starts a run, and returns when it is time to kill it: after some pages and some time.
    fn run_until_kill(&self, random: &mut Random) -> RunningCommand {
        let done = self.state().unfinished.map_or(0, |unfinished| unfinished.checkpoint.so_far().pages);
        let left = self.pages.saturating_sub(done);
        let (pages, time) = random.kill_time(left, self.pull.settings.latency);
        let clock = api::clock();
        let until = self.api.stats().pages + pages;
        let mut running = reach(&self.api, self.folder.longhaul("run")).start();
        while self.api.stats().pages < until && !running.has_ended() {
            clock.sleep(Duration::from_micros(200));
        }
        clock.sleep(time);
        running
    }
}

/// The files in `out`. Compressed files are decompressed.
fn contents(folder: &Folder) -> Files {
    let read = |name: String| {
        let file = fs::read(folder.path(&format!("out/{name}"))).unwrap();
        let (_, ending) = name.rsplit_once('.').unwrap();
        let contents = decompress(ending, &file);
        (name, contents)
    };
    folder.names_in("out").into_iter().map(read).collect()
}
