//! `longhaul plan`: divides streams into partitions, for many machines.

mod lines;
mod output;
mod unwritten;

use std::error::Error;

use longhaul_core::{
    pull::differs_by,
    sink::{Destination, Variables},
    state::fingerprint,
    window::Window,
};

use self::output::write_all;
use crate::{
    args::{PlanArguments, RunArguments},
    build::ConfiguredSinks,
    commands::run::pull_parents,
    config::{ConfigError, Stream},
    exit::Exit,
    session::{
        Session,
        lock::PullLock,
        output_files,
        parents::StreamParents,
        partitions::{plan_file::StreamHeader, repeats},
        plan::{Planned, adopt, appends, has_max_rows, plan_as, sink_names},
        range,
        resume::definition_of,
        run_record::RunRecord,
    },
    terminal::{failure::Failure, storage},
};

/// What the ids of the pulls of a plan end with, so that they have a state of their own.
const SUFFIX: &str = "@plan";

/// Resolves the ranges and the parents of the streams, and writes a line for each partition.
pub(crate) fn execute(mut session: Session, arguments: &PlanArguments) -> Result<Exit, Failure> {
    session.state_place()?;
    session.now = arguments.now.unwrap_or(session.now);
    if let Some(out) = &arguments.out {
        output_files::check(&session, "--out", out)?;
    }
    let streams = session.streams(&arguments.streams)?;
    let is_child = |stream: &Stream| stream.each.as_ref().is_some_and(|each| each.stream.is_some());
    if !streams.iter().any(|(_, stream)| is_child(stream)) {
        // Nothing is pulled, so there is no state.
        return write(&session, arguments, false);
    }
    let ids: Vec<_> = streams.iter().map(|(name, _)| format!("{name}{SUFFIX}")).collect();
    let folder = session.local_folder();
    let id = format!("plan@{}", fingerprint(&ids.join("\n")));
    let _lock = PullLock::acquire(&folder, &id, session.now).map_err(unusable)?;
    session.state_place()?.name_local_folder().map_err(unusable)?;
    let is_new = arguments.fresh || arguments.now.is_some();
    let record = RunRecord::open(session.state_place()?, ids, session.now, is_new).map_err(unusable)?;
    // A plan that was stopped is finished with the times that it began with.
    session.now = record.started;
    let written = write(&session, arguments, record.is_resumed)?;
    record.remove().map_err(unusable)?;
    Ok(written)
}

fn unusable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
    let error = error.into();
    let no_room = storage::full_state_folder(&*error);
    let hint = "wait for the other command to end, or check `state_dir` and its permissions";
    Failure::new(Exit::State, error).hint(no_room.unwrap_or(hint))
}

fn write(session: &Session, arguments: &PlanArguments, is_resumed: bool) -> Result<Exit, Failure> {
    let PlanArguments { streams, sink, .. } = arguments;
    let run = RunArguments {
        streams: streams.clone(),
        sink: sink.clone(),
        fresh: !is_resumed,
        ..RunArguments::default()
    };
    let streams = session.streams(&run.streams)?;
    let named = streams.iter().flat_map(|(_, stream)| sink_names(stream, &run));
    let sinks = ConfiguredSinks::configure(&session.loaded, named, &session.sink_types()?, &session.folder)?;
    let access = session.connect_for(&run)?;
    let mut planned = plan_as(SUFFIX, session, &run, &streams, &sinks, &access)?;
    let chosen: Vec<_> = planned.iter().filter(|pull| pull.is_selected).map(|pull| pull.name).collect();
    let mut headers = Vec::new();
    for pull in planned.iter().filter(|pull| chosen.contains(&pull.name)) {
        check_sinks(session, pull)?;
        let bounds =
            range::resolve_bounds(session, pull.name, pull.stream, &pull.source, None, Some(&access))?;
        headers.push(header(session, pull, bounds));
    }
    let all_parents = || planned.iter().filter_map(|pull| pull.parents.as_ref());
    for parents in all_parents() {
        if !is_resumed {
            parents.forget()?;
        }
        if parents.stream().is_none() && !parents.are_resolved() {
            parents.resolve_listed(session)?;
        }
    }
    // Whatever else the streams are, here they are only pulled as parents.
    for pull in planned.iter_mut().filter(|pull| pull.is_selected && !pull.children.is_empty()) {
        pull.is_selected = false;
        pull.sinks.clear();
        let children = std::mem::take(&mut pull.children);
        adopt(session, pull, &children.iter().collect::<Vec<_>>());
        pull.children = children;
    }
    pull_parents(session, &run, &access, &planned)?;
    let pulls: Vec<_> = planned.iter().filter(|pull| chosen.contains(&pull.name)).collect();
    let written = write_all(session, arguments, &pulls, &sinks, headers)?;
    planned.iter().filter_map(|pull| pull.parents.as_ref()).try_for_each(StreamParents::forget)?;
    Ok(written)
}

/// Checks that each partition of the stream has files of its own, which no earlier records are in.
fn check_sinks(session: &Session, pull: &Planned<'_>) -> Result<(), Failure> {
    if let Some(names) = pull.names.first() {
        let clause = format!("`lookup`: no worker knows the names in `{}`", names.stream());
        return Err(Failure::usage(
            ConfigError::new(clause).with_hint("leave out the `lookup`, or use longhaul run"),
        ));
    }
    if pull.stream.incremental.is_some() {
        let key = format!("streams.{}.incremental", pull.name);
        let clause = format!("`{key}`: no worker knows where the next run would start");
        let error = session.loaded.error_at(&key, clause);
        return Err(error
            .with_hint("plan a stream with a `window`, or pull this one with longhaul run")
            .into());
    }
    let placeholders = pull.source.partition_placeholders();
    for (sink, opener) in &pull.sinks {
        let wrong = |key: &str, clause: &str, hint: &str| -> Failure {
            let key = format!("sinks.{sink}.{key}");
            session.loaded.error_at(&key, format!("`{key}`: {clause}")).with_hint(hint).into()
        };
        // Not empty: it may be the whole name of the file.
        let with = |variables: Variables, name: &String| variables.with(name, "0");
        let destination = opener.destination(&placeholders.iter().fold(pull.variables.clone(), with));
        if !matches!(destination, Ok(Destination::File(_) | Destination::Object(_))) {
            let clause = "workers write a file for each partition, and this sink writes none";
            return Err(wrong("type", clause, "choose a sink that writes files, such as `ndjson`"));
        }
        if appends(session, sink) {
            let clause = "workers write a new file for each partition, so they cannot append to one";
            return Err(wrong("mode", clause, "remove it, or set `mode = \"replace\"`"));
        }
        if has_max_rows(session, sink) {
            let clause = "a receipt of a partition names one file, and this sink may write several";
            return Err(wrong("max_rows", clause, "remove it: more partitions have smaller files"));
        }
        let has_partitions = pull.stream.window.is_some() || pull.stream.each.is_some();
        if has_partitions && !differs_by(&placeholders, *opener, &pull.variables) {
            let clause = "it is the same for all partitions, so each would replace the file of another";
            return Err(wrong("path", clause, "put `{partition}` in the path"));
        }
    }
    if repeats::may_occur(pull.stream) {
        log::warn!("{}: {}", pull.name, repeats::CLAUSE);
    }
    Ok(())
}

fn header(session: &Session, pull: &Planned<'_>, range: Option<Window>) -> StreamHeader {
    let sinks: Vec<_> = pull.sinks.iter().map(|(name, _)| *name).collect();
    let placeholders = pull.variables.values();
    StreamHeader {
        name: pull.name.to_owned(),
        partitions: 0,
        sinks: sinks.iter().map(|name| (*name).to_owned()).collect(),
        range,
        parents: None,
        placeholders: placeholders.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        definition: definition_of(session, pull.name, &pull.source, &sinks),
    }
}
