//! Plans a run, so that mistakes are found before anything is sent.

use longhaul_core::{
    partition::PartitionId,
    pull::differs_by,
    sink::{Destination, OpenSink, Variables},
};

pub(crate) use super::{
    children::adopt,
    planned::{Child, Planned, Retention, sink_names},
};

use crate::{
    args::RunArguments,
    build::{self, Access, ConfiguredSinks, STDOUT},
    config::{ConfigError, Stream},
    exit::Exit,
    session::{
        Session,
        children::{connect, connect_names},
        output_files,
        parents::with_parents,
        path_conflicts::PathConflicts,
        pull_id::pull_id,
        range, sample,
    },
    terminal::failure::Failure,
};

/// Plans the pulls of these streams, in this order. The stream of the parents of another one comes before it.
pub(crate) fn plan<'s>(
    session: &'s Session,
    arguments: &'s RunArguments,
    streams: &[(&'s str, &'s Stream)],
    sinks: &'s ConfiguredSinks,
    access: &Access,
) -> Result<Vec<Planned<'s>>, Failure> {
    plan_as("", session, arguments, streams, sinks, access)
}

/// Does what [`plan`] does. The ids of the pulls end with `suffix`, so that they have a state of their own.
pub(crate) fn plan_as<'s>(
    suffix: &str,
    session: &'s Session,
    arguments: &'s RunArguments,
    streams: &[(&'s str, &'s Stream)],
    sinks: &'s ConfiguredSinks,
    access: &Access,
) -> Result<Vec<Planned<'s>>, Failure> {
    let configuration = session.loaded.files().map(|path| session.folder.join(path));
    let mut paths =
        PathConflicts::new(configuration, &session.local_folder(), &session.loaded.config.state_dir);
    let (mut planned, mut failures) = (Vec::new(), Vec::new());
    let looked_up = |stream: &'s Stream| {
        let sources = sink_names(stream, arguments).into_iter().flat_map(|sink| sinks.names(sink));
        sources.map(|(source, _)| source.stream.as_str()).collect()
    };
    for (name, stream, is_selected) in with_parents(session, streams, arguments, &looked_up)? {
        let pull = if is_selected {
            plan_stream(suffix, session, arguments, (name, stream), sinks, &mut paths, access)
        } else {
            of_parents(session, name, stream, access)
        };
        match pull {
            Ok(pull) => planned.push(pull),
            Err(failure) => failures.push(failure),
        }
    }
    all(failures)?;
    output_files::check_all(&mut paths, session, arguments)?;
    connect_names(session, arguments, sinks, &mut planned)?;
    connect(session, &mut planned)?;
    Ok(planned)
}

/// The failures of streams as one, so that nobody has to correct them one by one. One that is not of the configuration comes
/// alone.
fn all(mut failures: Vec<Failure>) -> Result<(), Failure> {
    if let Some(other) = failures.iter().position(|failure| failure.exit != Exit::Usage) {
        return Err(failures.swap_remove(other));
    }
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else { return Ok(()) };
    Err(Failure { others: first.others.into_iter().chain(failures).collect(), ..first })
}

/// Plans the pull of a stream that the user selected.
fn plan_stream<'s>(
    suffix: &str,
    session: &'s Session,
    arguments: &'s RunArguments,
    (name, stream): (&'s str, &'s Stream),
    sinks: &'s ConfiguredSinks,
    paths: &mut PathConflicts,
    access: &Access,
) -> Result<Planned<'s>, Failure> {
    let id = pull_id(&session.loaded, name, &sink_names(stream, arguments), arguments) + suffix;
    let variables = session.variables(name);
    range::bounds(session, name, stream)?;
    if arguments.limit.is_some() {
        sample::check_stream(name, stream)?;
    }
    let mut pull = Planned {
        name,
        command: (id != name).then(|| session.invocation.clone().of_run(arguments).run(name)),
        id,
        stream,
        is_selected: true,
        parents: None,
        names: Vec::new(),
        children: Vec::new(),
        source: session.source(name, stream, access)?,
        variables: variables.clone(),
        sinks: Vec::new(),
        columns: Vec::new(),
        destinations: Vec::new(),
        objects: Vec::new(),
        retention: Retention::Kept,
        saves_state: false,
    };
    for sink in sink_names(stream, arguments) {
        let has_mode = sinks.knows(sink, "mode");
        pull.columns.extend_from_slice(sinks.columns(sink));
        let (sink_name, Some(sink)) = (sink.name, sinks.get(sink)) else { continue };
        let (destination, layout) = destination(session, sink_name, sink, &pull)?;
        let writer = format!("stream `{name}` through sink `{sink_name}`");
        let added = match &destination {
            Destination::File(path) => paths.add(path, &writer).and_then(|()| {
                let is_divided = has_max_rows(session, sink_name);
                if is_divided { paths.add_numbered(path, &writer) } else { Ok(()) }
            }),
            Destination::Elsewhere(_) => {
                // The destination of a database is a text for people. Its `path` is the file.
                let path = template(session, sink_name).and_then(|path| variables.path(path).ok());
                path.map_or(Ok(()), |path| paths.add_shared(&path, &writer))
            }
            Destination::Object(address) => paths.add_object(address, &writer),
            Destination::Stdout => Ok(()),
        };
        added.map_err(|clause| {
            at_path(session, sink_name, clause)
                .with_hint("put `{stream}` in the path, or choose another path")
        })?;
        let retention = match &destination {
            Destination::Stdout => Retention::None,
            _ if appends(session, sink_name) => Retention::Kept,
            Destination::File(_) | Destination::Object(_)
                if layout == Layout::FilePerPartition
                    && differs_by(&WINDOW.map(str::to_owned), sink, &variables) =>
            {
                Retention::OtherFiles
            }
            // A database without an option `mode` is assumed to keep its records.
            Destination::Elsewhere(_) if !has_mode => Retention::Kept,
            _ => Retention::UntilNextPull,
        };
        check_incremental(session, stream, sink_name, retention)?;
        if arguments.limit.is_some() {
            let is_shared = layout == Layout::OneDestination;
            sample::check_sink(session, sink_name, &destination, is_shared)?;
        }
        if let Destination::Object(address) = &destination {
            pull.objects.push((sink_name, address.clone()));
        }
        pull.retention = pull.retention.min(retention);
        if destination != Destination::Stdout && arguments.limit.is_none() {
            pull.saves_state = true;
        }
        pull.destinations.push(shown(session, sink_name, destination, layout));
        pull.sinks.push((sink_name, sink));
    }
    Ok(pull)
}

/// Plans a pull that only other streams need.
pub(crate) fn of_parents<'s>(
    session: &Session,
    name: &'s str,
    stream: &'s Stream,
    access: &Access,
) -> Result<Planned<'s>, Failure> {
    range::bounds(session, name, stream)?;
    Ok(Planned {
        name,
        id: name.to_owned(),
        command: None,
        stream,
        is_selected: false,
        parents: None,
        names: Vec::new(),
        children: Vec::new(),
        source: session.source(name, stream, access)?,
        variables: session.variables(name),
        sinks: Vec::new(),
        columns: Vec::new(),
        destinations: Vec::new(),
        objects: Vec::new(),
        retention: Retention::None,
        saves_state: false,
    })
}

/// The placeholders whose values differ between windows.
const WINDOW: [&str; 3] = ["partition", "window.start", "window.end"];

/// Where the partitions of a pull go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Layout {
    /// All partitions go to one destination.
    OneDestination,
    /// Each partition has its own file.
    FilePerPartition,
}

fn destination(
    session: &Session,
    name: &str,
    sink: &dyn OpenSink,
    pull: &Planned<'_>,
) -> Result<(Destination, Layout), Failure> {
    let wrong = |error| build::of_options(&session.loaded, name, error);
    let of_window = pull.stream.window.as_ref().map_or(Vec::new(), |_| WINDOW.map(str::to_owned).to_vec());
    let values = &pull.source.each;
    let of_parent =
        if values.is_empty() { Vec::new() } else { [&["partition".to_owned()], &values[..]].concat() };
    // The partitions are not known yet, so the placeholders stay in the path. The whole stream is a known one.
    let with = |variables: Variables, name: &String| variables.with(name, format!("{{{name}}}"));
    let whole = pull.variables.clone().with("partition", PartitionId::default().in_file_names());
    let variables = of_window.iter().chain(&of_parent).fold(whole, with);
    let kinds = [
        (&of_window, "windows", "window.start"),
        (&of_parent, "parents", values.first().map_or("", String::as_str)),
    ];
    let differs = |names: &[String]| differs_by(names, sink, &variables);
    let (distinct, alike): (Vec<_>, Vec<_>) =
        kinds.into_iter().filter(|(names, ..)| !names.is_empty()).partition(|(names, ..)| differs(names));
    let destination = sink.destination(&variables).map_err(wrong)?;
    match (distinct.first(), alike.first()) {
        (Some(_), None) => Ok((destination, Layout::FilePerPartition)),
        (Some((_, distinct, _)), Some((_, alike, placeholder))) => {
            let clause = format!(
                "`sinks.{name}.path` has a file for each of the {distinct}, but not for each of the {alike}"
            );
            Err(at_path(session, name, clause)
                .with_hint(format!("put `{{{placeholder}}}` in the path, too"))
                .into())
        }
        (None, _) => Ok((destination, Layout::OneDestination)),
    }
}

/// Each pull of an incremental stream must leave the records of the earlier ones in place.
fn check_incremental(
    session: &Session,
    stream: &Stream,
    sink: &str,
    retention: Retention,
) -> Result<(), Failure> {
    if !stream.is_incremental() {
        return Ok(());
    }
    let (key, hint) = match &stream.incremental {
        Some(_) => ("incremental", "set `mode = \"append\"`"),
        None => ("incremental = true", "put `{window.start}` in the path, or set `mode = \"append\"`"),
    };
    match retention {
        Retention::None => Err(Failure::usage(ConfigError::new(format!(
            "a stream with `{key}` must go to a sink that keeps its records, not to stdout"
        )))),
        // The files of windows have other records in each pull.
        Retention::OtherFiles if stream.incremental.is_none() => Ok(()),
        Retention::UntilNextPull | Retention::OtherFiles => {
            let clause = "each pull of this incremental stream would replace the records of the previous one";
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

/// Whether the sink continues in a numbered file when one is full.
pub(crate) fn has_max_rows(session: &Session, sink: &str) -> bool {
    session.loaded.config.sinks.get(sink).is_some_and(|sink| sink.options.contains_key("max_rows"))
}

fn at_path(session: &Session, sink: &str, clause: String) -> ConfigError {
    let key = format!("sinks.{sink}.path");
    ConfigError::new(clause).at(&key, session.loaded.origin_of(&key))
}

fn shown(session: &Session, sink: &str, destination: Destination, layout: Layout) -> String {
    match (destination, template(session, sink)) {
        (Destination::File(_) | Destination::Object(_), Some(template))
            if layout == Layout::FilePerPartition =>
        {
            template.to_owned()
        }
        (Destination::File(path), _) => path.display().to_string(),
        (Destination::Object(place) | Destination::Elsewhere(place), _) => place,
        (_, _) => STDOUT.to_owned(),
    }
}

/// The `path` of a sink, as configured.
fn template<'s>(session: &'s Session, sink: &str) -> Option<&'s str> {
    session.loaded.config.sinks.get(sink)?.options.get("path")?.as_str()
}
