//! `longhaul check`: everything but the pull.

use std::fmt::Write;

use longhaul_core::{pages::Pages, run::PullError};

use crate::{
    commands::print,
    exit::Exit,
    failure::Failure,
    session::Session,
    wire::{self, ConfiguredSinks, STDOUT},
};

/// Builds every component, gets a token, and fetches one page of each stream that `run` would pull.
pub(crate) fn execute(session: &Session, names: &[String]) -> Result<Exit, Failure> {
    let streams = session.streams(names)?;
    let plugins = session.plugins()?;
    let configured = streams.iter().flat_map(|(_, stream)| stream.sinks.iter().map(String::as_str));
    let sinks = ConfiguredSinks::configure(&session.loaded, configured.chain([STDOUT]), &plugins)?;
    let mut listings = Vec::new();
    for (name, stream) in &streams {
        for sink in &stream.sinks {
            let destination = sinks.get(sink).map(|opener| opener.destination(&session.site(name)));
            destination.transpose().map_err(|error| wire::of_options(&session.loaded, sink, error))?;
        }
        listings.push((name, session.listing(name, stream)?));
    }
    let access = session.connect()?;
    let mut text = String::from("configuration: ok\n");
    if session.token(&access)?.is_some() {
        text.push_str("token: ok\n");
    }
    for (name, listing) in &listings {
        let page = Pages::new(&access.client, listing).fetch();
        let page =
            page.map_err(|error| Failure::of_pull(name, PullError::Page(error), session.stop.received()))?;
        let records = page.map_or(0, |page| page.batch().len());
        // Writing to a string does not fail.
        let _ = writeln!(text, "stream {name}: ok, {records} records on the first page");
    }
    print(&text)
}
