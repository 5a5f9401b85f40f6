//! `longhaul run`: the main job.

mod stream;
mod summary;

use crate::{
    args::RunArguments,
    build::ConfiguredSinks,
    exit::Exit,
    session::{
        Session,
        lock::{LockError, StateLock},
        plan::{Keeping, Planned, plan, sink_names},
    },
    terminal::{failure::Failure, report},
};

use self::stream::Outcome;

/// Pulls the chosen streams, and writes down what came of it where that was asked for.
pub(crate) fn execute(session: &Session, arguments: &RunArguments) -> Result<Exit, Failure> {
    let mut outcomes = Vec::new();
    let ended = pull_all(session, arguments, &mut outcomes);
    if let Some(path) = &arguments.summary
        && let Err(failure) = summary::write(session, path, &outcomes, ended.as_ref().err())
    {
        if ended.is_ok() {
            return Err(failure);
        }
        // Why the run failed tells more, and comes last.
        report::print(&failure, &session.options, &mut session.screen.clone());
    }
    ended
}

/// Pulls the chosen streams, one after another. One that fails does not stop the rest; the first failure decides.
fn pull_all(
    session: &Session,
    arguments: &RunArguments,
    outcomes: &mut Vec<Outcome>,
) -> Result<Exit, Failure> {
    if let Some(limit) = arguments.max_runtime {
        session.stop.after(limit).map_err(|error| Failure::new(Exit::Fault, error))?;
    }
    let streams = session.streams(&arguments.streams)?;
    let names = streams.iter().flat_map(|(_, stream)| sink_names(stream, arguments));
    let sinks = ConfiguredSinks::configure(&session.loaded, names, &session.plugins()?)?;
    let access = session.connect_within(arguments.max_requests)?;
    let planned = plan(session, arguments, &streams, &sinks, &access)?;
    let _lock = lock(session, &planned)?;
    let mut first: Option<Failure> = None;
    for pull in &planned {
        let Err(failure) = stream::execute(session, arguments, pull, &access, outcomes) else { continue };
        let stops = arguments.fail_fast || session.stop.reason().is_some();
        match &first {
            None => first = Some(failure),
            Some(_) => report::print(&failure, &session.options, &mut session.screen.clone()),
        }
        if stops {
            break;
        }
    }
    first.map_or(Ok(Exit::Complete), Err)
}

/// A pull into a pipe keeps no state and needs no lock.
fn lock(session: &Session, planned: &[Planned<'_>]) -> Result<Option<StateLock>, Failure> {
    if planned.iter().all(|pull| pull.keeping == Keeping::Nothing) {
        return Ok(None);
    }
    StateLock::acquire(&session.state_folder()).map(Some).map_err(|error| {
        let hint = match &error {
            LockError::Held { .. } => "wait for the other run to end, or use a different `state_dir`",
            LockError::Unusable { .. } => "check `state_dir` and its permissions",
        };
        Failure::new(Exit::State, error).hint(hint)
    })
}
