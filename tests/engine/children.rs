//! Children of parents, pulled at once into one sink.

use std::{
    fs,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use longhaul_core::{
    Source,
    disk::SystemDisk,
    listing::paginate::Single,
    pull::{self, Pull, PullError, SpoolFolder},
    sink::{OpenSink, Variables},
    state::{
        Parents, StateError, Summary,
        checkpoint::{Checkpoint, CheckpointStore, Checkpointing, Earlier, Extent, Journal},
    },
};
use longhaul_tests::{CallLog, Received, Reply, Setup, chain};
use tempfile::TempDir;

use crate::{checkpoints::parent, jobs};

/// A folder with this many parents, whose ids are numbers from 0.
fn parents(count: usize) -> (TempDir, Parents) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parents");
    let line = |id: usize| Parents::line(&parent(&id.to_string()));
    fs::write(&path, (0..count).map(line).collect::<String>()).unwrap();
    let parents = Parents::open(&SystemDisk, &path).unwrap().unwrap();
    (folder, parents)
}

/// Pulls `/ID` for each of the parents.
fn pull(
    count: usize,
    concurrency: usize,
    checkpointing: Option<Checkpointing<'_>>,
    answer: impl Fn(usize) -> Reply + Send + Sync + 'static,
) -> (Result<Summary, PullError>, Vec<String>) {
    let (folder, parents) = parents(count);
    let id = |request: &Received| request.url.path()[1..].parse().unwrap();
    let (setup, _) = Setup::scripted_api(&jobs::unlimited(), move |request| answer(id(request)));
    let source = setup.source_at("/{each.id}", "", Single::Declared);
    let source = Source { concurrency, each: vec!["each.id".to_owned()], ..source };
    let calls = CallLog::default();
    let sink = calls.sink("out");
    let sinks: Vec<(&str, &dyn OpenSink)> = vec![("out", &sink)];
    let (path, name) = (folder.path().to_owned(), "x".to_owned());
    let spool = SpoolFolder { disk: Arc::new(SystemDisk), path, name, is_temporary: checkpointing.is_none() };
    let pull = Pull {
        source: &source,
        windows: None,
        parents: Some(&parents),
        sinks,
        variables: Variables::new("children", "/"),
        spool: Some(spool),
        columns: Vec::new(),
        strict: false,
        limit: None,
        checkpointing,
    };
    let pulled = pull::run(&pull, &Arc::new(setup.client()));
    (pulled, calls.records("out"))
}

fn page(id: usize) -> Reply {
    Reply::json(format!("[{{\"n\":{id}}}]"))
}

fn records(count: usize) -> Vec<String> {
    (0..count).map(|id| format!("{{\"n\":{id},\"parent\":\"{id}\"}}")).collect()
}

#[test]
fn children_are_requested_at_once_and_written_in_order() {
    // There is only one request before the first answer. Each of the next four waits until all of them are sent.
    let barrier = Barrier::new(4);
    let requests = AtomicUsize::new(0);
    let (pulled, written) = pull(9, 4, None, move |id| {
        if (1..=4).contains(&requests.fetch_add(1, Ordering::SeqCst)) {
            barrier.wait();
        }
        page(id)
    });
    let summary = pulled.unwrap();
    assert_eq!((summary.records, summary.pages, summary.partitions, summary.windows), (9, 9, 9, 0));
    assert_eq!(written, records(9));
}

#[test]
fn a_child_that_fails_ends_the_pull_after_those_before_it() {
    for concurrency in [1, 8] {
        let (pulled, written) =
            pull(200, concurrency, None, |id| if id == 100 { Reply::status(403) } else { page(id) });
        let error = chain(&pulled.unwrap_err());
        assert!(error.contains("/100` failed\nthe server answered 403 Forbidden"), "{error}");
        assert_eq!(written, records(100), "with concurrency {concurrency}");

        let store = Sizes::default();
        let checkpointing = Checkpointing {
            store: &store,
            from: None,
            earlier: Earlier::default(),
            every: Duration::from_secs(3600),
        };
        let (pulled, written) = pull(200, concurrency, Some(checkpointing), |id| {
            if id == 100 { Reply::status(403) } else { page(id) }
        });
        assert!(pulled.is_err());
        assert_eq!(written, records(100), "with concurrency {concurrency}");
    }
}

/// Remembers the largest checkpoint.
#[derive(Debug, Default)]
struct Sizes(AtomicUsize);

impl CheckpointStore for Sizes {
    fn confirm(&self) -> Result<(), StateError> {
        Ok(())
    }

    fn save(&self, checkpoint: &Checkpoint) -> Result<(), StateError> {
        self.0.fetch_max(serde_json::to_vec(checkpoint).unwrap().len(), Ordering::SeqCst);
        Ok(())
    }

    fn extend(&self, _: Journal, _: &Extent, _: &[u128]) -> Result<(), StateError> {
        Ok(())
    }

    fn read(&self, _: Journal, _: &Extent) -> Result<Vec<u128>, StateError> {
        Ok(Vec::new())
    }
}

#[test]
fn the_size_of_a_checkpoint_does_not_depend_on_the_number_of_partitions() {
    let size = |count, concurrency| {
        let store = Sizes::default();
        let checkpointing =
            Checkpointing { store: &store, from: None, earlier: Earlier::default(), every: Duration::ZERO };
        let (pulled, written) = pull(count, concurrency, Some(checkpointing), page);
        assert_eq!(pulled.unwrap().partitions, count as u64);
        assert!(written == records(count));
        store.0.into_inner()
    };
    // Counters have more digits.
    assert!(size(10_000, 1) < size(10, 1) + 50);
    // Of the partitions ahead of their turn, those with pages on disk are in the checkpoint, but never more than a few.
    assert!(size(500, 4) < 4 * size(10, 1) + (4 + 32) * 400);
}
