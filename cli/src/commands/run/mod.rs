//! `longhaul run`: pulls streams into their sinks.

mod stream;
mod summary;

use crate::{
    args::RunArguments,
    build::ConfiguredSinks,
    exit::Exit,
    session::{
        Session,
        lock::{LockError, StateLock},
        plan::{Planned, plan, sink_names},
    },
    terminal::{failure::Failure, report},
};

use self::stream::Outcome;

/// Pulls the streams, and writes the summary if `--summary` is set.
pub(crate) fn execute(session: &Session, arguments: &RunArguments) -> Result<Exit, Failure> {
    let mut outcomes = Vec::new();
    let ended = pull_all(session, arguments, &mut outcomes);
    if let Some(path) = &arguments.summary
        && let Err(failure) = summary::write(session, path, &outcomes, ended.as_ref().err())
    {
        if ended.is_ok() {
            return Err(failure);
        }
        // The error of the run is more important, so it comes last.
        report::print(&failure, &session.options, &mut session.screen.clone());
    }
    ended
}

/// Pulls the streams one after another. If one fails, the others still run. The first failure decides the exit code.
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
    let access = session.connect_with_limit(arguments.max_requests)?;
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

/// Locks the state folder, unless no pull saves its state.
fn lock(session: &Session, planned: &[Planned<'_>]) -> Result<Option<StateLock>, Failure> {
    if !planned.iter().any(|pull| pull.saves_state) {
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
