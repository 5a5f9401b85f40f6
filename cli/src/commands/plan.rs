//! `longhaul plan`: divides streams into partitions, for many machines.

use std::{
    error::Error,
    io::{self, BufWriter, ErrorKind, Write},
    path::Path,
};

use longhaul_core::{
    partition::PartitionId,
    pull::{differs_by, window::Tiles},
    sink::{Destination, SinkError, Variables},
    state::{Parent, Parents, StateError, fingerprint},
    window::Window,
};
use serde_json::value::RawValue;

use crate::{
    args::{PlanArguments, RunArguments},
    build::{ConfiguredSinks, SinkFor},
    commands::run::pull_parents,
    config::Stream,
    exit::Exit,
    session::{
        Session,
        lock::PullLock,
        parents::StreamParents,
        partitions::plan_file::{Header, Line, StreamHeader, write_line},
        plan::{Planned, adopt, appends, plan_as, sink_names},
        range,
        resume::definition_of,
        run_record::RunRecord,
    },
    terminal::{failure::Failure, numbers::counted},
};

/// What the ids of the pulls of a plan end with, so that they have a state of their own.
const SUFFIX: &str = "@plan";

/// Resolves the ranges and the parents of the streams, and writes a line for each partition.
pub(crate) fn execute(mut session: Session, arguments: &PlanArguments) -> Result<Exit, Failure> {
    session.now = arguments.now.unwrap_or(session.now);
    let streams = session.streams(&arguments.streams)?;
    let is_child = |stream: &Stream| stream.each.as_ref().is_some_and(|each| each.stream.is_some());
    if !streams.iter().any(|(_, stream)| is_child(stream)) {
        // Nothing is pulled, so there is no state.
        return write(&session, arguments, false);
    }
    let ids: Vec<_> = streams.iter().map(|(name, _)| format!("{name}{SUFFIX}")).collect();
    let folder = session.state_folder();
    let id = format!("plan@{}", fingerprint(&ids.join("\n")));
    let _lock = PullLock::acquire(&folder, &id, session.now).map_err(unusable)?;
    let is_new = arguments.fresh || arguments.now.is_some();
    let record = RunRecord::open(&folder, ids, session.now, is_new).map_err(unusable)?;
    // A plan that was stopped is finished with the times that it began with.
    session.now = record.started;
    let written = write(&session, arguments, record.is_resumed)?;
    record.remove().map_err(unusable)?;
    Ok(written)
}

fn unusable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
    Failure::new(Exit::State, error)
        .hint("wait for the other command to end, or check `state_dir` and its permissions")
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
    let sinks = ConfiguredSinks::configure(&session.loaded, named, &session.sink_types()?)?;
    let access = session.connect()?;
    let mut planned = plan_as(SUFFIX, session, &run, &streams, &sinks, &access)?;
    let chosen: Vec<_> = planned.iter().filter(|pull| pull.is_selected).map(|pull| pull.name).collect();
    let mut headers = Vec::new();
    for pull in planned.iter().filter(|pull| chosen.contains(&pull.name)) {
        check_sinks(session, pull)?;
        let bounds = range::resolve_bounds(session, pull.name, pull.stream, &pull.source, None, &access)?;
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
        let with = |variables: Variables, name: &String| variables.with(name, "");
        let destination = opener.destination(&placeholders.iter().fold(pull.variables.clone(), with));
        if let Ok(Destination::Object(_)) = destination {
            let clause = "workers write files on a shared disk, and this is an object in a store";
            let hint = "choose a path on a shared disk, or pull the stream with longhaul run";
            return Err(wrong("path", clause, hint));
        }
        if !matches!(destination, Ok(Destination::File(_))) {
            let clause = "workers write a file for each partition, and this sink writes none";
            return Err(wrong("type", clause, "choose a sink that writes files, such as `ndjson`"));
        }
        if appends(session, sink) {
            let clause = "workers write a new file for each partition, so they cannot append to one";
            return Err(wrong("mode", clause, "remove it, or set `mode = \"replace\"`"));
        }
        let has_partitions = pull.stream.window.is_some() || pull.stream.each.is_some();
        if has_partitions && !differs_by(&placeholders, *opener, &pull.variables) {
            let clause = "it is the same for all partitions, so each would replace the file of another";
            return Err(wrong("path", clause, "put `{partition}` in the path"));
        }
    }
    if pull.source.unique.is_some() && (pull.stream.window.is_some() || pull.stream.each.is_some()) {
        log::warn!("{}: workers drop only the duplicates within a partition", pull.name);
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

/// A stream whose partitions are known.
struct Resolved<'p> {
    pull: &'p Planned<'p>,
    tiles: Option<Tiles>,
    parents: Option<Parents>,
}

impl<'p> Resolved<'p> {
    /// Counts the partitions, and notes them in the header.
    fn new(
        session: &Session,
        pull: &'p Planned<'p>,
        sinks: &ConfiguredSinks,
        header: &mut StreamHeader,
    ) -> Result<Self, Failure> {
        let window = pull.stream.window.as_ref().zip(header.range);
        let tiles =
            window.map(|(window, range)| range::tiles(session, pull.name, window, range)).transpose()?;
        let failed = |error| range::no_windows(session, pull.name, &error);
        let windows = tiles.clone().map(|mut tiles| {
            tiles.try_fold(0_u64, |count, window| window.map(|_| count + 1)).map_err(failed)
        });
        let parents = match &pull.parents {
            Some(parents) => parents.open()?,
            None => None,
        };
        if let (Some(of_stream), Some(parents)) = (&pull.parents, &parents) {
            of_stream.findings(parents).iter().for_each(|clause| log::warn!("{}: {clause}", pull.name));
            let names = header.sinks.iter().map(|name| SinkFor { name, table: pull.stream.table.as_ref() });
            let openers: Vec<_> = names.filter_map(|sink| Some((sink.name, sinks.get(sink)?))).collect();
            of_stream.check_paths(session, &openers, &pull.variables, parents)?;
        }
        // A stream without anything new has no file of parents.
        let of_parents = pull.parents.as_ref().map(|_| parents.as_ref().map_or(0, Parents::len));
        header.partitions = of_parents.unwrap_or(1).saturating_mul(windows.transpose()?.unwrap_or(1));
        header.parents = parents.as_ref().map(Parents::extent);
        Ok(Self { pull, tiles, parents })
    }

    /// Calls `each` with every partition, in order.
    fn lines(
        &self,
        header: &Header,
        mut each: impl FnMut(&Line) -> Result<(), Unwritten>,
    ) -> Result<(), Unwritten> {
        let mut line = Line {
            id: String::new(),
            stream: self.pull.name.to_owned(),
            window: None,
            parent: None,
            values: None,
            add: None,
        };
        if self.pull.parents.is_none() {
            return self.windows(&mut line, header, &mut each);
        }
        let Some(parents) = &self.parents else { return Ok(()) };
        let mut number = 0;
        parents.read_all(|parent| {
            line.parent = Some(number);
            (line.values, line.add) = (Some(values(&parent)?), Some(RawValue::from_string(parent.fields)?));
            number += 1;
            self.windows(&mut line, header, &mut each)
        })
    }

    /// The windows of one parent.
    fn windows(
        &self,
        line: &mut Line,
        header: &Header,
        each: &mut impl FnMut(&Line) -> Result<(), Unwritten>,
    ) -> Result<(), Unwritten> {
        let mut next = |line: &mut Line, window| {
            line.window = window;
            line.id = header.id_of(self.pull.name, PartitionId { parent: line.parent, window });
            each(line)
        };
        match self.tiles.clone() {
            None => next(line, None),
            Some(mut tiles) => {
                tiles.try_for_each(|window| next(line, Some(window.map_err(io::Error::other)?)))
            }
        }
    }
}

/// The values of a parent, as JSON.
fn values(parent: &Parent) -> serde_json::Result<Box<RawValue>> {
    let values = parent.values.iter();
    let values: Vec<_> =
        values.map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name.as_str()))).collect();
    RawValue::from_string(format!("{{{}}}", values.join(",")))
}

/// Why a plan could not be written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<serde_json::Error> for Unwritten {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

/// Writes the plan to `--out`, completely or not at all, or to standard output.
fn write_all(
    session: &Session,
    arguments: &PlanArguments,
    pulls: &[&Planned<'_>],
    sinks: &ConfiguredSinks,
    mut headers: Vec<StreamHeader>,
) -> Result<Exit, Failure> {
    let streams = pulls.iter().zip(&mut headers);
    let streams = streams.map(|(pull, header)| Resolved::new(session, pull, sinks, header));
    let streams = streams.collect::<Result<Vec<_>, _>>()?;
    let header = Header::new(session.now, headers);
    let write = |out: &mut dyn Write| -> Result<(), Unwritten> {
        write_line(out, &header)?;
        for stream in &streams {
            stream.lines(&header, |line| Ok(write_line(out, line)?))?;
        }
        Ok(out.flush()?)
    };
    let (written, place) = match &arguments.out {
        Some(path) => (replace(&session.folder.join(path), write), format!("`{}`", path.display())),
        None => (write(&mut BufWriter::new(io::stdout().lock())), "standard output".to_owned()),
    };
    match written {
        Ok(()) => {
            let partitions = counted(header.partitions(), "partition");
            session.screen.print(&format!("plan: {partitions} -> {place}"));
            Ok(Exit::Complete)
        }
        Err(Unwritten::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Complete),
        Err(Unwritten::Output(error)) => {
            let error = SinkError::io(format!("cannot write the plan to {place}"), error);
            Err(Failure::new(Exit::Sink, error).hint("free some space, or choose another file with --out"))
        }
        Err(Unwritten::State(error)) => Err(Failure::of_state("plan", error)),
    }
}

fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Unwritten>,
) -> Result<(), Unwritten> {
    let folder = path.parent().unwrap_or(path);
    let mut new = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
    write(&mut new)?;
    let new = new.into_inner().map_err(io::IntoInnerError::into_error)?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    Ok(())
}
