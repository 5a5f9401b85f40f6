//! `longhaul run --dry-run`: what a run would request and write. Nothing is sent, and nothing is saved.

use std::fmt::{self, Write};

use longhaul_core::{sink::Variables, state::State};

use super::first_request;
use crate::{
    args::RunArguments,
    build::{self, ConfiguredSinks},
    commands::{print_text, status},
    config::Auth,
    exit::Exit,
    session::{
        Session,
        continuation::continuation,
        plan::{Planned, plan, sink_names},
        range,
    },
    terminal::{failure::Failure, numbers::counted, times},
};

/// Prints what a run with these arguments would do.
pub(crate) fn execute(mut session: Session, arguments: &RunArguments) -> Result<Exit, Failure> {
    let has_credentials = !matches!(session.loaded.config.auth, Auth::None);
    session.loaded = session.loaded.without_secrets();
    let session = &session;
    let streams = session.streams(&arguments.streams)?;
    let names = streams.iter().flat_map(|(_, stream)| sink_names(stream, arguments));
    let sinks = ConfiguredSinks::configure(&session.loaded, names, &session.sink_types()?, &session.folder)?;
    let access = session.connect_for(arguments)?;
    let mut text = String::new();
    for pull in &plan(session, arguments, &streams, &sinks, &access)? {
        let mut described = Described::new(session, arguments, pull)?;
        if let Some(request) = described.request.as_mut().filter(|_| has_credentials) {
            request.push_str("\n(and the credentials, which are not shown)");
        }
        // Writing to a string does not fail.
        let _ = described.write(&mut text);
    }
    text.push_str("nothing was sent\n");
    print_text(&session.screen.redact(&text))
}

/// What a run would do with one stream.
struct Described<'p> {
    pull: &'p Planned<'p>,
    /// Lines about the range of time.
    range: Vec<String>,
    /// A line about the parents.
    parents: Option<String>,
    /// The request for the first page, or of the first job. `None` if it is not the next one.
    request: Option<String>,
    limit: Option<u64>,
    /// What is saved of it.
    saved: String,
}

impl<'p> Described<'p> {
    fn new(session: &Session, arguments: &RunArguments, pull: &'p Planned<'p>) -> Result<Self, Failure> {
        let Planned { name, stream, ref source, .. } = *pull;
        let mut state = State::default();
        let mut saved = "nothing is saved, so it cannot be resumed\n".to_owned();
        if pull.saves_state {
            let file = session.state_file(&pull.id)?;
            state = file.load().map_err(|error| Failure::of_state(name, error))?;
            saved = status::described(session, name, stream, &pull.id)?;
        }
        if state.unfinished.is_some() && arguments.starts_again() {
            saved.push_str("  this is discarded, and everything is pulled again\n");
        }
        if arguments.full_refresh {
            state = state.from_the_beginning();
        }
        let resumed = state.unfinished.as_ref().filter(|_| !arguments.starts_again());
        let mut described =
            Self { pull, range: Vec::new(), parents: None, request: None, limit: None, saved };
        described.limit = arguments.limit.map(Into::into).filter(|_| pull.is_selected);
        described.parents = parents(session, pull)?;
        if resumed.is_some() {
            return Ok(described);
        }
        let known = state.watermark.filter(|_| pull.is_selected);
        let known = known.filter(|_| stream.window.as_ref().is_some_and(|window| window.incremental));
        let bounds = range::resolve_bounds(session, name, stream, source, known, None)?;
        let mut variables = pull.variables.clone();
        if let Some((window, bounds)) = stream.window.as_ref().zip(bounds) {
            let windows = range::tile(session, name, window, bounds)?;
            if windows.is_empty() {
                described.range.push("range: nothing new".to_owned());
                return Ok(described);
            }
            let count = counted(windows.len() as u64, "window");
            described.range.push(format!("range: {}, {count}", times::range(bounds)));
            if window.available.is_some() {
                let clause = "the range ends earlier if the API says that its data does";
                described.range.push(clause.to_owned());
            }
            if let Some((windows, first)) = source.windows.as_ref().zip(windows.first()) {
                variables = windows.in_requests(&variables, first);
            }
        }
        described.request = Some(request(session, pull, variables, &state)?);
        Ok(described)
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        let Self { pull, range, parents, request, limit, saved } = self;
        writeln!(text, "{}", pull.name)?;
        let request = request.as_ref().map(|request| format!("first request: {request}"));
        let limit = limit.map(|limit| format!("at most {}, as a sample", counted(limit, "record")));
        let to = format!("records to: {}", pull.destinations.join(", "));
        for line in range.iter().chain(parents).chain(&request).chain([&to]).chain(&limit) {
            writeln!(text, "  {}", line.replace('\n', "\n    "))?;
        }
        saved.lines().try_for_each(|line| writeln!(text, "  {line}"))
    }
}

/// What the parents of the stream are.
fn parents(session: &Session, pull: &Planned<'_>) -> Result<Option<String>, Failure> {
    let Some(each) = &pull.stream.each else { return Ok(None) };
    if let Some(stream) = &each.stream {
        return Ok(Some(format!("once for each record of `{stream}`, which is pulled first")));
    }
    let mut count = 0;
    build::each_listed(&session.loaded, pull.name, each, |_| {
        count += 1;
        Ok(())
    })?;
    Ok(Some(format!("once for each of {} in {}", counted(count, "parent"), each.source())))
}

/// The first request of a pull that starts now.
fn request(
    session: &Session,
    pull: &Planned<'_>,
    variables: Variables,
    state: &State,
) -> Result<String, Failure> {
    let reached = state.reached.as_ref().filter(|_| pull.is_selected);
    let start = continuation(session, pull.name, pull.stream, reached)?;
    let start = start.and_then(|continuation| continuation.start);
    first_request::shown(pull, variables, start.as_ref())
}
