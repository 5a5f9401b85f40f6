//! What is known about the pages of a listing, after it was tried.

use serde_json::Value;

use super::{
    draft::{self, Draft},
    paging::{self, Paging, total},
    records::Records,
    request::FirstRequest,
    sample::Sample,
    trial::{RawPage, Trial, Tried},
    unique,
};
use crate::{
    exit::Exit,
    terminal::{failure::Failure, numbers::counted, report::Chain, screen::Screen},
};

/// What is known about the pages.
#[derive(Debug)]
pub(super) struct Found {
    /// How to find the next page.
    pub(super) pages: Pages,
    /// The name of the key of a record, if duplicates may arrive.
    pub(super) unique: Option<&'static str>,
    /// Where a page has the number of all records, and the number.
    pub(super) total: Option<(String, u64)>,
}

/// How to find the next page, and what came of trying it.
#[derive(Debug)]
pub(super) enum Pages {
    /// A second page was fetched.
    Tried(Paging),
    /// There is only one page, so the style could not be tried.
    Untried(Paging),
    /// Nothing leads to another page.
    Single,
    /// Something leads to another page, but fetching it failed; or there are no records that could lead to one.
    Unsettled { rejected: Option<Paging>, why: String },
}

impl Found {
    /// Finds out how the API pages, and tries it.
    pub(super) fn of(
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
            (Ok(_), _) if paging.is_none() && records.all.is_empty() => {
                "the page has no records, so nothing on it shows how it leads to the next one".to_owned()
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

    /// The configuration to write.
    pub(super) fn draft<'d>(&'d self, request: &'d FirstRequest, records: &Records<'_>) -> Draft<'d> {
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
                let note = "How to find the next page is not settled, so longhaul refuses to run until this says it:";
                let notes = vec![note.to_owned(), why.clone()];
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
