//! Plans a run, so that mistakes are found before anything is sent.

use longhaul_core::{
    Source,
    pull::has_file_for_each_window,
    sink::{Destination, OpenSink, Variables},
};

use crate::{
    args::RunArguments,
    build::{self, Access, ConfiguredSinks, STDOUT, SinkFor},
    config::{ConfigError, Stream},
    session::{Session, path_conflicts::PathConflicts, pull_id::pull_id, range},
    terminal::failure::Failure,
};

/// A pull that is ready to start.
#[derive(Debug)]
pub(crate) struct Planned<'s> {
    /// The stream's name.
    pub(crate) name: &'s str,
    /// The id of the pull, which its state and its lock have.
    pub(crate) id: String,
    /// The command that resumes the pull, if it is not the usual one of the stream.
    pub(crate) command: Option<String>,
    /// The configuration of the stream.
    pub(crate) stream: &'s Stream,
    /// The source of the records.
    pub(crate) source: Source,
    /// The values of the placeholders in requests and sinks.
    pub(crate) variables: Variables,
    /// The sinks, with their names.
    pub(crate) sinks: Vec<(&'s str, &'s dyn OpenSink)>,
    /// Where the records go, for people.
    pub(crate) destinations: Vec<String>,
    /// Whether the state of the pull is saved. Standard output keeps nothing, so a pull that only goes there cannot be
    /// resumed.
    pub(crate) saves_state: bool,
}

/// The sinks of a stream, with its table.
pub(crate) fn sink_names<'s>(stream: &'s Stream, arguments: &'s RunArguments) -> Vec<SinkFor<'s>> {
    let named = if arguments.sink.is_empty() { &stream.sinks } else { &arguments.sink };
    let names = if named.is_empty() { vec![STDOUT] } else { named.iter().map(String::as_str).collect() };
    names.into_iter().map(|name| SinkFor { name, table: stream.table.as_ref() }).collect()
}

/// Plans the pulls of these streams, in this order.
pub(crate) fn plan<'s>(
    session: &Session,
    arguments: &'s RunArguments,
    streams: &[(&'s str, &'s Stream)],
    sinks: &'s ConfiguredSinks,
    access: &Access,
) -> Result<Vec<Planned<'s>>, Failure> {
    let configuration = session.loaded.files().map(|path| session.folder.join(path));
    let mut paths = PathConflicts::new(configuration, &session.state_folder());
    let mut planned = Vec::new();
    for (name, stream) in streams {
        let id = pull_id(&session.loaded, name, &sink_names(stream, arguments), arguments);
        let variables = session.variables(name);
        range::bounds(session, name, stream)?;
        let mut pull = Planned {
            name,
            command: (id != *name).then(|| session.invocation.clone().of_run(arguments).run(name)),
            id,
            stream,
            source: session.source(name, stream, access)?,
            variables: variables.clone(),
            sinks: Vec::new(),
            destinations: Vec::new(),
            saves_state: false,
        };
        for sink in sink_names(stream, arguments) {
            let has_mode = sinks.knows(sink, "mode");
            let (sink_name, Some(sink)) = (sink.name, sinks.get(sink)) else { continue };
            let (destination, layout) = destination(session, sink_name, sink, &pull)?;
            let writer = format!("stream `{name}` through sink `{sink_name}`");
            let added = match &destination {
                Destination::File(path) => paths.add(path, &writer),
                Destination::Elsewhere(_) => {
                    // The destination of a database is a text for people. Its `path` is the file.
                    let path = template(session, sink_name).and_then(|path| variables.path(path).ok());
                    path.map_or(Ok(()), |path| paths.add_shared(&path, &writer))
                }
                Destination::Stdout => Ok(()),
            };
            added.map_err(|clause| {
                at_path(session, sink_name, clause)
                    .with_hint("put `{stream}` in the path, or choose another path")
            })?;
            let retention = match &destination {
                Destination::Stdout => Retention::None,
                Destination::File(_) if layout == Layout::FilePerWindow => Retention::Kept,
                _ if appends(session, sink_name) => Retention::Kept,
                // A database without an option `mode` is assumed to keep its records.
                Destination::Elsewhere(_) if !has_mode => Retention::Kept,
                _ => Retention::UntilNextPull,
            };
            check_incremental(session, stream, sink_name, retention)?;
            if destination != Destination::Stdout {
                pull.saves_state = true;
            }
            pull.destinations.push(shown(session, sink_name, destination, layout));
            pull.sinks.push((sink_name, sink));
        }
        planned.push(pull);
    }
    Ok(planned)
}

/// How long the records of a pull are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Retention {
    /// They are not kept.
    None,
    /// The next pull replaces them.
    UntilNextPull,
    /// They are kept.
    Kept,
}

/// Where the windows of a pull go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Layout {
    /// All windows go to one destination.
    OneDestination,
    /// Each window has its own file.
    FilePerWindow,
}

fn destination(
    session: &Session,
    name: &str,
    sink: &dyn OpenSink,
    pull: &Planned<'_>,
) -> Result<(Destination, Layout), Failure> {
    let wrong = |error| build::of_options(&session.loaded, name, error);
    let windowed = pull.stream.window.is_some() && has_file_for_each_window(sink, &pull.variables);
    if !windowed {
        return Ok((sink.destination(&pull.variables).map_err(wrong)?, Layout::OneDestination));
    }
    // The windows are not known yet, so the placeholders stay in the path.
    let variables =
        ["window.start", "window.end"].into_iter().fold(pull.variables.clone(), |variables, placeholder| {
            variables.with(placeholder, format!("{{{placeholder}}}"))
        });
    Ok((sink.destination(&variables).map_err(wrong)?, Layout::FilePerWindow))
}

/// Each pull of an incremental stream must leave the records of the earlier ones in place.
fn check_incremental(
    session: &Session,
    stream: &Stream,
    sink: &str,
    retention: Retention,
) -> Result<(), Failure> {
    if !stream.window.as_ref().is_some_and(|window| window.incremental) {
        return Ok(());
    }
    match retention {
        Retention::None => Err(Failure::usage(ConfigError::new(
            "a stream with `incremental = true` must go to a sink that keeps its records, not to stdout",
        ))),
        Retention::UntilNextPull => {
            let clause = "each pull of this incremental stream would replace the records of the previous one";
            let hint = "put `{window.start}` in the path, or set `mode = \"append\"`";
            Err(at_path(session, sink, clause.to_owned()).with_hint(hint).into())
        }
        Retention::Kept => Ok(()),
    }
}

/// Whether the sink appends to earlier records.
pub(crate) fn appends(session: &Session, sink: &str) -> bool {
    let options = session.loaded.config.sinks.get(sink).map(|sink| &sink.options);
    options.and_then(|options| options.get("mode")).and_then(|mode| mode.as_str()) == Some("append")
}

fn at_path(session: &Session, sink: &str, clause: String) -> ConfigError {
    let key = format!("sinks.{sink}.path");
    ConfigError::new(clause).at(&key, session.loaded.origin_of(&key))
}

fn shown(session: &Session, sink: &str, destination: Destination, layout: Layout) -> String {
    match (destination, template(session, sink)) {
        (Destination::File(_), Some(template)) if layout == Layout::FilePerWindow => template.to_owned(),
        (Destination::File(path), _) => path.display().to_string(),
        (Destination::Elsewhere(place), _) => place,
        (_, _) => STDOUT.to_owned(),
    }
}

/// The `path` of a sink, as configured.
fn template<'s>(session: &'s Session, sink: &str) -> Option<&'s str> {
    session.loaded.config.sinks.get(sink)?.options.get("path")?.as_str()
}
