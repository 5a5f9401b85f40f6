//! `longhaul run`: pulls streams into their sinks.

mod first_failure;
mod lineage;
mod outcome;
mod parents;
mod planned;
mod stream;
pub(in crate::commands) mod summary;

use crate::{
    args::RunArguments,
    build::ConfiguredSinks,
    exit::Exit,
    session::{
        Session,
        lock::{LockError, PullLock},
        plan::{Planned, plan, sink_names},
        run_record::{RecordError, RunRecord},
    },
    terminal::{failure::Failure, report},
};

use self::{first_failure::FirstFailure, lineage::Lineage, stream::Puller};
pub(in crate::commands) use self::{
    outcome::Outcome,
    parents::pull_parents,
    planned::{of_line, of_plan, of_settling, sinks_of},
};

/// Pulls the streams, and writes the summary if `--summary` is set.
pub(crate) fn execute(session: &Session, arguments: &RunArguments) -> Result<Exit, Failure> {
    if let Some(path) = &arguments.summary {
        summary::check(session, path)?;
    }
    let mut outcomes = Vec::new();
    let ended = limit_runtime(session, arguments).and_then(|()| match &arguments.plan {
        Some(plan) => planned::pull_all(session, arguments, plan, &mut outcomes),
        None => pull_all(session, arguments, &mut outcomes),
    });
    if let Some(path) = &arguments.summary
        && let Err(failure) = summary::write(session, path, &outcomes, ended.as_ref().err())
    {
        if ended.is_ok() {
            return Err(failure);
        }
        // The error of the run is more important, so it comes last.
        report::show(&failure, &session.invocation.clone().of_run(arguments), &session.screen);
    }
    ended
}

/// Pulls the streams one after another. If one fails, the others still run. The first failure decides the exit code.
fn pull_all(
    session: &Session,
    arguments: &RunArguments,
    outcomes: &mut Vec<Outcome>,
) -> Result<Exit, Failure> {
    let streams = session.streams(&arguments.streams)?;
    let names = streams.iter().flat_map(|(_, stream)| sink_names(stream, arguments));
    let sinks = ConfiguredSinks::configure(&session.loaded, names, &session.sink_types()?)?;
    let access = session.connect_for(arguments)?;
    let planned = plan(session, arguments, &streams, &sinks, &access)?;
    let _locks = lock(session, &planned)?;
    let record = record(session, arguments, &planned)?;
    let mut first = FirstFailure::default();
    let since = record.as_ref().filter(|record| record.is_resumed).map(|record| record.started);
    let puller = Puller { session, arguments, access: &access, since };
    let mut lineage = Lineage::new(puller, &planned);
    lineage.prepare(since.is_some())?;
    for pull in &planned {
        let Err(failure) = lineage.pull(pull, outcomes) else { continue };
        let stops = arguments.fail_fast || session.stop.reason().is_some();
        first.add(failure, session, arguments);
        if stops {
            break;
        }
    }
    match (first.take(), record) {
        (Some(failure), _) => Err(failure),
        (None, Some(record)) => record.remove().map(|()| Exit::Complete).map_err(of_record),
        (None, None) => Ok(Exit::Complete),
    }
}

/// Stops the run after `--max-runtime`.
fn limit_runtime(session: &Session, arguments: &RunArguments) -> Result<(), Failure> {
    let limited = arguments.max_runtime.map_or(Ok(()), |limit| session.stop.after(limit));
    limited.map_err(|error| Failure::new(Exit::Fault, error))
}

/// Locks each pull that saves its state.
fn lock(session: &Session, planned: &[Planned<'_>]) -> Result<Vec<PullLock>, Failure> {
    let folder = session.state_folder();
    let saving = planned.iter().filter(|pull| pull.saves_state);
    let acquire = |pull: &Planned<'_>| {
        PullLock::acquire(&folder, &pull.id, session.now).map_err(|error| {
            let hint = match &error {
                LockError::Held { .. } => "wait for the other run to end, or use a different `state_dir`",
                LockError::Unusable { .. } => "check `state_dir` and its permissions",
            };
            Failure::new(Exit::State, error).hint(hint)
        })
    };
    saving.map(acquire).collect()
}

/// The record of the run, unless no pull saves its state.
fn record(
    session: &Session,
    arguments: &RunArguments,
    planned: &[Planned<'_>],
) -> Result<Option<RunRecord>, Failure> {
    let pulls: Vec<_> = planned.iter().filter(|pull| pull.saves_state).map(|pull| pull.id.clone()).collect();
    if pulls.is_empty() {
        return Ok(None);
    }
    let record = RunRecord::open(&session.state_folder(), pulls, session.now, arguments.starts_again());
    record.map(Some).map_err(of_record)
}

fn of_record(error: RecordError) -> Failure {
    let hint = match &error {
        RecordError::Damaged { .. } => "delete it; the run then starts again with all its streams",
        RecordError::Unusable { .. } => "check `state_dir` and its permissions",
    };
    Failure::new(Exit::State, error).hint(hint)
}
