//! Pulls that start at the value that the last one reached, from an API whose records change while they are pulled.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use longhaul_core::{
    Source,
    listing::{
        end::Had,
        paginate::{Renewal, Token},
    },
    pull::{Accepts, BookmarkOrder, Incremental, Pull, PullError, run},
    sink::Variables,
    state::{
        Continuation, PullState, Reached, StateFile, Unfinished,
        checkpoint::{Checkpoint, Checkpointing},
    },
};
use longhaul_tests::{Done, Fault, Random, Received, Reply, Setup, SimulatedDisk};
use serde_json::{Value, json};

use super::{opener, unfinished};
use crate::jobs;

const RECORDS: u64 = 16;

/// The records of an API. Some change with each request.
struct Api {
    random: Random,
    /// The time, in seconds.
    now: i64,
    /// The version of each record, and the time of its last change.
    records: BTreeMap<u64, (u64, i64)>,
    /// Whether records change.
    is_alive: bool,
    /// Whether times are Unix times.
    is_unix: bool,
}

impl Api {
    fn answer(&mut self, request: &Received) -> Reply {
        self.now += 1;
        let changes = if self.is_alive { self.random.below(3) } else { 0 };
        for _ in 0..changes {
            let id = self.random.below(RECORDS);
            let version = self.records.get(&id).map_or(0, |(version, _)| version + 1);
            self.records.insert(id, (version, self.now));
        }
        let read = |since: &str| {
            if self.is_unix {
                since.parse().unwrap()
            } else {
                since.parse::<Timestamp>().unwrap().as_second()
            }
        };
        let since = request.query("since").map_or(i64::MIN, |since| read(&since));
        let time = |at: i64| if self.is_unix { json!(at) } else { json!(seconds(at).to_string()) };
        let after = request.query("after").map_or(-1, |after| after.parse::<i64>().unwrap());
        let page: Vec<_> = (self.records.iter())
            .filter(|(id, (_, at))| *at >= since && i64::try_from(**id).unwrap() > after)
            .take(2)
            .map(|(id, (version, at))| json!({ "id": id, "version": version, "at": time(*at) }))
            .collect();
        Reply::json(Value::from(page).to_string())
    }
}

fn seconds(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap()
}

/// One run, which resumes an earlier one if that was stopped.
fn pull(disk: &SimulatedDisk, api: &Arc<Mutex<Api>>) -> Result<(), PullError> {
    let served = Arc::clone(api);
    let (setup, _) =
        Setup::scripted_api(&jobs::unlimited(), move |request| served.lock().unwrap().answer(request));
    let (param, cursor) = ("after".parse().unwrap(), "last:/id".parse().unwrap());
    let paginator = Token { param, cursor, renewal: Renewal::EachPage };
    let incremental = Incremental::Value {
        at: "/at".parse().unwrap(),
        param: "since".parse().unwrap(),
        order: BookmarkOrder::Greatest,
        accepts: Accepts::Any,
    };
    let source = Source {
        unique: Some("/id".parse().unwrap()),
        incremental: Some(incremental),
        ..setup.source_at("/x", "", paginator)
    };
    let file = StateFile::new(disk.handle(), "/state", "calls");
    let state = file.load()?;
    let keys = state.complete.as_ref().and_then(|complete| complete.keys.as_ref());
    let first = Unfinished {
        started: seconds(api.lock().unwrap().now),
        earlier: Some(keys.map(|keys| keys.extent).unwrap_or_default()),
        continuation: Some(Continuation {
            start: state.reached.as_ref().and_then(Reached::start).cloned(),
            reached: state.reached.as_ref().map(|reached| reached.value.clone()),
            ..Continuation::default()
        }),
        ..unfinished()
    };
    let from: Option<Checkpoint> = state.unfinished.as_ref().map(|pull| pull.checkpoint.clone());
    let unfinished = state.unfinished.clone().unwrap_or(first);
    let earlier = unfinished.earlier(Had::default());
    let pull_state = PullState::new(&file, setup.clock.as_ref(), state, unfinished);
    let checkpointing = Some(Checkpointing { store: &pull_state, from, earlier, every: Duration::ZERO });
    let sink = opener(disk, &("lines", "ndjson", json!({ "path": "/out/x.ndjson", "mode": "append" })));
    let pull = Pull {
        source: &source,
        windows: None,
        parents: None,
        sinks: vec![("lines", sink.as_ref())],
        variables: Variables::new("calls", "/out"),
        spool: None,
        columns: Vec::new(),
        strict: false,
        limit: None,
        checkpointing,
    };
    let summary = run(&pull, &Arc::new(setup.client()))?;
    Ok(pull_state.complete(summary, None)?)
}

/// The versions of each record that were written, in order.
fn written(disk: &SimulatedDisk) -> BTreeMap<u64, Vec<u64>> {
    let text = disk.contents("/out/x.ndjson").unwrap_or_default();
    let mut versions = BTreeMap::<u64, Vec<u64>>::new();
    for line in String::from_utf8(text).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let [id, version] = ["id", "version"].map(|name| record[name].as_u64().unwrap());
        versions.entry(id).or_default().push(version);
    }
    versions
}

/// Each run may be stopped at any operation of the disk. In the end, the newest version of each record was written last.
#[test]
fn no_change_is_lost_while_records_change() {
    let mut random = Random::new();
    let mut repeated = 0;
    for round in 0..16 {
        let seed = random.seed();
        let records = (0..RECORDS).map(|id| (id, (0, 0))).collect();
        let is_unix = round % 2 == 1;
        let api = Api { random: Random::new(), now: 1_700_000_000, records, is_alive: true, is_unix };
        let api = Arc::new(Mutex::new(api));
        let mut disk = SimulatedDisk::new();
        disk.put_folder("/state");
        disk.put_folder("/out");
        for _ in 0..4 {
            disk.fail_at(random.below(80), Fault::Stop(Done::All));
            let stopped = pull(&disk, &api).is_err();
            disk = disk.after_kill();
            if stopped {
                pull(&disk, &api).unwrap();
            }
        }
        api.lock().unwrap().is_alive = false;
        pull(&disk, &api).unwrap();
        let found = written(&disk);
        let api = api.lock().unwrap();
        for (id, (version, _)) in &api.records {
            let versions = &found[id];
            assert_eq!(versions.last(), Some(version), "LONGHAUL_TEST_SEED={seed}: {id}: {versions:?}");
            repeated += versions.windows(2).filter(|pair| pair[0] == pair[1]).count();
        }
        assert_eq!(found.len(), api.records.len(), "LONGHAUL_TEST_SEED={seed}");
    }
    assert_eq!(repeated, 0, "a version was written again");
}
