//! What a run is going to do: everything that can be found wrong before anything is sent.

use longhaul_core::{
    Source,
    pull::has_file_for_each_window,
    sink::{Destination, OpenSink, Variables},
};

use crate::{
    args::RunArguments,
    build::{self, Access, ConfiguredSinks, STDOUT, SinkFor},
    config::{ConfigError, Stream},
    session::{Session, path_conflicts::PathConflicts, range},
    terminal::failure::Failure,
};

/// A pull that is ready to begin.
#[derive(Debug)]
pub(crate) struct Planned<'s> {
    /// The stream's name.
    pub(crate) name: &'s str,
    /// The stream as it is configured.
    pub(crate) stream: &'s Stream,
    /// What is pulled.
    pub(crate) source: Source,
    /// What requests and sinks are told.
    pub(crate) variables: Variables,
    /// The sinks, under their names.
    pub(crate) sinks: Vec<(&'s str, &'s dyn OpenSink)>,
    /// Where the records will be, in people's words.
    pub(crate) destinations: Vec<String>,
    /// Whether there is anything but a pipe at the other end.
    pub(crate) keeping: Keeping,
}

/// Whether a pull keeps anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keeping {
    /// Its records are kept somewhere, and so is its state.
    State,
    /// It goes down a pipe, and nothing is remembered of it.
    Nothing,
}

/// The names of the sinks that a stream goes to, with the table that it brings for them.
pub(crate) fn sink_names<'s>(stream: &'s Stream, arguments: &'s RunArguments) -> Vec<SinkFor<'s>> {
    let named = if arguments.sink.is_empty() { &stream.sinks } else { &arguments.sink };
    let names = if named.is_empty() { vec![STDOUT] } else { named.iter().map(String::as_str).collect() };
    names.into_iter().map(|name| SinkFor { name, table: stream.table.as_ref() }).collect()
}

/// Plans the pulls of these streams, in order.
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
        let variables = session.variables(name);
        range::bounds(session, name, stream)?;
        let mut pull = Planned {
            name,
            stream,
            source: session.source(name, stream, access)?,
            variables: variables.clone(),
            sinks: Vec::new(),
            destinations: Vec::new(),
            keeping: Keeping::Nothing,
        };
        for sink in sink_names(stream, arguments) {
            let has_mode = sinks.knows(sink, "mode");
            let (sink_name, Some(sink)) = (sink.name, sinks.get(sink)) else { continue };
            let (destination, spread) = destination(session, sink_name, sink, &pull)?;
            let writer = format!("stream `{name}` through sink `{sink_name}`");
            let claimed = match &destination {
                Destination::File(path) => paths.add(path, &writer),
                Destination::Elsewhere(_) => {
                    // A database says in its own words where it is, which its option says for machines.
                    let path = template(session, sink_name).and_then(|path| variables.path(path).ok());
                    path.map_or(Ok(()), |path| paths.add_shared(&path, &writer))
                }
                Destination::Stdout => Ok(()),
            };
            claimed.map_err(|clause| {
                at_path(session, sink_name, clause)
                    .with_hint("put `{stream}` in the path, or choose another path")
            })?;
            let fate = match &destination {
                Destination::Stdout => Fate::Forgotten,
                Destination::File(_) if spread == Spread::FileForEachWindow => Fate::Kept,
                _ if appends(session, sink_name) => Fate::Kept,
                // A database without a mode of writing is taken to keep what it has.
                Destination::Elsewhere(_) if !has_mode => Fate::Kept,
                _ => Fate::Replaced,
            };
            check_incremental(session, stream, sink_name, fate)?;
            if destination != Destination::Stdout {
                pull.keeping = Keeping::State;
            }
            pull.destinations.push(shown(session, sink_name, destination, spread));
            pull.sinks.push((sink_name, sink));
        }
        planned.push(pull);
    }
    Ok(planned)
}

/// What becomes of the records of a pull when there is another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// Nothing is kept of them.
    Forgotten,
    /// They are replaced.
    Replaced,
    /// They stay.
    Kept,
}

/// How a pull's windows are spread over files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Spread {
    /// All windows go to one place.
    OnePlace,
    /// Each has a file of its own.
    FileForEachWindow,
}

fn destination(
    session: &Session,
    name: &str,
    sink: &dyn OpenSink,
    pull: &Planned<'_>,
) -> Result<(Destination, Spread), Failure> {
    let wrong = |error| build::of_options(&session.loaded, name, error);
    let windowed = pull.stream.window.is_some() && has_file_for_each_window(sink, &pull.variables);
    if !windowed {
        return Ok((sink.destination(&pull.variables).map_err(wrong)?, Spread::OnePlace));
    }
    // The placeholders themselves stand for the windows that are not known yet.
    let variables =
        ["window.start", "window.end"].into_iter().fold(pull.variables.clone(), |variables, placeholder| {
            variables.with(placeholder, format!("{{{placeholder}}}"))
        });
    Ok((sink.destination(&variables).map_err(wrong)?, Spread::FileForEachWindow))
}

/// The next slice of an incremental pull must not replace the ones before it.
fn check_incremental(session: &Session, stream: &Stream, sink: &str, fate: Fate) -> Result<(), Failure> {
    if !stream.window.as_ref().is_some_and(|window| window.incremental) {
        return Ok(());
    }
    match fate {
        Fate::Forgotten => Err(Failure::usage(ConfigError::new(
            "a stream with `incremental = true` must go to a sink that keeps its records, not to stdout",
        ))),
        Fate::Replaced => {
            let clause = "each pull of this incremental stream would replace the records of the previous one";
            let hint = "put `{window.start}` in the path, or set `mode = \"append\"`";
            Err(at_path(session, sink, clause.to_owned()).with_hint(hint).into())
        }
        Fate::Kept => Ok(()),
    }
}

/// Whether the records of a sink stay where others follow.
pub(crate) fn appends(session: &Session, sink: &str) -> bool {
    let options = session.loaded.config.sinks.get(sink).map(|sink| &sink.options);
    options.and_then(|options| options.get("mode")).and_then(|mode| mode.as_str()) == Some("append")
}

fn at_path(session: &Session, sink: &str, clause: String) -> ConfigError {
    let key = format!("sinks.{sink}.path");
    ConfigError::new(clause).at(&key, session.loaded.origin_of(&key))
}

fn shown(session: &Session, sink: &str, destination: Destination, spread: Spread) -> String {
    match (destination, template(session, sink)) {
        (Destination::File(_), Some(template)) if spread == Spread::FileForEachWindow => template.to_owned(),
        (Destination::File(path), _) => path.display().to_string(),
        (Destination::Elsewhere(place), _) => place,
        (_, _) => STDOUT.to_owned(),
    }
}

/// The `path` of a sink that has one, as it was written.
fn template<'s>(session: &'s Session, sink: &str) -> Option<&'s str> {
    session.loaded.config.sinks.get(sink)?.options.get("path")?.as_str()
}
