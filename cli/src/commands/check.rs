//! `longhaul check`: everything but the pull.

use std::fmt::Write;

use longhaul_core::{Source, pages::Pages};

use crate::{
    commands::print,
    config::Stream,
    exit::Exit,
    failure::Failure,
    progress::counted,
    range,
    session::Session,
    wire::{self, Access, ConfiguredSinks, STDOUT},
};

/// Builds every component, gets a token, and fetches one page of each stream that `run` would pull.
pub(crate) fn execute(session: &Session, names: &[String]) -> Result<Exit, Failure> {
    let streams = session.streams(names)?;
    let plugins = session.plugins()?;
    let configured = streams.iter().flat_map(|(_, stream)| stream.sinks.iter().map(String::as_str));
    let sinks = ConfiguredSinks::configure(&session.loaded, configured.chain([STDOUT]), &plugins)?;
    let access = session.connect()?;
    let mut sources = Vec::new();
    for (name, stream) in &streams {
        for sink in &stream.sinks {
            // What a window's file is called is known once there is a window.
            let site = session.site(name).with("window.start", "start").with("window.end", "end");
            let destination = sinks.get(sink).map(|opener| opener.destination(&site));
            destination.transpose().map_err(|error| wire::of_options(&session.loaded, sink, error))?;
        }
        sources.push((*name, *stream, session.source(name, stream, &access)?));
    }
    let mut text = String::from("configuration: ok\n");
    if session.token(&access)?.is_some() {
        text.push_str("token: ok\n");
    }
    for (name, stream, source) in &sources {
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
    let failed = |error| Failure::of_pull(name, error, session.stop.received());
    let range = range::resolve(session, name, stream, source, access)?;
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
