//! `longhaul streams`: what is configured to be pulled.

use std::fmt::Write;

use crate::{commands::print, config::Pages, exit::Exit, failure::Failure, session::Session, wire::STDOUT};

/// Prints each stream with its first request, its style of pagination and its sinks.
pub(crate) fn execute(session: &Session) -> Result<Exit, Failure> {
    let mut text = String::new();
    for (name, stream) in session.streams(&[])? {
        let pages = match &stream.pages {
            Pages::Single => "single",
            Pages::NextUrl { .. } => "next_url",
        };
        let sinks = if stream.sinks.is_empty() { STDOUT.to_owned() } else { stream.sinks.join(", ") };
        // Writing to a string does not fail.
        let _ =
            writeln!(text, "{name}\n  {} {}\n  pages: {pages}\n  sinks: {sinks}", stream.method, stream.path);
    }
    print(&text)
}
