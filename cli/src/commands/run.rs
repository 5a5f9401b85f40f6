//! `longhaul run`: the main job.

use longhaul_core::{
    run::{Pull, PullError, Summary, run},
    sink::SinkErrorKind,
};

use crate::{
    args::RunArguments,
    exit::Exit,
    failure::Failure,
    lock::{LockError, StateLock},
    plan::{Keeping, Planned, plan, sink_names},
    progress::{counted, grouped, seconds},
    range, report,
    session::Session,
    watermark,
    wire::{Access, ConfiguredSinks},
};

/// Pulls the chosen streams, one after another. One that fails does not stop the rest; the first failure decides.
pub(crate) fn execute(session: &Session, arguments: &RunArguments) -> Result<Exit, Failure> {
    let streams = session.streams(&arguments.streams)?;
    let names = streams.iter().flat_map(|(_, stream)| sink_names(stream, arguments));
    let sinks = ConfiguredSinks::configure(&session.loaded, names, &session.plugins()?)?;
    let access = session.connect()?;
    let planned = plan(session, arguments, &streams, &sinks, &access)?;
    let _lock = lock(session, &planned)?;
    let mut first: Option<Failure> = None;
    for pull in &planned {
        let Err(failure) = execute_one(session, arguments, pull, &access) else { continue };
        let stops = arguments.fail_fast || matches!(failure.exit, Exit::Signal(_));
        match &first {
            None => first = Some(failure),
            Some(_) => report::print(&failure, &mut session.screen.clone()),
        }
        if stops {
            break;
        }
    }
    first.map_or(Ok(Exit::Complete), Err)
}

fn execute_one(
    session: &Session,
    arguments: &RunArguments,
    planned: &Planned<'_>,
    access: &Access,
) -> Result<(), Failure> {
    let Planned { name, stream, source, site, sinks, .. } = planned;
    let (windows, reached) = match range::resolve(session, name, stream, source, access)? {
        Some(range) => (Some(range.windows), range.watermark),
        None => (None, None),
    };
    session.progress.begin(name);
    let pull = Pull { source, windows, sinks: sinks.clone(), site: site.clone(), kept: None };
    let outcome = run(&pull, &access.client);
    let time = seconds(session.progress.end());
    match outcome {
        Ok(summary) => {
            session.screen.tell(&complete(planned, &summary, &time));
            check_total(name, &summary, arguments)?;
            // Records that were sent elsewhere this once are still to be pulled.
            let watermark = reached.filter(|_| arguments.sink.is_empty());
            watermark.map_or(Ok(()), |watermark| remember(session, name, watermark))
        }
        // Whoever read the records has seen enough of them.
        Err(PullError::Sink { source, .. }) if source.kind() == SinkErrorKind::Closed => Ok(()),
        Err(error) => Err(Failure::of_pull(name, error, session.stop.received())),
    }
}

fn complete(planned: &Planned<'_>, summary: &Summary, time: &str) -> String {
    let Summary { records, pages, repeated, windows, .. } = *summary;
    let of_windows = if windows > 0 { format!(" of {}", counted(windows, "window")) } else { String::new() };
    let dropped =
        if repeated > 0 { format!(", {} repeated ones dropped", grouped(repeated)) } else { String::new() };
    let (name, to) = (planned.name, planned.destinations.join(", "));
    let (records, pages) = (counted(records, "record"), counted(pages, "page"));
    format!("{name}: complete, {records} in {pages}{of_windows}{dropped}, {time} -> {to}")
}

/// A total that is not reached may only have moved; under `--strict` that is not assumed.
fn check_total(name: &str, summary: &Summary, arguments: &RunArguments) -> Result<(), Failure> {
    if summary.missing == 0 {
        return Ok(());
    }
    let clause =
        format!("{name}: {} records fewer came than the API said there were", grouped(summary.missing));
    if arguments.strict {
        let hint = "totals move while an API is in use: run it again, or go without --strict";
        return Err(Failure::new(Exit::Api, clause).hint(hint));
    }
    log::warn!("{clause}");
    Ok(())
}

fn remember(session: &Session, name: &str, watermark: jiff::Timestamp) -> Result<(), Failure> {
    watermark::write(&session.state_folder(), name, watermark).map_err(|error| {
        Failure::new(Exit::State, error)
            .hint("the records are complete, but the next run will pull them again")
    })
}

/// A pull into a pipe keeps no state and needs no lock.
fn lock(session: &Session, planned: &[Planned<'_>]) -> Result<Option<StateLock>, Failure> {
    if planned.iter().all(|pull| pull.keeping == Keeping::Nothing) {
        return Ok(None);
    }
    StateLock::acquire(&session.state_folder()).map(Some).map_err(|error| {
        let hint = match &error {
            LockError::Held { .. } => {
                "wait for the other run to end, or give this one a `state_dir` of its own"
            }
            LockError::Unusable { .. } => "check `state_dir` and who may write there",
        };
        Failure::new(Exit::State, error).hint(hint)
    })
}
