//! `longhaul streams`: the streams of the configuration and the preset.

use std::{
    fmt::{self, Write},
    time::Duration,
};

use jiff::SignedDuration;

use crate::{
    build::STDOUT,
    commands::print_text,
    config::{Job, Loaded, Pages, Stream, Window},
    exit::Exit,
    session::Session,
    terminal::{failure::Failure, numbers::counted},
};

/// Prints the streams that `run` pulls, then those of the preset that it pulls only if they are named.
pub(crate) fn execute(session: &Session) -> Result<Exit, Failure> {
    if session.loaded.all_streams().is_empty() {
        session.streams(&[])?;
    }
    print_text(&listing(&session.loaded))
}

fn listing(loaded: &Loaded) -> String {
    let pulled = loaded.streams();
    let mut text = String::new();
    for (name, stream) in loaded.all_streams() {
        let mark =
            if pulled.iter().any(|(other, _)| *other == name) { "" } else { " (only when you name it)" };
        // Writing to a string does not fail.
        let _ = describe(&mut text, &format!("{name}{mark}"), stream);
    }
    text
}

fn describe(text: &mut String, title: &str, stream: &Stream) -> fmt::Result {
    writeln!(text, "{title}")?;
    if let Some(description) = &stream.description {
        writeln!(text, "  {description}")?;
    }
    writeln!(text, "  {} {}", stream.method, stream.path)?;
    if let Some(each) = &stream.each {
        writeln!(text, "  for each record of {}", each.source())?;
    }
    if !stream.permissions.is_empty() {
        writeln!(text, "  permissions: {}", stream.permissions.join(", "))?;
    }
    if let Some(job) = &stream.job {
        writeln!(text, "  job: {}", describe_job(job))?;
    }
    if let Some(window) = &stream.window {
        writeln!(text, "  window: {}", describe_window(window))?;
    }
    writeln!(text, "  pages: {}", describe_pages(&stream.pages))?;
    let sinks = if stream.sinks.is_empty() { STDOUT.to_owned() } else { stream.sinks.join(", ") };
    writeln!(text, "  sinks: {sinks}")
}

fn describe_job(job: &Job) -> String {
    let submit = &job.submit;
    format!("{} {}, polled every {}", submit.method, submit.path, duration(job.every))
}

fn describe_window(window: &Window) -> String {
    let from = window.from.as_ref().map_or_else(|| "(required)".to_owned(), ToString::to_string);
    let slice = window.slice.map(|slice| format!(", in slices of {slice:#}")).unwrap_or_default();
    let incremental = if window.incremental { ", continuing where the last run ended" } else { "" };
    format!("from {from} to {}{slice}{incremental}", window.to)
}

fn describe_pages(pages: &Pages) -> String {
    let size = pages.ends.size.map(|size| format!(", {} each", counted(size, "record")));
    format!("{}{}", pages.style.kind(), size.unwrap_or_default())
}

fn duration(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{time:?}"), |time| format!("{time:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Sources};

    #[test]
    fn streams_that_run_pulls_come_first_and_the_others_are_marked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("crm.toml"),
            r#"
            api.base_url = "https://api.example.com"
            auth.type = "none"
            [streams.contacts]
            description = "everyone who ever called"
            path = "/contacts"
            pages = { type = "page_number", param = "page", size_param = "size", size = 50 }
            [streams.calls]
            permissions = ["calls:view", "calls:export"]
            path = "/exports/{job.id}/calls"
            pages = { type = "cursor", param = "after", cursor = "/next" }
            window = { slice = "1d", incremental = true }
            [streams.calls.job]
            submit = { path = "/exports" }
            id = "/id"
            poll = "/exports/{job.id}"
            state = "/state"
            done = ["DONE"]
            "#,
        )
        .unwrap();
        let text = "system = './crm.toml'\nstreams.calls.window.from = 'now-7d/d'\n";
        std::fs::write(folder.path().join("longhaul.toml"), text).unwrap();
        let sources = Sources { cwd: folder.path().to_owned(), ..Sources::default() };
        let called = "calls\n  GET /exports/{job.id}/calls\n  permissions: calls:view, calls:export\n  \
                      job: POST /exports, polled every 3s\n  \
                      window: from now-7d/d to now, in slices of 1d, continuing where the last run ended\n  \
                      pages: cursor\n  sinks: stdout\n";
        let named = "contacts (only when you name it)\n  everyone who ever called\n  GET /contacts\n  \
                     pages: page_number, 50 records each\n  sinks: stdout\n";
        assert_eq!(listing(&config::load(&sources).unwrap()), [called, named].concat());
        std::fs::write(folder.path().join("longhaul.toml"), "system = './crm.toml'\n").unwrap();
        let shown = listing(&config::load(&sources).unwrap());
        assert!(shown.contains("window: from (required) to now, in slices of 1d,"), "{shown}");
    }
}
