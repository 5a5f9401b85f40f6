//! Pulls that stop before they are complete, and are then resumed or undone.

mod again;
mod crashes;
mod resume;
mod scenarios;
mod stored;
mod undo;
mod values;

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use longhaul_core::{
    Source,
    pull::{Column, Pull, PullError, SpoolFolder, reopen_finished, run, undo},
    sink::{OpenSink, Registry, SinkError, Variables},
    state::{
        Parent, Parents, PullState, State, StateError, StateFile, Summary, Unfinished,
        checkpoint::{Checkpoint, CheckpointStore, Checkpointing, Earlier, Journal, Stage},
    },
    window::Window,
};
use longhaul_sinks::Stdout;
use longhaul_tests::{ManualClock, Setup, SimulatedDisk, decompress};
use serde_json::Value;

/// A stream with its API and its sinks, which any number of runs can pull.
pub(crate) struct Scenario {
    /// The name of the stream.
    pub(crate) name: &'static str,
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
        self.prepare(&disk);
        disk
    }

    /// Adds to a disk what the first run finds there.
    pub(crate) fn prepare(&self, disk: &SimulatedDisk) {
        disk.put_folder("/state");
        disk.put_folder("/out");
        for (path, text) in &self.existing_files {
            disk.put(path, *text);
        }
        if let Some(parents) = &self.parents {
            let line = |id: &String| Parents::line(&parent(id));
            disk.put(self.parents_path(), parents.iter().map(line).collect::<String>());
        }
    }

    /// Pulls, and resumes where the last run stopped.
    pub(crate) fn run(&self, disk: &SimulatedDisk) -> Result<Summary, PullError> {
        if self.state_file(disk).load()?.is_discarding() {
            self.drop_unfinished(disk)?;
        }
        let (setup, source) = (self.pull)();
        self.run_source(disk, &setup, &source)
    }

    /// Drops the unfinished pull, and rolls back what it wrote.
    pub(crate) fn drop_unfinished(&self, disk: &SimulatedDisk) -> Result<(), PullError> {
        let (setup, source) = (self.pull)();
        let file = self.state_file(disk);
        let state = file.load()?;
        let Some(unfinished) = state.unfinished.clone() else { return Ok(()) };
        let from = Some(unfinished.checkpoint.clone());
        let pull_state = PullState::new(&file, setup.clock.as_ref(), state, unfinished);
        let checkpointing =
            Some(Checkpointing { store: &pull_state, from, earlier: Earlier::default(), every: self.every });
        let parents = Parents::open(&*disk.handle(), &self.parents_path())?;
        let openers: Vec<_> = self.sinks.iter().map(|sink| (sink.0, opener(disk, sink))).collect();
        let sinks = openers.iter().map(|(name, opener)| (*name, opener.as_ref())).collect();
        let pull = Pull {
            source: &source,
            windows: None,
            parents: parents.as_ref(),
            sinks,
            variables: Variables::new(self.name, "/out"),
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
        self.run_saving(&self.state_file(disk), disk, setup, source)
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
        let variables = Variables::new(self.name, "/out");
        let parents = Parents::open(&*disk.handle(), &self.parents_path())?;
        let spool = self.spool(disk);
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

    /// The saved state of the stream `calls`.
    pub(crate) fn state(disk: &SimulatedDisk) -> State {
        Self::state_of("calls", disk)
    }

    /// The saved state of a stream.
    pub(crate) fn state_of(name: &str, disk: &SimulatedDisk) -> State {
        StateFile::new(disk.handle(), "/state", name).load().unwrap()
    }

    /// Checks that the journals have what the checkpoint says.
    pub(crate) fn check_journals(&self, disk: &SimulatedDisk) -> Result<(), StateError> {
        let file = self.state_file(disk);
        let state = file.load()?;
        let Some(unfinished) = state.unfinished.clone() else { return Ok(()) };
        let Checkpoint { pages, keys, ended, left_out, .. } = unfinished.checkpoint;
        let clock = ManualClock::new();
        let store = PullState::new(&file, &*clock, state, unfinished);
        store.read(Journal::Pages, &pages)?;
        store.read(Journal::Keys, &keys)?;
        store.read(Journal::Ended, &ended)?;
        store.read(Journal::LeftOut, &left_out).map(drop)
    }

    /// Checks that the sinks which take the records of all partitions can be opened where the checkpoint says.
    pub(crate) fn check_sinks(&self, disk: &SimulatedDisk) -> Result<(), SinkError> {
        let (disk, variables) = (disk.after_kill(), Variables::new(self.name, "/out"));
        let unfinished = Self::state_of(self.name, &disk).unfinished.map(|pull| pull.checkpoint);
        let resumed = unfinished.filter(|checkpoint| checkpoint.stage != Stage::Discarding);
        let Some(position) = resumed.and_then(|checkpoint| checkpoint.sinks) else { return Ok(()) };
        self.sinks.iter().try_for_each(|sink| match position.receipts.get(sink.0) {
            Some(receipt) => opener(&disk, sink).open(&variables, Some((receipt, position.mark))).map(drop),
            None => Ok(()),
        })
    }

    /// Where pages wait for their turn.
    pub(crate) fn spool(&self, disk: &SimulatedDisk) -> SpoolFolder {
        let (disk, name) = (disk.handle(), self.name.to_owned());
        SpoolFolder { disk, path: "/state".into(), name, is_temporary: false }
    }

    fn state_file(&self, disk: &SimulatedDisk) -> StateFile {
        StateFile::new(disk.handle(), "/state", self.name)
    }

    fn parents_path(&self) -> PathBuf {
        format!("/state/{}.parents", self.name).into()
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
