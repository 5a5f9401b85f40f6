//! `longhaul check`: everything except the pull.

use std::fmt::Write;

use longhaul_core::{Source, listing::page::Page};

use crate::{
    args::RunArguments,
    build::{Access, ConfiguredSinks},
    commands::print_text,
    config::Stream,
    exit::Exit,
    session::{
        Session,
        first_page::{FirstPage, Wanted},
        plan::{Planned, plan, sink_names},
    },
    terminal::{failure::Failure, numbers::counted},
};

/// Builds every component, gets a token, and fetches two pages of each stream that `run` would pull.
pub(crate) fn execute(session: &Session, names: &[String]) -> Result<Exit, Failure> {
    build(session, names, |planned, access| {
        let mut text = String::from("configuration: ok\n");
        if session.token(access)?.is_some() {
            text.push_str("token: ok\n");
        }
        for Planned { name, stream, source, .. } in planned {
            let result = pages(session, name, stream, source, access)?;
            // Writing to a string does not fail.
            let _ = writeln!(text, "stream {name}: {result}");
        }
        print_text(&text)
    })
}

/// Builds every component. Nothing is sent, so no credentials are needed.
pub(crate) fn offline(mut session: Session, names: &[String]) -> Result<Exit, Failure> {
    session.loaded = session.loaded.without_secrets();
    build(&session, names, |_, _| print_text("configuration: ok\n"))
}

fn build(
    session: &Session,
    names: &[String],
    then: impl FnOnce(&[Planned<'_>], &Access) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let streams = session.streams(names)?;
    let arguments = RunArguments::default();
    let named = streams.iter().flat_map(|(_, stream)| sink_names(stream, &arguments));
    let sinks = ConfiguredSinks::configure(&session.loaded, named, &session.sink_types()?, &session.folder)?;
    let access = session.connect()?;
    then(&plan(session, &arguments, &streams, &sinks, &access)?, &access)
}

fn pages(
    session: &Session,
    name: &str,
    stream: &Stream,
    source: &Source,
    access: &Access,
) -> Result<String, Failure> {
    Ok(match FirstPage::fetch(session, name, stream, source, access, Wanted::TwoPages)? {
        FirstPage::NeedsJob(_) => {
            format!("configured; check submits no jobs, preview does: longhaul preview {name}")
        }
        FirstPage::NoParents => "configured; without a parent there is no page to fetch".to_owned(),
        FirstPage::NothingNew => "ok, nothing new to pull".to_owned(),
        FirstPage::Fetched { first, second } => {
            let records = |page: Option<Box<Page>>| page.map_or(0, |page| page.len());
            let of_first = counted(records(first), "record");
            match second {
                Some(page) => {
                    let of_second = counted(records(Some(page)), "record");
                    format!("ok, {of_first} on the first page, {of_second} on the second")
                }
                None => format!("ok, {of_first} on the only page"),
            }
        }
    })
}
