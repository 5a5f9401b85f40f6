//! The runs of a random pull, and what is checked after each.

use std::{sync::Arc, time::Duration};

use longhaul_core::{pull::PullError, state::checkpoint::Stage};
use longhaul_tests::{EPOCH, Fault, Random, SimulatedDisk, chain};

use super::{
    files::Files,
    server::Server,
    shape::{Shape, index},
    source::scenario,
};
use crate::checkpoints::Scenario;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What happens to a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    /// Whether the unfinished pull is discarded first.
    is_fresh: bool,
    /// Whether the API has deleted the jobs of earlier runs.
    deletes_jobs: bool,
    /// The operation of the disk that fails, and how.
    fault: Option<(u64, Fault)>,
    /// The number of requests after which the server stops answering.
    requests: Option<u64>,
    /// What the disk loses after the run, in a power cut. `None` if there is none.
    power_cut: Option<u64>,
}

/// What the undisturbed pulls have done.
#[derive(Debug)]
pub(super) struct Undisturbed {
    operations: u64,
    requests: u64,
    /// The files before the first pull and after each.
    complete: Vec<Files>,
}

/// How often something happened to a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) runs: u64,
    pub(super) failed: u64,
    pub(super) power_cuts: u64,
    pub(super) discarded: u64,
    pub(super) resumed: u64,
}

pub(super) struct Execution<'a> {
    shape: &'a Shape,
    server: Arc<Server>,
    disk: SimulatedDisk,
    /// The number of the pull of each run.
    pulls: Vec<u64>,
    /// The files after each complete pull.
    complete: Vec<Files>,
    pub(super) counts: Counts,
    history: &'a mut Vec<String>,
}

impl Counts {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            failed: self.failed + other.failed,
            power_cuts: self.power_cuts + other.power_cuts,
            discarded: self.discarded + other.discarded,
            resumed: self.resumed + other.resumed,
        }
    }

    /// The smallest of them.
    pub(super) fn least(&self) -> u64 {
        let Self { runs, failed, power_cuts, discarded, resumed } = *self;
        [runs, failed, power_cuts, discarded, resumed].into_iter().min().unwrap_or_default()
    }
}

impl Run {
    pub(super) fn new(random: &mut Random, undisturbed: &Undisturbed) -> Self {
        // A resumed run does less, and the first operations are those that open and roll back.
        let mut below = |most: u64| {
            let most = random.one_of(&[20, most / 4, most]);
            random.below(most + 1)
        };
        let (operation, request) = (below(undisturbed.operations), below(undisturbed.requests));
        let stops = random.one_in(4);
        Self {
            is_fresh: random.one_in(8),
            deletes_jobs: random.one_in(3),
            fault: (!stops).then(|| (operation, random.one_of(&Fault::EVERY))),
            requests: stops.then_some(request),
            power_cut: random.one_in(2).then(|| if random.one_in(4) { 0 } else { random.below(1 << 20) }),
        }
    }
}

impl Undisturbed {
    pub(super) fn new(shape: &Shape) -> Result<Self, String> {
        let mut history = Vec::new();
        let (mut execution, mut operations, mut requests) = (Execution::new(shape, &mut history), 0, 0);
        for pull in 1..=shape.pulls {
            let outcome = execution.pull(Run::default(), pull)?;
            outcome.map_err(|error| format!("undisturbed: {}", chain(&error)))?;
            (operations, requests) = (execution.disk.operations(), execution.server.requests());
            execution.disk = execution.disk.after_kill();
            let files = Files::of(&execution.disk, shape);
            files.check_records(shape, pull)?;
            execution.complete.push(files);
        }
        Ok(Self { operations, requests, complete: execution.complete })
    }
}

impl<'a> Execution<'a> {
    pub(super) fn new(shape: &'a Shape, history: &'a mut Vec<String>) -> Self {
        let server = Arc::new(Server::new(shape.clone()));
        let disk = scenario(shape, &server, DAY).disk();
        for (number, sink) in shape.sinks.iter().enumerate() {
            if let Some((path, text)) = sink.existing_file(number) {
                disk.put(path, text);
            }
        }
        let complete = vec![Files::of(&disk, shape)];
        let (pulls, counts) = (Vec::new(), Counts::default());
        Self { shape, server, disk, pulls, complete, counts, history }
    }

    /// Whether all pulls are complete.
    pub(super) fn is_complete(&self) -> bool {
        self.completed(&self.disk) == self.shape.pulls
    }

    /// Does one run, and checks what it leaves.
    pub(super) fn run(&mut self, run: Run, undisturbed: &Undisturbed) -> Result<(), String> {
        let pull = self.completed(&self.disk) + 1;
        self.history.push(format!("pull {pull}: {run:?}"));
        if let Some((operation, fault)) = run.fault {
            self.disk.fail_at(operation, fault);
        }
        let outcome = self.pull(run, pull)?;
        self.history
            .push(format!("    {}", outcome.as_ref().err().map_or("complete".to_owned(), |e| chain(e))));
        match &outcome {
            Ok(()) => {
                for disk in [self.disk.after_kill(), self.disk.after_power_cut(0)] {
                    if self.completed(&disk) != pull {
                        return Err("the run was successful, but the pull is not complete".to_owned());
                    }
                    self.check(&disk, undisturbed)?;
                }
                if run.fault.is_none() {
                    let files = Files::of(&self.disk, self.shape);
                    files.check_state(&undisturbed.complete[index(pull)])?;
                }
            }
            Err(error) => {
                self.counts.failed += 1;
                run.check_reason(error)?;
            }
        }
        self.disk = match run.power_cut {
            None => self.disk.after_kill(),
            Some(seed) => self.disk.after_power_cut(seed),
        };
        self.check(&self.disk, undisturbed)?;
        let completed = index(self.completed(&self.disk));
        // A power cut may also take back that the pull before was complete.
        self.complete.truncate(completed + 1);
        if self.complete.len() == completed {
            self.complete.push(Files::of(&self.disk, self.shape));
        }
        self.counts.runs += 1;
        self.counts.power_cuts += u64::from(run.power_cut.is_some());
        Ok(())
    }

    fn pull(&mut self, run: Run, pull: u64) -> Result<Result<(), PullError>, String> {
        let number = u32::try_from(self.pulls.len()).unwrap_or_default();
        self.pulls.push(pull);
        self.server.begin(pull, run.requests, run.deletes_jobs);
        let scenario = scenario(self.shape, &self.server, DAY * number);
        let unfinished = Scenario::state(&self.disk.after_kill()).unfinished;
        // Once the files are finished, nothing beside them says which records are of this pull, and undoing it is an error.
        let is_finishing = unfinished.as_ref().is_some_and(|pull| pull.checkpoint.stage == Stage::Finishing);
        if run.is_fresh && unfinished.is_some() && !is_finishing {
            if let Err(error) = scenario.drop_unfinished(&self.disk) {
                return Ok(Err(error));
            }
            self.counts.discarded += 1;
            let files = Files::of(&self.disk, self.shape);
            files.check_undone(self.shape, &self.complete[index(pull) - 1])?;
        } else if unfinished.is_some() {
            self.counts.resumed += 1;
        }
        Ok(scenario.run(&self.disk).map(drop))
    }

    fn check(&self, disk: &SimulatedDisk, undisturbed: &Undisturbed) -> Result<(), String> {
        let (completed, files) = (index(self.completed(disk)), Files::of(disk, self.shape));
        let now = *self.pulls.last().unwrap();
        if completed == index(now) {
            return files.check_complete(self.shape, &undisturbed.complete[completed]);
        }
        files.check_unfinished(self.shape, &self.complete[completed], &undisturbed.complete[completed + 1])
    }

    /// The number of the last complete pull, according to the state.
    fn completed(&self, disk: &SimulatedDisk) -> u64 {
        let Some(complete) = Scenario::state(&disk.after_kill()).complete else { return 0 };
        let since = u64::try_from(complete.at.as_second()).unwrap_or_default() - EPOCH.as_secs();
        self.pulls[index(since / DAY.as_secs())]
    }
}

impl Run {
    /// Checks that an error says why the run has failed.
    fn check_reason(&self, error: &PullError) -> Result<(), String> {
        let text = chain(error);
        let reasons: &[&str] = match (self.fault, self.requests) {
            (Some(_), _) => &["no storage space", "the disk is gone"],
            (None, Some(_)) => &["no connection to the server"],
            (None, None) => &[],
        };
        let is_given = reasons.iter().any(|reason| text.contains(reason));
        if is_given { Ok(()) } else { Err(format!("the run failed without a reason: {text}")) }
    }
}
