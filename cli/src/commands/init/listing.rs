//! `longhaul init URL`: looks at one page of an API, and writes a configuration that pulls it.

use std::fmt::Write;

use serde_json::Value;

use super::{
    answer,
    ask::Questions,
    destination::Destination,
    draft::{self, Draft},
    paging::{self, Paging, total},
    records::{self, Records},
    request::{Credential, FirstRequest, Goes},
    sample::Sample,
    trial::{NotFetched, RawPage, Trial, Tried},
    unique,
};
use crate::{
    args::InitArguments,
    commands::print,
    config::Sources,
    exit::Exit,
    stop::Stop,
    terminal::{
        failure::Failure, invocation::Invocation, numbers::counted, numbers::grouped, report::Chain,
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
    let body = answer::json(&page)?;
    let records = records::find(&body, &request.path);
    let found = Found::of(&request, &page, &body, &records, &trial, screen)?;
    destination.write(&found.draft(&request, &records).text())?;
    print(&report(&found, &request, &records, &destination, invocation))
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
            let question =
                "The API requires credentials. Name of the environment variable that holds the token";
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
                "check the token in `{variable}`, what it may read, and where it goes: --token-header NAME or --token-query NAME"
            ))
        }
        _ => failure,
    })
}

/// What is known about the pages.
#[derive(Debug)]
struct Found {
    pages: Pages,
    unique: Option<&'static str>,
    total: Option<(String, u64)>,
}

/// How to find the next page, and what came of trying it.
#[derive(Debug)]
enum Pages {
    /// A second page was fetched.
    Tried(Paging),
    /// There is only one page, so the style could not be tried.
    Untried(Paging),
    /// Nothing leads to another page.
    Single,
    /// Something leads to another page, but fetching it failed.
    Unsettled { rejected: Option<Paging>, why: String },
}

impl Found {
    fn of(
        request: &FirstRequest,
        page: &RawPage,
        body: &Value,
        records: &Records<'_>,
        trial: &Trial<'_>,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let sample = Sample::new(&request.query, &page.url, &page.headers, body, (&records.at, &records.all));
        let total = total(&sample).filter(|_| !records.is_object);
        let paging = if records.is_object { Some(Paging::single()) } else { paging::find(&sample) };
        let draft = Draft {
            records: Some((records.at.to_string(), String::new())),
            pages: paging.as_ref().map_or(draft::Pages::None, draft::Pages::By),
            ..Draft::new(request)
        };
        let more = total.as_ref().map(|(_, total)| *total).filter(|total| *total > sample.count());
        let why = match (trial.pages(&draft.text(), &request.stream), more) {
            (Ok(tried), Some(total)) if tried.second.is_none() => {
                format!("nothing leads to the next page, but the API has {}", counted(total, "record"))
            }
            (Ok(tried), _) if tried.repeats() => {
                "the second page has the same records as the first".to_owned()
            }
            (Ok(tried), _) => {
                let unique = paging.as_ref().filter(|paging| paging.counts());
                let unique = unique.and_then(|_| unique::find(&tried.records()));
                let paging = match paging {
                    Some(paging) if is_numbered_from_zero(&paging, request, records, &tried) => {
                        Some(paging.starting_at_zero())
                    }
                    paging => paging,
                };
                return Ok(Self { pages: Pages::of(paging, &tried), unique, total });
            }
            (Err(failure), _) if failure.exit == Exit::Api => {
                let cause = failure.error.source().map(|cause| Chain(cause).to_string());
                screen.redact(&cause.unwrap_or_else(|| failure.error.to_string()))
            }
            (Err(failure), _) => return Err(failure),
        };
        let why = why.replace(char::is_control, " ");
        let pages = match paging {
            Some(paging) if paging.is_guess && more.is_none() => Pages::Single,
            rejected => Pages::Unsettled { rejected, why },
        };
        Ok(Self { pages, unique: None, total })
    }

    fn draft<'d>(&'d self, request: &'d FirstRequest, records: &Records<'_>) -> Draft<'d> {
        let count = counted(records.all.len() as u64, "record");
        let why = if records.is_object {
            records.why.clone()
        } else {
            format!("{} Here it has {count}.", records.why)
        };
        let unique = self.unique.map(|name| {
            let why =
                "Records move between such pages if others are added meanwhile, so duplicates are dropped.";
            (format!("/{name}"), why.to_owned())
        });
        let stream = &request.stream;
        let (pages, notes) = match &self.pages {
            Pages::Tried(paging) => {
                (draft::Pages::By(paging), vec!["Tried: the second page was fetched this way.".to_owned()])
            }
            Pages::Untried(paging) if paging.kind() == "single" => (draft::Pages::By(paging), Vec::new()),
            Pages::Untried(paging) => {
                let note = "Not tried, because this listing has only one page.".to_owned();
                (draft::Pages::By(paging), vec![note])
            }
            Pages::Single => {
                let note = "Nothing on the page leads to another one, so it is the only one. If the API has more records,";
                (draft::Pages::None, vec![note.to_owned(), format!("add a table [streams.{stream}.pages].")])
            }
            Pages::Unsettled { rejected, why } => {
                let note = "How to find the next page is not settled, so longhaul refuses to run until this says it. What was";
                let notes = vec![note.to_owned(), format!("tried, and why it failed: {why}")];
                (draft::Pages::Unsettled(rejected.as_ref()), notes)
            }
        };
        let records = Some((records.at.to_string(), why));
        Draft { records, unique, pages, notes, ..Draft::new(request) }
    }
}

impl Pages {
    fn of(paging: Option<Paging>, tried: &Tried) -> Self {
        match paging {
            Some(paging) if tried.second.is_some() => Self::Tried(paging),
            Some(paging) => Self::Untried(paging),
            None => Self::Single,
        }
    }
}

/// Whether the page with the number 1 has none of the records that the API sends without a number.
fn is_numbered_from_zero(
    paging: &Paging,
    request: &FirstRequest,
    records: &Records<'_>,
    tried: &Tried,
) -> bool {
    let param = paging.get("param").and_then(|param| param.as_str());
    let is_sent_already = request.query.iter().any(|(name, _)| Some(name.as_str()) == param);
    if paging.kind() != "page_number" || paging.get("start").is_some() || is_sent_already {
        return false;
    }
    let numbered = tried.of_first();
    !records.all.is_empty() && !records.all.iter().any(|record| numbered.contains(record))
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
    text
}
