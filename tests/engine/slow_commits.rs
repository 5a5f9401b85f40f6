//! When a pull commits, if its sink is slow.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use longhaul_core::{
    Clock,
    pull::{self, Pull},
    sink::{Batch, Destination, Mark, OpenSink, Opened, Receipt, Sink, SinkError, Variables},
    state::{
        StateError,
        checkpoint::{Checkpoint, CheckpointStore, Checkpointing, Earlier, Extent, Journal},
    },
};
use longhaul_tests::{FakeApi, Lifetime, Links, ManualClock, Setup, Tokens, records};

/// A sink that takes a tenth of a second for each page.
#[derive(Clone, Debug)]
struct SlowSink {
    clock: Arc<ManualClock>,
    /// How long a commit takes.
    commit: Duration,
    /// When it was committed, in tenths of a second.
    commits: Arc<Mutex<Vec<u128>>>,
}

impl OpenSink for SlowSink {
    fn destination(&self, _: &Variables) -> Result<Destination, SinkError> {
        Ok(Destination::Elsewhere("slow".to_owned()))
    }

    fn open(&self, _: &Variables, _: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        Ok(Opened { sink: Box::new(self.clone()), at: Mark::START })
    }
}

impl Sink for SlowSink {
    fn write(&mut self, _: &Batch<'_>) -> Result<(), SinkError> {
        self.clock.advance(Duration::from_millis(100));
        Ok(())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        if mark > Mark::START {
            self.commits.lock().unwrap().push(self.clock.elapsed().as_millis() / 100);
            self.clock.advance(self.commit);
        }
        Ok(Receipt(String::new()))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Stores nothing.
#[derive(Debug)]
struct NoStore;

impl CheckpointStore for NoStore {
    fn confirm(&self) -> Result<(), StateError> {
        Ok(())
    }

    fn save(&self, _: &Checkpoint) -> Result<(), StateError> {
        Ok(())
    }

    fn extend(&self, _: Journal, _: &Extent, _: &[u128]) -> Result<(), StateError> {
        Ok(())
    }

    fn read(&self, _: Journal, _: &Extent) -> Result<Vec<u128>, StateError> {
        Ok(Vec::new())
    }
}

/// When a pull of so many pages commits, in tenths of a second.
fn commits(pages: usize, commit: Duration, every: Duration) -> Vec<u128> {
    let clock = ManualClock::new();
    let api = FakeApi::new(Tokens::new(Lifetime::Unlimited), &records(pages), 1, Links::Relative);
    let (setup, _) = Setup::scripted(&clock, move |request| Ok(api.answer(request)));
    let sink = SlowSink { clock, commit, commits: Arc::default() };
    let source = setup.source();
    let pull = Pull {
        source: &source,
        windows: None,
        parents: None,
        sinks: vec![("slow", &sink)],
        variables: Variables::new("calls", "/"),
        spool: None,
        columns: Vec::new(),
        strict: false,
        limit: None,
        checkpointing: Some(Checkpointing {
            store: &NoStore,
            from: None,
            earlier: Earlier::default(),
            every,
        }),
    };
    assert_eq!(pull::run(&pull, &Arc::new(setup.client())).unwrap().pages, pages as u64);
    let commits = sink.commits.lock().unwrap();
    commits.clone()
}

#[test]
fn commits_take_at_most_three_percent_of_the_time() {
    let second = Duration::from_secs(1);
    assert_eq!(commits(25, Duration::ZERO, second), [10, 20, 25]);
    // Each takes 0.2 s, so the next one is due 6.6 s later.
    assert_eq!(commits(150, Duration::from_millis(200), second), [10, 78, 146, 156]);
    // Half a minute at most.
    assert_eq!(commits(320, Duration::from_secs(60), second), [10, 910, 1520]);
}

#[test]
fn without_an_interval_every_page_is_committed() {
    // The last one is that of the end.
    assert_eq!(commits(3, Duration::from_secs(60), Duration::ZERO), [1, 602, 1203, 1803]);
}
