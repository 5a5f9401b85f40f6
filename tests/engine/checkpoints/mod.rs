//! Pulls that stop before they are complete, and are then resumed or undone.

mod again;
mod crashes;
mod resume;
mod scenarios;
mod stored;
mod undo;
mod values;

use std::{collections::BTreeMap, io, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use longhaul_core::{
    Source,
    pull::{Column, Pull, PullError, SpoolFolder, reopen_finished, run, undo},
    sink::{OpenSink, Registry, Variables},
    state::{
        Parent, Parents, PullState, State, StateFile, Summary, Unfinished,
        checkpoint::{Checkpoint, Checkpointing, Earlier},
    },
    window::Window,
};
use longhaul_sinks::Stdout;
use longhaul_tests::{Setup, SimulatedDisk, decompress};
use serde_json::Value;

/// A stream with its API and its sinks, which any number of runs can pull.
pub(crate) struct Scenario {
    /// Creates the setup and the source of a run.
    pub(crate) pull: Box<dyn Fn() -> (Setup, Source)>,
    pub(crate) windows: Option<Vec<Window>>,
    /// The values of `{each.id}`, one for each parent.
    pub(crate) parents: Option<Vec<String>>,
    /// Whether records that have not changed since the last complete pull are dropped.
    pub(crate) compares: bool,
    /// Whether partitions ahead of their turn wait on disk.
    pub(crate) has_spool: bool,
    /// The name, the type and the options of each sink.
    pub(crate) sinks: Vec<(&'static str, &'static str, Value)>,
    pub(crate) every: Duration,
    /// The paths and contents of the files in `/out` before the first run.
    pub(crate) existing_files: Vec<(&'static str, &'static str)>,
}

impl Scenario {
    /// A disk as it is before the first run.
    pub(crate) fn disk(&self) -> SimulatedDisk {
        let disk = SimulatedDisk::new();
        disk.put_folder("/state");
        disk.put_folder("/out");
        for (path, text) in &self.existing_files {
            disk.put(path, *text);
        }
        if let Some(parents) = &self.parents {
            let line = |id: &String| Parents::line(&parent(id));
            disk.put(PARENTS, parents.iter().map(line).collect::<String>());
        }
        disk
    }

    /// Pulls, and resumes where the last run stopped.
    pub(crate) fn run(&self, disk: &SimulatedDisk) -> Result<Summary, PullError> {
        if StateFile::new(disk.handle(), "/state", "calls").load()?.is_discarding() {
            self.drop_unfinished(disk)?;
        }
        let (setup, source) = (self.pull)();
        self.run_source(disk, &setup, &source)
    }

    /// Drops the unfinished pull, and rolls back what it wrote.
    pub(crate) fn drop_unfinished(&self, disk: &SimulatedDisk) -> Result<(), PullError> {
        let (setup, source) = (self.pull)();
        let file = StateFile::new(disk.handle(), "/state", "calls");
        let state = file.load()?;
        let Some(unfinished) = state.unfinished.clone() else { return Ok(()) };
        let from = Some(unfinished.checkpoint.clone());
        let pull_state = PullState::new(&file, setup.clock.as_ref(), state, unfinished);
        let checkpointing =
            Some(Checkpointing { store: &pull_state, from, earlier: Earlier::default(), every: self.every });
        let parents = Parents::open(&*disk.handle(), Path::new(PARENTS))?;
        let openers: Vec<_> = self.sinks.iter().map(|sink| (sink.0, opener(disk, sink))).collect();
        let sinks = openers.iter().map(|(name, opener)| (*name, opener.as_ref())).collect();
        let pull = Pull {
            source: &source,
            windows: None,
            parents: parents.as_ref(),
            sinks,
            variables: Variables::new("calls", "/out"),
            spool: None,
            columns: Vec::new(),
            strict: false,
            limit: None,
            checkpointing,
        };
        let modes: BTreeMap<_, _> =
            self.sinks.iter().map(|(name, _, options)| (*name, &options["mode"])).collect();
        let appends = |name: &str| modes[name] == "append";
        reopen_finished(&pull, appends)?;
        pull_state.discard()?;
        undo(&pull, appends)?;
        Ok(pull_state.forget()?)
    }

    pub(crate) fn run_source(
        &self,
        disk: &SimulatedDisk,
        setup: &Setup,
        source: &Source,
    ) -> Result<Summary, PullError> {
        self.run_saving(&StateFile::new(disk.handle(), "/state", "calls"), disk, setup, source)
    }

    /// Pulls with its state in `file`.
    pub(crate) fn run_saving(
        &self,
        file: &StateFile,
        disk: &SimulatedDisk,
        setup: &Setup,
        source: &Source,
    ) -> Result<Summary, PullError> {
        let state = file.load()?;
        let from = state.unfinished.as_ref().map(|pull| pull.checkpoint.clone());
        let keys = state.complete.as_ref().and_then(|complete| complete.keys.as_ref());
        let earlier = self.compares.then(|| keys.map(|keys| keys.extent).unwrap_or_default());
        let pull = Unfinished { earlier, ..unfinished() };
        let pull_state = PullState::new(file, setup.clock.as_ref(), state, pull);
        let openers: Vec<_> = self.sinks.iter().map(|sink| (sink.0, opener(disk, sink))).collect();
        let sinks = openers.iter().map(|(name, opener)| (*name, opener.as_ref())).collect();
        let checkpointing = Some(Checkpointing {
            store: &pull_state,
            from,
            earlier: Earlier { keys: earlier, ..Earlier::default() },
            every: self.every,
        });
        let variables = Variables::new("calls", "/out");
        let parents = Parents::open(&*disk.handle(), Path::new(PARENTS))?;
        let spool = SpoolFolder {
            disk: disk.handle(),
            path: "/state".into(),
            name: "calls".to_owned(),
            is_temporary: false,
        };
        let pull = Pull {
            source,
            windows: self.windows.clone(),
            parents: parents.as_ref(),
            sinks,
            variables,
            spool: self.has_spool.then_some(spool),
            columns: vec![Column { sink: self.sinks[0].0.to_owned(), at: "/id".parse().unwrap() }],
            strict: false,
            limit: None,
            checkpointing,
        };
        let summary = run(&pull, &Arc::new(setup.client()))?;
        pull_state.complete(summary.clone(), None)?;
        Ok(summary)
    }

    /// The saved state of the stream.
    pub(crate) fn state(disk: &SimulatedDisk) -> State {
        StateFile::new(disk.handle(), "/state", "calls").load().unwrap()
    }

    /// The checkpoint of the unfinished pull.
    pub(crate) fn checkpoint(disk: &SimulatedDisk) -> Checkpoint {
        Self::state(disk).unfinished.unwrap().checkpoint
    }

    /// The files in `/out` with their text. Compressed files are decompressed, unless they are empty because a run was
    /// killed early.
    pub(crate) fn files(disk: &SimulatedDisk) -> BTreeMap<String, String> {
        let found = disk.files().into_iter().filter(|path| path.starts_with("/out"));
        found
            .map(|path| {
                let file = disk.contents(&path).unwrap();
                let name = path.to_str().unwrap().to_owned();
                let (_, ending) = name.rsplit_once('.').unwrap();
                let contents = if file.is_empty() { file } else { decompress(ending, &file) };
                (name.clone(), String::from_utf8(contents).unwrap())
            })
            .collect()
    }
}

/// The file with the parents.
const PARENTS: &str = "/state/calls.parents";

/// A parent whose records get a field.
pub(crate) fn parent(id: &str) -> Parent {
    let value = Value::from(id).to_string();
    Parent { fields: format!("{{\"parent\":{value}}}"), values: [("id".to_owned(), value)].into() }
}

pub(crate) fn opener(disk: &SimulatedDisk, (_, kind, options): &(&str, &str, Value)) -> Box<dyn OpenSink> {
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, Stdout::to(io::sink()), disk.handle());
    registry.get(kind).unwrap().configure(options.as_object().unwrap()).unwrap()
}

pub(crate) fn unfinished() -> Unfinished {
    Unfinished {
        started: Timestamp::UNIX_EPOCH,
        saved: Timestamp::UNIX_EPOCH,
        definition: BTreeMap::new(),
        pages: String::new(),
        placeholders: BTreeMap::new(),
        range: None,
        watermark: None,
        earlier: None,
        continuation: None,
        parents: None,
        command: None,
        checkpoint: Checkpoint::default(),
    }
}
