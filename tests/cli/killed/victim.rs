//! A pull that is killed again and again until it is complete.

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use longhaul_core::{
    disk::SystemDisk,
    state::{State, StateFile},
};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{Luck, kills, unpacked};

use crate::{
    api::{self, reach},
    folder::Folder,
    running::Running,
};

/// A pull that is to survive.
pub(super) struct Pull {
    /// The stream's name.
    pub(super) stream: &'static str,
    /// All but `commit_every`, and where the API is.
    pub(super) configuration: String,
    /// The API.
    pub(super) settings: Settings,
    /// Files that are there before it begins.
    pub(super) there_before: &'static [(&'static str, &'static str)],
    /// How many pages are asked for at once.
    pub(super) readers: u64,
    /// How many pages of a window may come before it turns out to be too deep.
    pub(super) deepest: u64,
}

/// By name, what each file holds.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The time from one checkpoint to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Every {
    pub(super) text: &'static str,
    pub(super) time: Duration,
}

/// How many pulls share the kills.
const PULLS: usize = 10;

/// How many pages are asked for while others are written: so many of one part as `concurrency` says, and the first ones of
/// fewer others.
const AHEAD: u64 = 4 + 3;

/// How often a pull is killed at most: then it may come to its end.
const KILLS_OF_A_PULL: usize = 12;

/// Kills runs of the pull until it has had its share, with any of these intervals, and holds what comes of each against
/// one that was left alone, whose files are returned.
#[track_caller]
pub(super) fn assert_survives(pull: &Pull, intervals: &[Every]) -> Files {
    let mut luck = Luck::new();
    let (left_alone, pages) = pull.undisturbed(intervals[0]);
    let expected = contents(&left_alone);
    let mut left = kills() / PULLS;
    while left > 0 {
        let drawn = usize::try_from(luck.below(intervals.len() as u64)).unwrap();
        let every = intervals[drawn];
        let mut victim = Victim::new(pull, every, pages);
        let deaths = victim.live(&mut luck, left.min(KILLS_OF_A_PULL));
        let told = format!(
            "LONGHAUL_TEST_SEED={}: {} killed {deaths} times, commit_every = {}",
            luck.seed(),
            pull.stream,
            every.text
        );
        let files = contents(&victim.folder);
        assert_eq!(files.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{told}");
        assert!(files == expected, "{told}: the records differ");
        let again = victim.api.stats().pages - pages;
        assert!(again <= deaths as u64 * pull.lost_at_most(every), "{told}: {again} pages came again");
        left -= deaths.min(left);
    }
    expected
}

impl Pull {
    /// The folder of a run that was left alone, and how many pages it had.
    fn undisturbed(&self, every: Every) -> (Folder, u64) {
        let (api, folder) = self.set_out(every);
        reach(&api, folder.longhaul("run")).run().assert_complete();
        (folder, api.stats().pages)
    }

    fn set_out(&self, every: Every) -> (FakeApi, Folder) {
        let folder =
            Folder::configured(&format!("commit_every = \"{}\"\n{}", every.text, self.configuration));
        let folder = self.there_before.iter().fold(folder, |folder, (name, text)| folder.with(name, text));
        (api::start(&self.settings), folder)
    }

    /// How many pages a kill may cost: those since the last checkpoint, one that is on its way to each reader, and those that
    /// were asked for ahead.
    fn lost_at_most(&self, every: Every) -> u64 {
        let since = every.time.as_nanos().div_ceil(self.settings.latency.as_nanos());
        let since = u64::try_from(since).unwrap();
        let in_between = if since > 0 { since + 1 } else { 0 };
        self.readers * (in_between + 1) + AHEAD + self.deepest
    }
}

/// A pull in its folder, with an API of its own.
struct Victim<'a> {
    pull: &'a Pull,
    api: FakeApi,
    folder: Folder,
    /// How many pages there are.
    pages: u64,
}

impl<'a> Victim<'a> {
    fn new(pull: &'a Pull, every: Every, pages: u64) -> Self {
        let (api, folder) = pull.set_out(every);
        Self { pull, api, folder, pages }
    }

    /// Runs until it is complete, and is killed this often at most. How often it was, is returned.
    fn live(&mut self, luck: &mut Luck, kills: usize) -> usize {
        let mut deaths = 0;
        while deaths < kills {
            let ended = self.run_to_death(luck).kill();
            if let Some(code) = ended.code {
                assert_eq!(code, 0, "LONGHAUL_TEST_SEED={}: {}", luck.seed(), ended.stderr);
                return deaths;
            }
            deaths += 1;
            // The same command would begin anew.
            if self.state().complete.is_some() {
                return deaths;
            }
        }
        reach(&self.api, self.folder.longhaul("run")).run().assert_complete();
        deaths
    }

    /// What is remembered of the stream. However it was killed, this is never damaged.
    fn state(&self) -> State {
        StateFile::new(Arc::new(SystemDisk), self.folder.path(".longhaul"), self.pull.stream).load().unwrap()
    }

    /// Starts it, and returns at the instant at which it is to be killed: so many pages later, and a moment.
    fn run_to_death(&self, luck: &mut Luck) -> Running {
        let done = self.state().unfinished.map_or(0, |unfinished| unfinished.checkpoint.so_far().pages);
        let left = self.pages.saturating_sub(done);
        let (pages, moment) = luck.death(left, self.pull.settings.latency);
        let clock = api::clock();
        let until = self.api.stats().pages + pages;
        let mut running = reach(&self.api, self.folder.longhaul("run")).start();
        while self.api.stats().pages < until && !running.has_ended() {
            clock.sleep(Duration::from_micros(200));
        }
        clock.sleep(moment);
        running
    }
}

/// The files in `out`, and what those hold that are compressed.
fn contents(folder: &Folder) -> Files {
    let read = |name: String| {
        let file = fs::read(folder.path(&format!("out/{name}"))).unwrap();
        let (_, ending) = name.rsplit_once('.').unwrap();
        let held = unpacked(ending, &file);
        (name, held)
    };
    folder.names_in("out").into_iter().map(read).collect()
}
