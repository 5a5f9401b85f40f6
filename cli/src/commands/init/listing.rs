//! `longhaul init URL`: looks at one page of an API, and writes a configuration that pulls it.

use std::fmt::Write;

use super::{
    answer,
    ask::Questions,
    destination::Destination,
    draft::Draft,
    found::{Found, Pages},
    records::{self, Records},
    request::{Credential, FirstRequest, Goes},
    text::printable,
    trial::{NotFetched, RawPage, Trial},
};
use crate::{
    args::InitArguments,
    commands::print_text,
    config::Sources,
    exit::Exit,
    stop::Stop,
    terminal::{
        failure::Failure,
        invocation::Invocation,
        numbers::{counted, grouped},
        screen::Screen,
    },
};

/// Writes the configuration.
pub(super) fn execute(
    arguments: &InitArguments,
    sources: &Sources,
    invocation: &Invocation,
    screen: &Screen,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let destination = Destination::of(sources)?;
    let mut request = FirstRequest::of(arguments, &sources.environment)?;
    let trial = Trial::new(sources, screen, stop)?;
    let page = first_page(&mut request, &trial, sources, &Questions::new(screen))?;
    let body = answer::json(&page, &request)?;
    let records = records::find(&body, &request.path);
    let found = Found::of(&request, &page, &body, &records, &trial, screen)?;
    destination.write(&found.draft(&request, &records).text())?;
    print_text(&report(&found, &request, &records, &destination, invocation))
}

/// Requests the first page. If the API requires credentials and there are none, somebody on a terminal is asked where
/// they are.
fn first_page(
    request: &mut FirstRequest,
    trial: &Trial<'_>,
    sources: &Sources,
    questions: &Questions<'_>,
) -> Result<RawPage, Failure> {
    let fetch = |request: &FirstRequest| trial.fetch(&Draft::new(request).text(), &request.stream);
    let fetched = match fetch(request) {
        Err(NotFetched { is_unauthorized: true, .. })
            if request.credential.is_none() && questions.is_terminal() =>
        {
            let question = "The API requires credentials. Environment variable that holds the token";
            let name = questions.ask(question, None)?;
            request.credential = Some(Credential::new(&name, Goes::Bearer, &sources.environment)?);
            fetch(request)
        }
        fetched => fetched,
    };
    fetched.map_err(|NotFetched { failure, is_unauthorized }| match &request.credential {
        None if is_unauthorized => {
            let hint = "put a token into an environment variable, and name that: --token-env NAME; for a key in a header \
                        such as X-Api-Key, add --token-header X-Api-Key";
            Failure { exit: Exit::Authentication, ..failure }.hint(hint)
        }
        Some(Credential { variable, .. }) if is_unauthorized => {
            failure.hint(format!(
                "check the token in `{variable}`, what it may read, and where it goes: --token-header NAME or --token-query NAME; \
                 for a scheme other than `Bearer`, put the scheme into `{variable}`, too, as in `Token …` or `Basic …`, and \
                 add --token-header Authorization"
            ))
        }
        _ => failure,
    })
}

/// What was found, and what to do next.
fn report(
    found: &Found,
    request: &FirstRequest,
    records: &Records<'_>,
    destination: &Destination,
    invocation: &Invocation,
) -> String {
    let stream = &request.stream;
    let count = counted(records.all.len() as u64, "record");
    let at = match (records.is_object, records.at.to_string().as_str()) {
        (true, _) => "the page itself".to_owned(),
        (false, "") => "the elements of the page".to_owned(),
        (false, at) => format!("at `{at}`"),
    };
    let pages = match &found.pages {
        Pages::Tried(paging) => format!("{}; tried: it leads to the second page", paging.found),
        Pages::Untried(paging) if paging.kind() == "single" => paging.found.clone(),
        Pages::Untried(paging) => format!("{}; not tried, because there is only one page", paging.found),
        Pages::Single => "none, because nothing on the page leads to another one".to_owned(),
        Pages::Unsettled { why, .. } => format!("not settled: {why}"),
    };
    let mut text = format!("{stream}: {count} on the first page, {at}\n  next page: {pages}\n");
    // Writing to a string does not fail.
    if let Some((at, total)) = &found.total {
        let _ = writeln!(text, "  total: {}, at `{at}`", grouped(*total));
    }
    if let Some(name) = found.unique {
        let _ = writeln!(text, "  key of a record: `/{name}`");
    }
    let commands = ["check".to_owned(), format!("preview {stream} --columns"), "run".to_owned()];
    let commands = commands.map(|command| format!("  {}\n", invocation.command(&command))).concat();
    let name = destination.name();
    let _ = write!(text, "wrote {name}\n\nnext:\n");
    if matches!(found.pages, Pages::Unsettled { .. }) {
        let _ = writeln!(text, "  set [streams.{stream}.pages] in {name}");
    }
    text.push_str(&commands);
    text.lines().map(|line| printable(line) + "\n").collect()
}
