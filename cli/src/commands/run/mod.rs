//! `longhaul run`: pulls streams into their sinks.

mod dry_run;
mod files_about_run;
mod first_failure;
mod first_request;
mod lineage;
mod metrics;
mod outcome;
mod output_file;
mod parents;
mod ping;
mod planned;
mod report;
mod stream;
pub(in crate::commands) mod summary;
mod summary_format;

use crate::{
    args::RunArguments,
    build::{ConfiguredSinks, NewFiles},
    exit::Exit,
    session::{
        Session,
        lock::{LockError, PullLock},
        output_files::Misplaced,
        plan::{Planned, plan, sink_names},
        run_record::{RecordError, RunRecord},
    },
    terminal::{self, failure::Failure, storage},
};

pub(crate) use self::{dry_run::execute as show_plan, ping::pinged};
use self::{files_about_run::FilesAboutRun, first_failure::FirstFailure, lineage::Lineage, stream::Puller};
pub(in crate::commands) use self::{
    outcome::Outcome,
    parents::pull_parents,
    planned::{of_line, of_plan, of_settling},
};

/// Pulls the streams, and writes the files about the run that the user asked for.
pub(crate) fn execute(session: &Session, arguments: &RunArguments) -> Result<Exit, Failure> {
    let files = FilesAboutRun::begin(session, arguments)?;
    let mut outcomes = Vec::new();
    let ended = limit_runtime(session, arguments).and_then(|()| match &arguments.plan {
        Some(plan) => planned::pull_all(session, arguments, plan, &mut outcomes),
        None => pull_all(session, arguments, &mut outcomes),
    });
    let ended = end_recording(session, arguments, ended);
    if ended.as_ref().is_err_and(|failure| failure.error.is::<Misplaced>()) {
        return ended;
    }
    for failure in files.write(session, arguments, &outcomes, ended.as_ref().err()) {
        if ended.is_ok() {
            return Err(failure);
        }
        // The error of the run is more important, so it comes last.
        terminal::report::show(&failure, &session.invocation.clone().of_run(arguments), &session.screen);
    }
    ended
}

/// Ends the recording, if the run is recorded.
fn end_recording(
    session: &Session,
    arguments: &RunArguments,
    ended: Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let Some(folder) = &arguments.record else { return ended };
    let exit = ended.as_ref().map_or_else(|failure| failure.exit, |exit| *exit);
    match (session.end_recording(folder, exit), ended) {
        (Ok(()), ended) => ended,
        (Err(failure), Ok(_)) => Err(failure),
        (Err(failure), Err(first)) => {
            // The error of the run is more important, so it comes last.
            terminal::report::show(&failure, &session.invocation.clone().of_run(arguments), &session.screen);
            Err(first)
        }
    }
}

/// Pulls the streams one after another. If one fails, the others still run. The first failure decides the exit code.
fn pull_all(
    session: &Session,
    arguments: &RunArguments,
    outcomes: &mut Vec<Outcome>,
) -> Result<Exit, Failure> {
    let streams = session.streams(&arguments.streams)?;
    let names = streams.iter().flat_map(|(_, stream)| sink_names(stream, arguments));
    let sinks = ConfiguredSinks::configure(&session.loaded, names, &session.sink_types()?, &session.folder)?;
    let files = NewFiles::default();
    let is_replay = session.exchanges.replayed().is_some();
    let sinks = if is_replay { sinks.for_replay(&files, &arguments.sink) } else { sinks };
    let access = session.connect_for(arguments)?;
    let planned = plan(session, arguments, &streams, &sinks, &access)?;
    let _locks = lock(session, &planned)?;
    let record = record(session, arguments, &planned)?;
    let mut first = FirstFailure::default();
    share_states(session, arguments, &planned, record.as_ref())?;
    let since = record.as_ref().filter(|record| record.is_resumed).map(|record| record.started);
    let puller = Puller { session, arguments, access: &access, since };
    let mut lineage = Lineage::new(puller, &planned);
    lineage.prepare(record.as_ref().is_some_and(|record| record.is_resumed && !record.has_moved))?;
    let record = record.map(RunRecord::move_here).transpose().map_err(of_record)?;
    for pull in &planned {
        let Err(failure) = lineage.pull(pull, outcomes) else { continue };
        let stops = arguments.fail_fast || session.stop.reason().is_some();
        first.add(failure, session, arguments);
        if stops {
            break;
        }
    }
    match (first.take(), record) {
        (Some(failure), _) => {
            files.clean_up();
            Err(failure)
        }
        (None, Some(record)) => record.remove().map(|()| Exit::Complete).map_err(of_record),
        (None, None) => Ok(Exit::Complete),
    }
}

/// Stores or restores what is saved of the streams, if the run is recorded or replayed.
fn share_states(
    session: &Session,
    arguments: &RunArguments,
    planned: &[Planned<'_>],
    record: Option<&RunRecord>,
) -> Result<(), Failure> {
    if arguments.record.is_some() && !arguments.starts_again() {
        let mut is_resumed = record.is_some_and(|record| record.is_resumed);
        for pull in planned.iter().filter(|pull| pull.saves_state) {
            let state = session.state_file(&pull.id)?.load();
            let state = state.map_err(|error| Failure::of_state(pull.name, error))?;
            is_resumed |= state.unfinished.is_some();
        }
        if is_resumed {
            let clause =
                "cannot record a run that resumes an unfinished one: its first answers would be missing";
            let hint = "finish the run without --record first, or start again with --fresh";
            return Err(Failure::new(Exit::State, clause).hint(hint));
        }
    }
    planned.iter().try_for_each(|pull| session.share_state(pull.name, &pull.id))
}

/// Stops the run after `--max-runtime`.
fn limit_runtime(session: &Session, arguments: &RunArguments) -> Result<(), Failure> {
    let limited = arguments.max_runtime.map_or(Ok(()), |limit| session.stop.after(limit));
    limited.map_err(|error| Failure::new(Exit::Fault, error))
}

/// Locks each pull that saves its state.
fn lock(session: &Session, planned: &[Planned<'_>]) -> Result<Vec<PullLock>, Failure> {
    let folder = session.local_folder();
    let saving = planned.iter().filter(|pull| pull.saves_state);
    let acquire = |pull: &Planned<'_>| {
        PullLock::acquire(&folder, &pull.id, session.now).map_err(|error| {
            let hint = match &error {
                LockError::Held { .. } => "wait for the other run to end, or use a different `state_dir`",
                LockError::Unusable { source, .. } => storage::state_folder(source),
            };
            Failure::new(Exit::State, error).hint(hint)
        })
    };
    let locks = saving.map(acquire).collect::<Result<Vec<_>, _>>()?;
    session.state_place()?.name_local_folder().map_err(|error| {
        let hint = storage::state_folder(&error);
        Failure::new(Exit::State, error).hint(hint)
    })?;
    Ok(locks)
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
    let record = RunRecord::open(session.state_place()?, pulls, session.now, arguments.starts_again());
    record.map(Some).map_err(of_record)
}

fn of_record(error: RecordError) -> Failure {
    let hint = match &error {
        RecordError::Damaged { .. } => "delete it; the run then starts again with all its streams",
        RecordError::Unusable { source, .. } => storage::state_folder(source),
    };
    let exit = match &error {
        RecordError::Unusable { source, .. } => storage::exit(source),
        RecordError::Damaged { .. } => Exit::State,
    };
    Failure::new(exit, error).hint(hint)
}
