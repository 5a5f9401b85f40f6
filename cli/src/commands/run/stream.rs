//! One stream of a run.

use std::time::Duration;

use longhaul_core::{
    pull::{Pull, PullError, run},
    sink::SinkErrorKind,
    state::{PullState, StateFile, Summary, checkpoint::Checkpointing},
};

use crate::{
    args::RunArguments,
    build::Access,
    exit::Exit,
    session::{
        Session,
        plan::{Keeping, Planned},
        resume::{self, Beginning, shown},
    },
    terminal::{
        failure::Failure,
        progress::{counted, grouped, seconds},
        report::Chain,
    },
};

/// What came of a pull.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The stream's name.
    pub(super) stream: String,
    /// Where the records are, in people's words.
    pub(super) destinations: Vec<String>,
    /// What was pulled, in earlier runs of the same pull as well.
    pub(super) summary: Summary,
    /// How long this run took over it.
    pub(super) took: Duration,
    /// Why it is not complete, and with what exit code it ended.
    pub(super) error: Option<(String, Exit)>,
    /// Whether the same command takes it up.
    pub(super) resumable: bool,
}

/// Pulls a stream: what an earlier run left, and then, where time has gone on since, the rest.
pub(super) fn execute(
    session: &Session,
    arguments: &RunArguments,
    planned: &Planned<'_>,
    access: &Access,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Failure> {
    let file = session.state_file(planned.name);
    let unusable = |error| Failure::of_state(planned.name, error);
    // Records that are sent elsewhere this once leave the stream as it is.
    let is_kept = planned.keeping == Keeping::State && arguments.sink.is_empty();
    if !is_kept {
        let state = file.load().map_err(unusable)?;
        let beginning = resume::begin(session, planned, state, access)?;
        return pull(session, arguments, planned, access, beginning, None, outcomes);
    }
    let mut state = if arguments.fresh {
        resume::drop_unfinished(session, planned, &file)?
    } else {
        file.load().map_err(unusable)?
    };
    if let Some(beginning) = resume::take_up(session, planned, &state)? {
        pull(session, arguments, planned, access, beginning, Some(&file), outcomes)?;
        if !resume::goes_on(planned.stream) {
            return Ok(());
        }
        state = file.load().map_err(unusable)?;
    }
    let beginning = resume::begin(session, planned, state, access)?;
    pull(session, arguments, planned, access, beginning, Some(&file), outcomes)
}

/// Pulls from `beginning` to the end; kept in `file`, where there is one.
fn pull(
    session: &Session,
    arguments: &RunArguments,
    planned: &Planned<'_>,
    access: &Access,
    beginning: Beginning,
    file: Option<&StateFile>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Failure> {
    let Beginning { state, pull, windows, variables, from } = beginning;
    let before = from.as_ref().map(longhaul_core::state::checkpoint::Checkpoint::so_far).unwrap_or_default();
    if from.is_some() {
        let records = counted(before.records, "record");
        let since = shown(pull.begun);
        session.screen.tell(&format!(
            "{}: resuming the run started at {since} ({records} already saved)",
            planned.name
        ));
    }
    let pull_state = file.map(|file| PullState::new(file, session.clock.as_ref(), state, pull));
    let every = session.loaded.config.commit_every;
    let checkpointing =
        pull_state.as_ref().map(|pull_state| Checkpointing { store: pull_state, from, every });
    session.progress.begin(planned.name, &before);
    let pulled = run(
        &Pull { source: &planned.source, windows, sinks: planned.sinks.clone(), variables, checkpointing },
        &access.client,
    );
    let took = session.progress.end();
    let mut outcome = Outcome {
        stream: planned.name.to_owned(),
        destinations: planned.destinations.clone(),
        summary: Summary::default(),
        took,
        error: None,
        resumable: false,
    };
    let ended = match pulled {
        Ok(summary) => {
            outcome.summary = summary.clone();
            if let Some(end) = &summary.end {
                log::debug!("{}: the listing is complete: {end}", planned.name);
            }
            session.screen.tell(&complete(planned, &summary, took));
            end(planned, &summary, arguments, pull_state.as_ref())
        }
        // Whoever read the records has seen enough of them.
        Err(PullError::Sink { source, .. })
            if source.kind() == SinkErrorKind::Closed && planned.keeping == Keeping::Nothing =>
        {
            Ok(())
        }
        Err(error) => {
            let kept = keep(session, planned, pull_state.as_ref())?;
            outcome.resumable = kept.is_some();
            outcome.summary = kept.unwrap_or_default();
            let mut failure = Failure::of_pull(planned.name, error, session.stop.reason());
            if failure.exit == Exit::Usage && outcome.summary.pages > 0 {
                // That nothing was sent is no longer true.
                failure.exit = Exit::Sink;
            }
            Err(failure)
        }
    };
    outcome.error =
        ended.as_ref().err().map(|failure| (Chain(failure.error.as_ref()).to_string(), failure.exit));
    outcomes.push(outcome);
    ended
}

/// Notes that a pull is complete. A total that is not reached may only have moved; under `--strict` that is not assumed.
fn end(
    planned: &Planned<'_>,
    summary: &Summary,
    arguments: &RunArguments,
    pull_state: Option<&PullState<'_>>,
) -> Result<(), Failure> {
    let name = planned.name;
    let clause = shortfall(name, summary);
    let unnoted = |error| {
        Failure::of_state(name, error).hint("the records are complete, but the next run will pull them again")
    };
    if summary.missing > 0 && arguments.strict {
        pull_state.map_or(Ok(()), PullState::forget).map_err(unnoted)?;
        let hint = "totals change while the API's data changes: run it again, or omit --strict";
        return Err(Failure::new(Exit::Api, clause).hint(hint));
    }
    if summary.missing > 0 {
        log::warn!("{clause}");
    }
    pull_state.map_or(Ok(()), |pull_state| pull_state.complete(summary.clone())).map_err(unnoted)
}

/// That records are missing. Of several listings, some may have more records than the API reported, so that a sum would
/// not be what it reported.
fn shortfall(name: &str, summary: &Summary) -> String {
    let Summary { records, repeated, missing, windows, .. } = *summary;
    if windows > 0 {
        return format!("{name}: {} that the API reported did not arrive", counted(missing, "record"));
    }
    let arrived = records + repeated;
    let reported = counted(arrived + missing, "record");
    format!("{name}: the API reported {reported}; {} arrived", grouped(arrived))
}

/// Says what is kept of a pull that is not complete. One that has brought nothing is forgotten, so that whatever made it
/// fail can be put right without more ado.
fn keep(
    session: &Session,
    planned: &Planned<'_>,
    pull_state: Option<&PullState<'_>>,
) -> Result<Option<Summary>, Failure> {
    let Some((pull_state, unfinished)) =
        pull_state.and_then(|pull_state| Some((pull_state, pull_state.saved().unfinished?)))
    else {
        return Ok(None);
    };
    let name = planned.name;
    let jobs = &unfinished.checkpoint.jobs;
    if unfinished.checkpoint.is_blank() && jobs.is_empty() {
        pull_state.forget().map_err(|error| Failure::of_state(name, error))?;
        return Ok(None);
    }
    let kept = unfinished.checkpoint.so_far();
    if kept.pages == 0 {
        return Ok(Some(kept));
    }
    let (records, pages) = (counted(kept.records, "record"), counted(kept.pages, "page"));
    let why = session.stop.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
    session.screen.tell(&format!("{name}: stopped{why}; {records} ({pages}) saved"));
    Ok(Some(kept))
}

fn complete(planned: &Planned<'_>, summary: &Summary, took: Duration) -> String {
    let Summary { records, pages, repeated, windows, .. } = *summary;
    let of_windows = if windows > 0 { format!(" of {}", counted(windows, "window")) } else { String::new() };
    let dropped =
        if repeated > 0 { format!(", {} dropped", counted(repeated, "duplicate")) } else { String::new() };
    let (name, to, time) = (planned.name, planned.destinations.join(", "), seconds(took));
    let (records, pages) = (counted(records, "record"), counted(pages, "page"));
    format!("{name}: complete, {records} in {pages}{of_windows}{dropped}, {time} -> {to}")
}
