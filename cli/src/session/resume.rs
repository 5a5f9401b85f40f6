//! Starts a pull, or resumes it where an earlier run stopped.

use std::collections::BTreeMap;

use longhaul_core::{
    Body, Source,
    listing::end::Had,
    pull::{Pull, PullError, reopen_finished, undo},
    sink::Variables,
    state::{
        Keys, Parents, PullState, State, StateError, StateFile, Unfinished,
        checkpoint::{Checkpoint, Checkpointing, Earlier, Extent, Stage},
    },
    window::Window,
};

use crate::{
    build::Access,
    config::Stream,
    exit::Exit,
    session::{
        Session, changes,
        continuation::continuation,
        parents::StreamParents,
        plan::{Child, Planned, Retention, appends},
        pull_id::changes_place,
        range,
    },
    terminal::{failure::Failure, numbers::counted, report::Chain, times::shown},
};

/// Where a pull starts.
#[derive(Debug)]
pub(crate) struct Start {
    /// The saved state of the stream.
    pub(crate) state: State,
    /// The pull, as it is saved.
    pub(crate) pull: Unfinished,
    /// The windows, in order.
    pub(crate) windows: Option<Vec<Window>>,
    /// The values of the placeholders in requests and sinks.
    pub(crate) variables: Variables,
    /// Where an earlier run stopped.
    pub(crate) from: Option<Checkpoint>,
}

/// Starts a pull. Relative times are resolved now.
pub(crate) fn start(
    session: &Session,
    planned: &Planned<'_>,
    children: &[&Child<'_>],
    parents: Option<&Parents>,
    state: State,
    access: &Access,
) -> Result<Start, Failure> {
    let Planned { name, stream, source, variables, .. } = planned;
    // The parents of other streams are all records of the range, because those streams have no record of their own of what
    // was pulled.
    let known = state.watermark.filter(|_| planned.is_selected);
    let range = range::resolve(session, name, stream, source, known, access)?;
    let reached = state.reached.as_ref().filter(|_| planned.is_selected);
    let mut pull = Unfinished {
        started: session.now,
        saved: session.now,
        definition: definition(session, planned, children),
        pages: session.loaded.pages_definition(name),
        placeholders: variables.values().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        range: range.as_ref().map(|range| range.bounds),
        watermark: range.as_ref().and_then(|range| range.watermark).filter(|_| planned.is_selected),
        earlier: None,
        continuation: continuation(session, name, stream, reached)?,
        parents: parents.map(Parents::extent),
        command: planned.command.clone(),
        checkpoint: Checkpoint::default(),
    };
    pull.earlier = earlier_keys(session, planned, &state, &pull);
    if let Some(warning) = changes::of_earlier(planned, &state, &pull) {
        log::warn!("{warning}");
    }
    let windows = range.map(|range| range.windows);
    Ok(Start { state, pull, windows, variables: variables.clone(), from: None })
}

/// The extent of the keys of the last complete pull, if `pull` drops records that have not changed since then. That is
/// right only as long as the sinks have these records: a file that is replaced needs them again.
fn earlier_keys(
    session: &Session,
    planned: &Planned<'_>,
    state: &State,
    pull: &Unfinished,
) -> Option<Extent> {
    if !planned.stream.is_incremental() || !planned.is_selected || planned.stream.unique.is_none() {
        return None;
    }
    let keys = state.complete.as_ref().and_then(|complete| complete.keys.as_ref());
    // A replay has no credentials, and may write elsewhere, but its state is that of the recorded run.
    let is_replay = session.exchanges.replayed().is_some();
    let keys = keys.filter(|keys| is_replay || keys.definition == pull.fingerprint_of_records());
    let start = pull.range.map(|range| range.start);
    let replaces_file = |keys: &&Keys| planned.retention != Retention::Kept && keys.until > start;
    Some(keys.filter(|keys| !replaces_file(keys)).map(|keys| keys.extent).unwrap_or_default())
}

/// Resumes the unfinished pull of a stream; `None` if there is none.
pub(crate) fn resume(
    session: &Session,
    planned: &Planned<'_>,
    children: &[&Child<'_>],
    parents: Option<&Parents>,
    state: &State,
) -> Result<Option<Start>, Failure> {
    let Some(pull) = &state.unfinished else { return Ok(None) };
    let definition = definition(session, planned, children);
    let differences = pull.differences(&definition);
    if !differences.is_empty() {
        // If nothing was pulled yet, or only for other streams, nothing is lost by starting again.
        return if pull.checkpoint.is_blank() || !planned.is_selected {
            Ok(None)
        } else {
            Err(changed(planned.name, &differences, pull))
        };
    }
    if pull.parents != parents.map(Parents::extent) {
        return if pull.checkpoint.is_blank() { Ok(None) } else { Err(other_parents(planned.name)) };
    }
    let variables = variables_of(session, pull);
    let windows = match (&planned.stream.window, pull.range) {
        (Some(window), Some(bounds)) => Some(range::tile(session, planned.name, window, bounds)?),
        _ => None,
    };
    let (mut pull, pages) = (pull.clone(), session.loaded.pages_definition(planned.name));
    if pull.pages != pages {
        // What pages had elsewhere proves nothing.
        pull.checkpoint.had = Had::default();
        pull.pages = pages;
    }
    let from = Some(pull.checkpoint.clone());
    Ok(Some(Start { state: state.clone(), pull, windows, variables, from }))
}

/// Discards the unfinished pull of a stream, and returns the rest of its state. Sinks that append are rolled back to
/// where the pull started.
pub(crate) fn discard_unfinished(
    session: &Session,
    planned: &Planned<'_>,
    file: &StateFile,
) -> Result<State, Failure> {
    let unusable = |error| Failure::of_state(planned.name, error);
    let state = match file.load() {
        Err(
            error @ (StateError::Damaged { .. } | StateError::Foreign { .. } | StateError::Missing { .. }),
        ) => {
            log::warn!("{error}: discarding it, including the range that complete pulls covered");
            file.save(&State::default()).map_err(unusable)?;
            State::default()
        }
        loaded => loaded.map_err(unusable)?,
    };
    let Some(pull) = &state.unfinished else { return Ok(state) };
    if let Some(sink) =
        pull.differences(&definition(session, planned, &[])).into_iter().find(|key| changes_place(key))
    {
        let old = if sink.rsplit('.').next() == Some("path") { "file" } else { "output" };
        log::warn!("`{sink}` has changed since the unfinished run; the old {old} is left in place");
    } else {
        let Planned { source, sinks, .. } = planned;
        let pull_state = PullState::new(file, session.clock.as_ref(), state.clone(), pull.clone());
        let from = Some(pull.checkpoint.clone());
        let checkpointing = Some(Checkpointing {
            store: &pull_state,
            from,
            earlier: Earlier::default(),
            every: session.loaded.config.commit_every,
        });
        let (sinks, variables) = (sinks.clone(), variables_of(session, pull));
        let parents = planned.parents.as_ref().map(StreamParents::open).transpose()?.flatten();
        let discarded = Pull {
            source,
            windows: None,
            parents: parents.as_ref(),
            sinks,
            variables,
            spool: None,
            columns: Vec::new(),
            strict: false,
            limit: None,
            checkpointing,
        };
        let appends = |sink: &str| appends(session, sink);
        let cannot = |error| cannot_roll_back(planned.name, &error, file);
        reopen_finished(&discarded, appends).map_err(cannot)?;
        pull_state.discard().map_err(unusable)?;
        undo(&discarded, appends).map_err(cannot)?;
    }
    PullState::new(file, session.clock.as_ref(), state.clone(), pull.clone()).forget().map_err(unusable)?;
    Ok(State { unfinished: None, ..state })
}

/// Whether the unfinished pull of a stream needs local parts of objects that are on another machine. Once every page is in
/// every sink, the objects may be published already.
pub(crate) fn needs_another_machine(planned: &Planned<'_>, file: &StateFile, state: &State) -> bool {
    let unfinished = state.unfinished.as_ref().map(|pull| &pull.checkpoint);
    unfinished.is_some_and(|checkpoint| checkpoint.stage == Stage::Pulling && !checkpoint.is_blank())
        && !planned.objects.is_empty()
        && !file.has_local_files()
}

/// Whether there is more to pull after a resumed pull is complete: the records since it started.
pub(crate) fn has_relative_range(stream: &Stream) -> bool {
    stream.window.as_ref().is_some_and(|window| {
        let from = window.from.as_ref().is_some_and(crate::config::Moment::is_relative);
        from || window.to.is_relative()
    })
}

fn definition(session: &Session, planned: &Planned<'_>, children: &[&Child<'_>]) -> BTreeMap<String, String> {
    let sinks: Vec<_> = planned.sinks.iter().map(|(name, _)| *name).collect();
    let mut definition = definition_of(session, planned.name, &planned.source, &sinks);
    for child in children {
        // They decide what is kept of each record.
        let each = format!("streams.{}.each.", child.name);
        let of_child = session.loaded.definition(child.name, &[]);
        definition.extend(of_child.into_iter().filter(|(key, _)| key.starts_with(&each)));
    }
    definition
}

/// What defines the pull of the stream `name` into these sinks: its settings, each with a fingerprint of its value.
pub(crate) fn definition_of(
    session: &Session,
    name: &str,
    source: &Source,
    sinks: &[&str],
) -> BTreeMap<String, String> {
    let mut definition = session.loaded.definition(name, sinks);
    let job = source.job.as_ref().map(|job| (&job.submit, "job.submit.body"));
    for (request, key) in [(&source.first, "body")].into_iter().chain(job) {
        // Other contents are in the configuration as they are.
        if let Body::Json(body) = &request.body {
            let key = format!("streams.{name}.{key}");
            definition.retain(|other, _| !other.starts_with(&key));
            definition.insert(key, longhaul_core::state::fingerprint(&body.to_string()));
        }
    }
    definition
}

fn cannot_roll_back(name: &str, error: &PullError, file: &StateFile) -> Failure {
    let clause = format!("cannot roll back what the unfinished run of `{name}` wrote: {}", Chain(error));
    let state = file.path();
    let hint = format!("fix the problem; or, to leave what it wrote in place, delete `{}`", state.display());
    Failure::new(Exit::Sink, clause).hint(hint)
}

fn variables_of(session: &Session, pull: &Unfinished) -> Variables {
    let placeholders = pull.placeholders.iter();
    placeholders
        .fold(Variables::new("", &session.folder), |variables, (name, value)| variables.with(name, value))
}

fn changed(name: &str, differences: &[&str], pull: &Unfinished) -> Failure {
    let keys = differences.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let changed = if differences.len() == 1 { "this setting has" } else { "these settings have" };
    let clause = format!(
        "cannot resume the run of `{name}` started at {}: {changed} changed since: {keys}",
        shown(pull.started)
    );
    let hint = format!(
        "restore the configuration to resume, or discard the {} already pulled and start again: longhaul run \
         {name} --fresh",
        counted(pull.checkpoint.so_far().records, "record")
    );
    Failure::new(Exit::State, clause).hint(hint)
}

fn other_parents(name: &str) -> Failure {
    let clause = format!("cannot resume `{name}`: its parents are not those that the unfinished run has");
    let hint = format!("start again with new parents: longhaul run {name} --fresh");
    Failure::new(Exit::State, clause).hint(hint)
}

/// The pages of `name` that wait for their turn are files of another machine.
pub(crate) fn elsewhere(name: &str) -> Failure {
    let clause =
        format!("cannot resume `{name}` here: some of its pages are on the machine that pulled it last");
    Failure::new(Exit::State, clause).hint(there_or_again(name))
}

/// What to do about a pull that needs files of another machine.
pub(crate) fn there_or_again(name: &str) -> String {
    format!("resume it on the machine that pulled it last, or start again: longhaul run {name} --fresh")
}

/// Why a pull that needs files of another machine is not resumed.
pub(crate) fn starting_again(name: &str) -> String {
    format!("{name}: starting again: what was not uploaded yet is on the machine that pulled it last")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_on_another_machine_are_an_error_of_the_state() {
        let failure = elsewhere("calls");
        assert_eq!(failure.exit, Exit::State);
        assert_eq!(
            failure.error.to_string(),
            "cannot resume `calls` here: some of its pages are on the machine that pulled it last"
        );
        let hint = "resume it on the machine that pulled it last, or start again: longhaul run calls --fresh";
        assert_eq!(failure.hint.as_deref(), Some(hint));
    }
}
