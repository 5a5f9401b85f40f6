//! What happens to a run.

use longhaul_tests::{Fault, Random};

/// What happens to a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    /// The stream that the command names. `None` if it is for all.
    pub(super) only: Option<usize>,
    /// Whether there is a command for each stream, all at the same time.
    pub(super) is_at_once: bool,
    /// Whether the unfinished pulls are discarded first.
    pub(super) is_fresh: bool,
    /// Whether the API has deleted the jobs of earlier runs.
    pub(super) deletes_jobs: bool,
    /// The operation of the disk that fails, and how.
    pub(super) fault: Option<(u64, Fault)>,
    /// A stream, and the number of requests after which its server stops answering.
    pub(super) requests: Option<(usize, u64)>,
    /// What the disk loses after the run, in a power cut. `None` if there is none.
    pub(super) power_cut: Option<u64>,
}

/// How often something happened to a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) runs: u64,
    pub(super) failed: u64,
    pub(super) power_cuts: u64,
    pub(super) discarded: u64,
    pub(super) resumed: u64,
    /// Streams that an earlier command of the run had completed.
    pub(super) complete: u64,
    /// Streams that the command did not name.
    pub(super) unnamed: u64,
}

impl Run {
    /// A random run of this many streams, which need at most this many operations and requests.
    pub(super) fn new(random: &mut Random, streams: usize, operations: u64, requests: u64) -> Self {
        // A resumed run does less, and the first operations are those that open and roll back.
        let mut below = |most: u64| {
            let most = random.one_of(&[20, most / 4, most]);
            random.below(most + 1)
        };
        let (operation, request) = (below(operations), below(requests));
        let mut stream = || usize::try_from(random.below(streams as u64)).unwrap_or_default();
        let (only, stopped) = (stream(), stream());
        let stops = random.one_in(4);
        Self {
            only: random.one_in(4).then_some(only),
            is_at_once: random.one_in(4),
            is_fresh: random.one_in(5),
            deletes_jobs: random.one_in(3),
            fault: (!stops).then(|| (operation, random.one_of(&Fault::EVERY))),
            requests: stops.then_some((stopped, request)),
            power_cut: random.one_in(2).then(|| if random.one_in(4) { 0 } else { random.below(1 << 20) }),
        }
    }

    /// The number of requests after which the server of this stream stops answering.
    pub(super) fn stops_at(&self, stream: usize) -> Option<u64> {
        self.requests.and_then(|(stopped, at)| (stopped == stream).then_some(at))
    }

    /// Why this run may fail.
    pub(super) fn reasons(&self) -> &'static [&'static str] {
        match (self.fault, self.requests) {
            (Some(_), _) => &["no storage space", "the disk is gone"],
            (None, Some(_)) => &["no connection to the server"],
            (None, None) => &[],
        }
    }
}

impl Counts {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            failed: self.failed + other.failed,
            power_cuts: self.power_cuts + other.power_cuts,
            discarded: self.discarded + other.discarded,
            resumed: self.resumed + other.resumed,
            complete: self.complete + other.complete,
            unnamed: self.unnamed + other.unnamed,
        }
    }

    /// The smallest of them.
    pub(super) fn least(&self) -> u64 {
        let Self { runs, failed, power_cuts, discarded, resumed, complete, unnamed } = *self;
        let all = [runs, failed, power_cuts, discarded, resumed, complete, unnamed];
        all.into_iter().min().unwrap_or_default()
    }
}
