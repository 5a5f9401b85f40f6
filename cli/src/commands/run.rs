//! `longhaul run`: the main job.

use std::collections::HashMap;

use longhaul_core::{
    pages::Listing,
    run::{Pull, PullError, Summary, run},
    sink::{Destination, OpenSink, SinkErrorKind, Site},
};

use crate::{
    args::RunArguments,
    config::{ConfigError, Stream},
    exit::Exit,
    failure::Failure,
    lock::{LockError, StateLock},
    progress::{grouped, seconds},
    report,
    session::Session,
    wire::{self, ConfiguredSinks, STDOUT},
};

/// Pulls the chosen streams, one after another. One that fails does not stop the rest; the first failure decides.
pub(crate) fn execute(session: &Session, arguments: &RunArguments) -> Result<Exit, Failure> {
    let streams = session.streams(&arguments.streams)?;
    let plugins = session.plugins()?;
    let names = streams.iter().flat_map(|(_, stream)| sink_names(stream, arguments));
    let sinks = ConfiguredSinks::configure(&session.loaded, names, &plugins)?;
    let planned = plan(session, arguments, &streams, &sinks)?;
    let access = session.connect()?;
    let _lock = lock(session, &planned)?;
    let mut first: Option<Failure> = None;
    for pull in &planned {
        session.progress.begin(pull.name);
        let outcome = run(&pull.as_pull(), &access.client);
        let time = session.progress.end();
        match outcome {
            Ok(summary) => session.screen.tell(&pull.complete(&summary, &seconds(time))),
            // Whoever read the records has seen enough of them.
            Err(PullError::Sink { source, .. }) if source.kind() == SinkErrorKind::Closed => {}
            Err(error) => {
                let failure = Failure::of_pull(pull.name, error, session.stop.received());
                let stops = arguments.fail_fast || matches!(failure.exit, Exit::Signal(_));
                match &first {
                    None => first = Some(failure),
                    Some(_) => report::print(&failure, &mut session.screen.clone()),
                }
                if stops {
                    break;
                }
            }
        }
    }
    first.map_or(Ok(Exit::Complete), Err)
}

/// A pull that is ready to begin.
struct Planned<'s> {
    name: &'s str,
    listing: Listing,
    site: Site,
    sinks: Vec<(&'s str, &'s dyn OpenSink)>,
    destinations: Vec<Destination>,
}

impl Planned<'_> {
    fn as_pull(&self) -> Pull<'_> {
        Pull { listing: &self.listing, sinks: self.sinks.clone(), site: self.site.clone() }
    }

    fn complete(&self, summary: &Summary, time: &str) -> String {
        let to: Vec<_> = self.destinations.iter().map(shown).collect();
        let (records, pages) = (grouped(summary.records), grouped(summary.pages));
        format!("{}: complete, {records} records in {pages} pages, {time} -> {}", self.name, to.join(", "))
    }
}

fn shown(destination: &Destination) -> String {
    match destination {
        Destination::File(path) => path.display().to_string(),
        Destination::Stdout => "stdout".to_owned(),
        Destination::Elsewhere(place) => place.clone(),
    }
}

fn sink_names<'s>(stream: &'s Stream, arguments: &'s RunArguments) -> Vec<&'s str> {
    let named = if arguments.sink.is_empty() { &stream.sinks } else { &arguments.sink };
    if named.is_empty() { vec![STDOUT] } else { named.iter().map(String::as_str).collect() }
}

/// Everything that can be found wrong before anything is sent.
fn plan<'s>(
    session: &Session,
    arguments: &'s RunArguments,
    streams: &[(&'s str, &'s Stream)],
    sinks: &'s ConfiguredSinks,
) -> Result<Vec<Planned<'s>>, Failure> {
    let mut writers = HashMap::new();
    let mut planned = Vec::new();
    for (name, stream) in streams {
        let site = session.site(name);
        let mut chosen = Vec::new();
        let mut destinations = Vec::new();
        for sink_name in sink_names(stream, arguments) {
            let Some(sink) = sinks.get(sink_name) else { continue };
            let destination = sink
                .destination(&site)
                .map_err(|error| wire::of_options(&session.loaded, sink_name, error))?;
            let writer = format!("stream `{name}` through sink `{sink_name}`");
            if let Destination::File(path) = &destination
                && let Some(other) = writers.insert(path.clone(), writer.clone())
            {
                return Err(clash(
                    session,
                    sink_name,
                    &format!("{other} and {writer} both write to `{}`", path.display()),
                ));
            }
            chosen.push((sink_name, sink));
            destinations.push(destination);
        }
        let listing = session.listing(name, stream)?;
        planned.push(Planned { name, listing, site, sinks: chosen, destinations });
    }
    Ok(planned)
}

fn clash(session: &Session, sink: &str, clause: &str) -> Failure {
    let key = format!("sinks.{sink}.path");
    ConfigError::new(clause)
        .at(&key, session.loaded.origin_of(&key))
        .with_hint("put `{stream}` into the path")
        .into()
}

/// A pull into a pipe keeps no state and needs no lock.
fn lock(session: &Session, planned: &[Planned<'_>]) -> Result<Option<StateLock>, Failure> {
    let keeps_state = planned.iter().flat_map(|pull| &pull.destinations).any(|to| *to != Destination::Stdout);
    if !keeps_state {
        return Ok(None);
    }
    let folder = session.folder.join(&session.loaded.config.state_dir);
    StateLock::acquire(&folder).map(Some).map_err(|error| {
        let hint = match &error {
            LockError::Held { .. } => {
                "wait for the other run to end, or give this one a `state_dir` of its own"
            }
            LockError::Unusable { .. } => "check `state_dir` and who may write there",
        };
        Failure::new(Exit::State, error).hint(hint)
    })
}
