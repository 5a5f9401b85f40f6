//! `longhaul check`: everything except the pull.

use std::fmt::Write;

use longhaul_core::Source;

use crate::{
    args::RunArguments,
    build::{Access, ConfiguredSinks},
    commands::print,
    config::Stream,
    exit::Exit,
    session::{
        Session,
        first_page::FirstPage,
        plan::{Planned, plan, sink_names},
    },
    terminal::{failure::Failure, numbers::counted},
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
        let result = first_page(session, name, stream, source, &access)?;
        // Writing to a string does not fail.
        let _ = writeln!(text, "stream {name}: {result}");
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
    Ok(match FirstPage::fetch(session, name, stream, source, access)? {
        FirstPage::NeedsJob(_) => {
            format!("configured; check submits no jobs, preview does: longhaul preview {name}")
        }
        FirstPage::NoParents => "configured; without a parent there is no page to fetch".to_owned(),
        FirstPage::NothingNew => "ok, nothing new to pull".to_owned(),
        FirstPage::Fetched(page) => {
            let records = page.map_or(0, |page| page.batch().len() as u64);
            format!("ok, {} on the first page", counted(records, "record"))
        }
    })
}
