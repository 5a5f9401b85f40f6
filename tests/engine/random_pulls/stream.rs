//! A random stream: its pulls, and what is checked after each run.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use longhaul_core::{pull::PullError, state::State};
use longhaul_tests::{EPOCH, SimulatedDisk, chain};

use super::{
    files::Files,
    run::{Counts, Run},
    server::Server,
    shape::{Shape, index},
    source::scenario,
};
use crate::checkpoints::Scenario;

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) struct Stream<'a> {
    pub(super) shape: &'a Shape,
    server: Arc<Server>,
    /// The number of the pull in each run that had one.
    pulls: BTreeMap<u32, u64>,
    /// The files before the first pull, and after each complete one.
    complete: Vec<Files>,
    /// Whether a run was successful although an operation failed. That was one that removes a file, such as the new one of a
    /// window that is then left out.
    may_leave_part: bool,
    undisturbed: Undisturbed,
}

/// What the undisturbed pulls of a stream do.
#[derive(Debug, Default)]
pub(super) struct Undisturbed {
    pub(super) operations: u64,
    pub(super) requests: u64,
    /// The files before the first pull and after each.
    complete: Vec<Files>,
}

impl<'a> Stream<'a> {
    /// The stream, whose pulls are done undisturbed on a disk of their own.
    pub(super) fn new(shape: &'a Shape) -> Result<Self, String> {
        let mut stream = Self::unknown(shape);
        let mut disk = SimulatedDisk::new();
        stream.prepare(&disk);
        for number in 0..shape.pulls {
            let pulled = stream.pull(
                u32::try_from(number).unwrap(),
                Run::default(),
                None,
                &disk,
                &mut Counts::default(),
            )?;
            pulled.map_err(|error| format!("undisturbed: {}", chain(&error)))?;
            let undisturbed = &mut stream.undisturbed;
            undisturbed.operations = undisturbed.operations.max(disk.operations());
            undisturbed.requests = undisturbed.requests.max(stream.server.requests());
            disk = disk.after_kill();
            let files = Files::of(&disk, shape);
            files.check_records(shape, number + 1)?;
            stream.complete.push(files);
        }
        let undisturbed = Undisturbed { complete: stream.complete, ..stream.undisturbed };
        Ok(Self { undisturbed, ..Self::unknown(shape) })
    }

    fn unknown(shape: &'a Shape) -> Self {
        let server = Arc::new(Server::new(shape.clone()));
        let (pulls, complete, undisturbed) = (BTreeMap::new(), Vec::new(), Undisturbed::default());
        Self { shape, server, pulls, complete, may_leave_part: false, undisturbed }
    }

    /// What its undisturbed pulls do.
    pub(super) fn undisturbed(&self) -> &Undisturbed {
        &self.undisturbed
    }

    /// Adds to a disk what the first run finds there.
    pub(super) fn prepare(&mut self, disk: &SimulatedDisk) {
        scenario(self.shape, &self.server, DAY).prepare(disk);
        for (number, sink) in self.shape.sinks.iter().enumerate() {
            if let Some(text) = sink.existing_text() {
                disk.put(sink.existing_path(number, self.shape.stream), text);
            }
        }
        self.complete = vec![Files::of(disk, self.shape)];
    }

    /// Pulls the stream in this run, and checks what is left if an unfinished pull is discarded before.
    pub(super) fn pull(
        &mut self,
        number: u32,
        run: Run,
        stops_at: Option<u64>,
        disk: &SimulatedDisk,
        counts: &mut Counts,
    ) -> Result<Result<(), PullError>, String> {
        let pull = self.completed(disk) + 1;
        self.pulls.insert(number, pull);
        self.server.begin(pull, stops_at, run.deletes_jobs);
        let scenario = scenario(self.shape, &self.server, DAY * number);
        if self.state(disk).unfinished.is_some() {
            if run.is_fresh {
                if let Err(error) = scenario.drop_unfinished(disk) {
                    return Ok(Err(error));
                }
                counts.discarded += 1;
                let files = Files::of(disk, self.shape);
                files.check_undone(self.shape, &self.complete[index(pull) - 1])?;
            } else {
                counts.resumed += 1;
            }
        }
        let pulled = scenario.run(disk).map(drop);
        let unfinished = self.state(disk).unfinished.map(|pull| pull.checkpoint);
        if unfinished.is_some_and(|checkpoint| checkpoint.is_blank() && checkpoint.jobs.is_empty()) {
            // As the command does. Why the pull has failed says more.
            drop(scenario.drop_unfinished(disk));
        }
        Ok(pulled)
    }

    /// Does a run, and ignores what it leaves.
    pub(super) fn rehearse(&self, number: u32, run: Run, disk: &SimulatedDisk) {
        self.server.begin(self.completed(disk) + 1, None, run.deletes_jobs);
        let scenario = scenario(self.shape, &self.server, DAY * number);
        if run.is_fresh {
            drop(scenario.drop_unfinished(disk));
        }
        drop(scenario.run(disk));
    }

    /// Checks what a pull leaves that has this outcome, before anything is lost.
    pub(super) fn check_outcome(
        &mut self,
        number: u32,
        run: Run,
        outcome: &Result<(), PullError>,
        disk: &SimulatedDisk,
    ) -> Result<(), String> {
        if let Err(error) = outcome {
            let text = chain(error);
            let is_given = run.reasons().iter().any(|reason| text.contains(reason));
            return if is_given { Ok(()) } else { Err(format!("the run failed without a reason: {text}")) };
        }
        let pull = self.pulls[&number];
        self.may_leave_part |= run.fault.is_some();
        for disk in [disk.after_kill(), disk.after_power_cut(0)] {
            if self.completed(&disk) != pull {
                return Err("the run was successful, but the pull is not complete".to_owned());
            }
            self.check(&disk)?;
        }
        let files = Files::of(disk, self.shape);
        if run.fault.is_some() { Ok(()) } else { files.check_state(&self.undisturbed.complete[index(pull)]) }
    }

    /// Checks what the disk has after a run.
    pub(super) fn check(&self, disk: &SimulatedDisk) -> Result<(), String> {
        let (completed, files) = (index(self.completed(disk)), Files::of(disk, self.shape));
        let last = self.pulls.last_key_value().map_or(0, |(_, pull)| index(*pull));
        if completed == last {
            files.check_no_others(self.may_leave_part)?;
            return files.check_complete(self.shape, &self.undisturbed.complete[completed]);
        }
        let (before, complete) = (&self.complete[completed], &self.undisturbed.complete[completed + 1]);
        files.check_unfinished(self.shape, before, complete)
    }

    /// Checks that the disk has what the checkpoint mentions.
    pub(super) fn check_resumable(&self, disk: &SimulatedDisk) -> Result<(), String> {
        let Some(unfinished) = self.state(disk).unfinished else { return Ok(()) };
        let scenario = scenario(self.shape, &self.server, DAY);
        scenario.check_journals(disk).map_err(|error| chain(&error))?;
        scenario.check_sinks(disk).map_err(|error| chain(&error))?;
        let waiting = unfinished.checkpoint.partitions.iter();
        for (id, length) in waiting.filter_map(|waiting| Some((waiting.id, waiting.spool?))) {
            let spool = scenario.spool(disk).file(id);
            let found = disk.contents(&spool).unwrap_or_default().len() as u64;
            if found < length {
                return Err(format!("{} has {found} bytes instead of {length}", spool.display()));
            }
        }
        Ok(())
    }

    /// Notes what the next pull finds.
    pub(super) fn settle(&mut self, disk: &SimulatedDisk) {
        let completed = index(self.completed(disk));
        // A power cut may also take back that the pull before was complete.
        self.complete.truncate(completed + 1);
        if self.complete.len() == completed {
            self.complete.push(Files::of(disk, self.shape));
        }
    }

    /// The number of the last complete pull.
    pub(super) fn completed(&self, disk: &SimulatedDisk) -> u64 {
        self.completed_in(disk).map_or(0, |number| self.pulls[&number])
    }

    /// The number of the run that has completed it last, according to the state.
    pub(super) fn completed_in(&self, disk: &SimulatedDisk) -> Option<u32> {
        let complete = self.state(disk).complete?;
        let since = u64::try_from(complete.at.as_second()).unwrap_or_default() - EPOCH.as_secs();
        u32::try_from(since / DAY.as_secs()).ok()
    }

    /// The saved state.
    pub(super) fn state(&self, disk: &SimulatedDisk) -> State {
        Scenario::state_of(self.shape.stream, &disk.after_kill())
    }
}
