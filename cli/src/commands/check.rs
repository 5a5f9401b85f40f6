//! `longhaul check`: everything but the pull.

use std::fmt::Write;

use longhaul_core::{Source, pages::Pages};

use crate::{
    args::RunArguments,
    commands::print,
    config::Stream,
    exit::Exit,
    failure::Failure,
    plan::{Planned, plan, sink_names},
    progress::counted,
    range,
    session::Session,
    wire::{Access, ConfiguredSinks},
};

/// Builds every component, gets a token, and fetches one page of each stream that `run` would pull.
pub(crate) fn execute(session: &Session, names: &[String]) -> Result<Exit, Failure> {
    let streams = session.streams(names)?;
    let arguments = RunArguments::default();
    let named = streams.iter().flat_map(|(_, stream)| sink_names(stream, &arguments));
    let sinks = ConfiguredSinks::configure(&session.loaded, named, &session.plugins()?)?;
    let access = session.connect()?;
    let planned = plan(session, &arguments, &streams, &sinks, &access)?;
    let mut text = String::from("configuration: ok\n");
    if session.token(&access)?.is_some() {
        text.push_str("token: ok\n");
    }
    for Planned { name, stream, source, .. } in &planned {
        let found = first_page(session, name, stream, source, &access)?;
        // Writing to a string does not fail.
        let _ = writeln!(text, "stream {name}: {found}");
    }
    print(&text)
}

fn first_page(
    session: &Session,
    name: &str,
    stream: &Stream,
    source: &Source,
    access: &Access,
) -> Result<String, Failure> {
    let failed = |error| Failure::of_pull(name, error, session.stop.reason());
    let state = session.state_file(name).load().map_err(|error| Failure::of_state(name, error))?;
    let known = state.watermark;
    let range = range::resolve(session, name, stream, source, known, access)?;
    if source.job.is_some() {
        return Ok("configured; a check submits no jobs".to_owned());
    }
    let mut site = session.site(name);
    if let (Some(range), Some(windows)) = (range, &source.windows) {
        let Some(window) = range.windows.first() else { return Ok("ok, there is nothing new".to_owned()) };
        site = windows.in_requests(&site, window);
    }
    let listing = source.listing(&site).map_err(|error| failed(error.into()))?;
    let page = Pages::new(&access.client, &listing).fetch().map_err(|error| failed(error.into()))?;
    let records = page.map_or(0, |page| page.batch().len() as u64);
    Ok(format!("ok, {} on the first page", counted(records, "record")))
}
