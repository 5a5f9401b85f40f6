//! One stream of a run.

use std::time::Duration;

use jiff::Timestamp;
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
        plan::Planned,
        resume::{self, Start, shown},
    },
    terminal::{
        failure::Failure,
        findings,
        numbers::{counted, duration},
        report::Chain,
    },
};

/// The outcome of a pull.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The stream's name.
    pub(super) stream: String,
    /// Where the records are, for people.
    pub(super) destinations: Vec<String>,
    /// What was pulled, including by earlier runs of the same pull.
    pub(super) summary: Summary,
    /// How long this run took.
    pub(super) took: Duration,
    /// Why the pull is not complete, and the exit code.
    pub(super) error: Option<(String, Exit)>,
    /// Whether the same command resumes the pull.
    pub(super) resumable: bool,
}

impl Outcome {
    /// Nothing was pulled.
    fn unchanged(planned: &Planned<'_>) -> Self {
        Self {
            stream: planned.name.to_owned(),
            destinations: planned.destinations.clone(),
            summary: Summary::default(),
            took: Duration::ZERO,
            error: None,
            resumable: false,
        }
    }
}

/// Pulls a stream. If this resumes an unfinished pull with relative times, a second pull goes up to the current time. A
/// stream that was completed since `since`, when the unfinished run started, is not pulled again.
pub(super) fn execute(
    session: &Session,
    arguments: &RunArguments,
    planned: &Planned<'_>,
    access: &Access,
    since: Option<Timestamp>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Failure> {
    let file = session.state_file(&planned.id);
    let unusable = |error| Failure::of_state(planned.name, error);
    if !planned.saves_state {
        let state = file.load().map_err(unusable)?;
        let start = resume::start(session, planned, state, access)?;
        return pull(session, arguments, planned, access, start, None, outcomes);
    }
    let mut state = if arguments.fresh {
        resume::discard_unfinished(session, planned, &file)?
    } else {
        file.load().map_err(unusable)?
    };
    if let Some((complete, since)) =
        state.complete.as_ref().zip(since).filter(|(complete, since)| complete.at >= *since)
        && state.unfinished.is_none()
    {
        let (name, since) = (planned.name, shown(since));
        session
            .screen
            .print(&format!("{name}: already complete in the run started at {since}; not pulled again"));
        outcomes.push(Outcome { summary: complete.summary.clone(), ..Outcome::unchanged(planned) });
        return Ok(());
    }
    if let Some(start) = resume::resume(session, planned, &state)? {
        pull(session, arguments, planned, access, start, Some(&file), outcomes)?;
        if !resume::has_relative_range(planned.stream) {
            return Ok(());
        }
        state = file.load().map_err(unusable)?;
    }
    let start = resume::start(session, planned, state, access)?;
    pull(session, arguments, planned, access, start, Some(&file), outcomes)
}

/// Pulls from `start` to the end, and saves the state in `file`.
fn pull(
    session: &Session,
    arguments: &RunArguments,
    planned: &Planned<'_>,
    access: &Access,
    start: Start,
    file: Option<&StateFile>,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Failure> {
    if start.windows.as_ref().is_some_and(Vec::is_empty) {
        let name = planned.name;
        session.screen.print(&match start.state.watermark {
            Some(watermark) => {
                format!("{name}: nothing new: everything before {} was pulled", shown(watermark))
            }
            None => format!("{name}: nothing to pull: the API does not have this data yet"),
        });
        outcomes.push(Outcome::unchanged(planned));
        return Ok(());
    }
    let Start { state, pull, windows, variables, from } = start;
    let before = from.as_ref().map(longhaul_core::state::checkpoint::Checkpoint::so_far).unwrap_or_default();
    if from.is_some() {
        let records = counted(before.records, "record");
        let started = shown(pull.started);
        session.screen.print(&format!(
            "{}: resuming the run started at {started} ({records} already saved)",
            planned.name
        ));
    }
    let pull_state = file.map(|file| PullState::new(file, session.clock.as_ref(), state, pull));
    let every = session.loaded.config.commit_every;
    let checkpointing =
        pull_state.as_ref().map(|pull_state| Checkpointing { store: pull_state, from, every });
    session.progress.start(planned.name, &before);
    let pulled = run(
        &Pull {
            source: &planned.source,
            windows,
            sinks: planned.sinks.clone(),
            variables,
            strict: arguments.strict,
            checkpointing,
        },
        &access.client,
    );
    let took = session.progress.end();
    let mut outcome = Outcome { took, ..Outcome::unchanged(planned) };
    let ended = match pulled {
        Ok(summary) => {
            outcome.summary = summary.clone();
            if let Some(end) = &summary.end {
                log::debug!("{}: the listing is complete: {end}", planned.name);
            }
            session.screen.print(&complete(planned, &summary, took));
            finish(planned, &summary, pull_state.as_ref())
        }
        // The reader of standard output has closed it.
        Err(PullError::Sink { source, .. })
            if source.kind() == SinkErrorKind::Closed && !planned.saves_state =>
        {
            Ok(())
        }
        Err(error) => {
            let saved = report_saved(session, planned, pull_state.as_ref().zip(file));
            outcome.resumable = saved.is_some();
            outcome.summary = saved.unwrap_or_default();
            let mut failure = Failure::of_pull(planned.name, error, &outcome.summary, session.stop.reason());
            if failure.exit == Exit::Usage && outcome.summary.pages > 0 {
                // The exit code for usage means that nothing was sent.
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

/// Saves that a pull is complete, and warns about what suggests that records may be missing.
fn finish(
    planned: &Planned<'_>,
    summary: &Summary,
    pull_state: Option<&PullState<'_>>,
) -> Result<(), Failure> {
    let name = planned.name;
    for clause in findings::clauses(summary) {
        log::warn!("{name}: {clause}");
    }
    if summary.totals_changed > 0 || summary.short_pages > 0 {
        log::warn!("{name}: {}", findings::ADVICE);
    }
    if summary.skipped > 0 {
        let were = if summary.skipped == 1 { "was" } else { "were" };
        let left_out = counted(summary.skipped, "window");
        log::warn!("{name}: {left_out} {were} left out, because an answer rule says `then = \"skip\"`");
    }
    pull_state.map_or(Ok(()), |pull_state| pull_state.complete(summary.clone())).map_err(|error| {
        Failure::of_state(name, error).hint("the records are complete, but the next run will pull them again")
    })
}

/// Prints what is saved of a pull that is not complete. A pull without any page is discarded, so that its configuration
/// can be changed.
fn report_saved(
    session: &Session,
    planned: &Planned<'_>,
    saving: Option<(&PullState<'_>, &StateFile)>,
) -> Option<Summary> {
    let (pull_state, file) = saving?;
    let unfinished = pull_state.saved().unfinished?;
    let name = planned.name;
    let jobs = &unfinished.checkpoint.jobs;
    if unfinished.checkpoint.is_blank() && jobs.is_empty() {
        // A sink may have committed its first page although another one, or the checkpoint, could not.
        return match resume::discard_unfinished(session, planned, file) {
            Ok(_) => None,
            Err(failure) => {
                log::warn!("{}", Chain(failure.error.as_ref()));
                Some(unfinished.checkpoint.so_far())
            }
        };
    }
    let saved = unfinished.checkpoint.so_far();
    if saved.pages == 0 {
        return Some(saved);
    }
    let (records, pages) = (counted(saved.records, "record"), counted(saved.pages, "page"));
    let why = session.stop.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
    session.screen.print(&format!("{name}: stopped{why}; {records} ({pages}) saved"));
    Some(saved)
}

fn complete(planned: &Planned<'_>, summary: &Summary, took: Duration) -> String {
    let Summary { records, pages, repeated, windows, .. } = *summary;
    let of_windows = if windows > 0 { format!(" of {}", counted(windows, "window")) } else { String::new() };
    let dropped =
        if repeated > 0 { format!(", {} dropped", counted(repeated, "duplicate")) } else { String::new() };
    let (name, to, time) = (planned.name, planned.destinations.join(", "), duration(took));
    let (records, pages) = (counted(records, "record"), counted(pages, "page"));
    format!("{name}: complete, {records} in {pages}{of_windows}{dropped}, {time} -> {to}")
}
