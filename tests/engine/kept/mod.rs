//! Pulls that are kept: killed, cut off and taken up again.

mod crashes;
mod dropped;
mod going_on;
mod pulls;

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use jiff::Timestamp;
use longhaul_core::{
    Source,
    pull::{Pull, PullError, run, undo},
    sink::{OpenSink, Registry, Variables},
    state::{
        PullState, State, StateFile, Summary, Unfinished,
        checkpoint::{Checkpoint, Checkpointing},
    },
    window::Window,
};
use longhaul_sinks::Stdout;
use longhaul_tests::{Setup, SimulatedDisk, decompress};
use serde_json::Value;

/// A stream, its API and its sinks, to be pulled as often as it takes.
pub(crate) struct World {
    /// The API as a run finds it, and what is asked of it.
    pub(crate) pull: Box<dyn Fn() -> (Setup, Source)>,
    pub(crate) windows: Option<Vec<Window>>,
    /// Under their names, the types and options of the sinks.
    pub(crate) sinks: Vec<(&'static str, &'static str, Value)>,
    pub(crate) every: Duration,
    /// What is in `/out` before the first run.
    pub(crate) before: Vec<(&'static str, &'static str)>,
}

impl World {
    /// A disk on which nothing was pulled yet.
    pub(crate) fn disk(&self) -> SimulatedDisk {
        let disk = SimulatedDisk::new();
        disk.put_folder("/state");
        disk.put_folder("/out");
        for (path, text) in &self.before {
            disk.put(path, *text);
        }
        disk
    }

    /// Pulls, from where the last run stopped.
    pub(crate) fn run(&self, disk: &SimulatedDisk) -> Result<Summary, PullError> {
        let (setup, source) = (self.pull)();
        self.run_source(disk, &setup, &source)
    }

    /// Drops the unfinished pull and takes back what it wrote.
    pub(crate) fn drop_unfinished(&self, disk: &SimulatedDisk) -> Result<(), PullError> {
        let (setup, source) = (self.pull)();
        let file = StateFile::new(disk.handle(), "/state", "calls");
        let state = file.load()?;
        let from = state.unfinished.as_ref().map(|pull| pull.checkpoint.clone());
        let dropped = State { unfinished: None, ..state.clone() };
        let pull_state = PullState::new(&file, setup.clock.as_ref(), state, unfinished());
        let checkpointing = Some(Checkpointing { store: &pull_state, from, every: self.every });
        let openers: Vec<_> = self.sinks.iter().map(|sink| (sink.0, opener(disk, sink))).collect();
        let sinks = openers.iter().map(|(name, opener)| (*name, opener.as_ref())).collect();
        let pull = Pull {
            source: &source,
            windows: None,
            sinks,
            variables: Variables::new("calls", "/out"),
            checkpointing,
        };
        let modes: BTreeMap<_, _> =
            self.sinks.iter().map(|(name, _, options)| (*name, &options["mode"])).collect();
        undo(&pull, |name| modes[name] == "append")?;
        Ok(file.save(&dropped)?)
    }

    pub(crate) fn run_source(
        &self,
        disk: &SimulatedDisk,
        setup: &Setup,
        source: &Source,
    ) -> Result<Summary, PullError> {
        let file = StateFile::new(disk.handle(), "/state", "calls");
        let state = file.load()?;
        let from = state.unfinished.as_ref().map(|pull| pull.checkpoint.clone());
        let pull_state = PullState::new(&file, setup.clock.as_ref(), state, unfinished());
        let openers: Vec<_> = self.sinks.iter().map(|sink| (sink.0, opener(disk, sink))).collect();
        let sinks = openers.iter().map(|(name, opener)| (*name, opener.as_ref())).collect();
        let checkpointing = Some(Checkpointing { store: &pull_state, from, every: self.every });
        let variables = Variables::new("calls", "/out");
        let pull = Pull { source, windows: self.windows.clone(), sinks, variables, checkpointing };
        let summary = run(&pull, &Arc::new(setup.client()))?;
        pull_state.complete(summary.clone())?;
        Ok(summary)
    }

    /// What was remembered of the stream.
    pub(crate) fn state(disk: &SimulatedDisk) -> State {
        StateFile::new(disk.handle(), "/state", "calls").load().unwrap()
    }

    /// Where the unfinished run stopped.
    pub(crate) fn checkpoint(disk: &SimulatedDisk) -> Checkpoint {
        Self::state(disk).unfinished.unwrap().checkpoint
    }

    /// The files in `/out`, and the text in each. A compressed one is empty where its run was killed before it held
    /// anything.
    pub(crate) fn files(disk: &SimulatedDisk) -> BTreeMap<String, String> {
        let found = disk.files().into_iter().filter(|path| path.starts_with("/out"));
        found
            .map(|path| {
                let file = disk.contents(&path).unwrap();
                let name = path.to_str().unwrap().to_owned();
                let (_, ending) = name.rsplit_once('.').unwrap();
                let held = if file.is_empty() { file } else { decompress(ending, &file) };
                (name.clone(), String::from_utf8(held).unwrap())
            })
            .collect()
    }
}

fn opener(disk: &SimulatedDisk, (_, kind, options): &(&str, &str, Value)) -> Box<dyn OpenSink> {
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, Stdout::to(io::sink()), disk.handle());
    registry.get(kind).unwrap().configure(options.as_object().unwrap()).unwrap()
}

fn unfinished() -> Unfinished {
    Unfinished {
        started: Timestamp::UNIX_EPOCH,
        saved: Timestamp::UNIX_EPOCH,
        definition: BTreeMap::new(),
        placeholders: BTreeMap::new(),
        range: None,
        watermark: None,
        checkpoint: Checkpoint::default(),
    }
}
