//! The first page of a stream, for a check or preview.

use std::sync::Arc;

use longhaul_core::{
    Client, Source,
    listing::{PageError, Pages, page::Page},
    pull::{Each, PullError},
    sink::Variables,
    state::{Parent, Start},
};

use crate::{
    build::{self, Access},
    config::{self, Stream},
    exit::Exit,
    session::{Session, continuation::continuation, range},
    terminal::failure::Failure,
};

/// The first page of a stream.
#[derive(Debug)]
pub(crate) enum FirstPage {
    /// The page.
    Fetched {
        /// `None` if the listing is empty.
        first: Option<Box<Page>>,
        /// The page after it, if it is wanted and there is one.
        second: Option<Box<Page>>,
    },
    /// The stream has nothing new to pull.
    NothingNew,
    /// There are no parents, or they come from a job.
    NoParents,
    /// It is the result of a job, which was not submitted. These are the variables of its requests.
    NeedsJob(Variables),
}

/// How many pages to fetch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// Only the first.
    OnePage,
    /// The first and the one after it, to try how the stream continues.
    TwoPages,
}

impl FirstPage {
    /// Fetches the page, unless it needs a job. Nothing is saved.
    pub(crate) fn fetch(
        session: &Session,
        name: &str,
        stream: &Stream,
        source: &Source,
        access: &Access,
        wanted: Wanted,
    ) -> Result<Self, Failure> {
        let state = session.state_file(name)?.load().map_err(|error| Failure::of_state(name, error))?;
        let range = range::resolve(session, name, stream, source, state.watermark, access)?;
        let start = continuation(session, name, stream, state.reached.as_ref())?
            .and_then(|continuation| continuation.start);
        let mut variables = session.variables(name);
        if let (Some(range), Some(windows)) = (range, &source.windows) {
            let Some(window) = range.windows.first() else { return Ok(Self::NothingNew) };
            variables = windows.in_requests(&variables, window);
        }
        if let Some(each) = &stream.each {
            let Some(parent) = first_parent(session, name, each, access)? else { return Ok(Self::NoParents) };
            variables = Each::in_requests(variables, &parent);
        }
        if source.job.is_some() {
            return Ok(Self::NeedsJob(variables));
        }
        pages(source, access.client(name), &variables, start.as_ref(), wanted)
            .map_err(|(which, error)| failed(which, session, name, error))
    }

    /// Fetches the page of a job: submits the job, waits for it, and cancels it after the page.
    pub(crate) fn fetch_with_job(
        session: &Session,
        name: &str,
        source: &Source,
        access: &Access,
        variables: &Variables,
    ) -> Result<Option<Box<Page>>, Failure> {
        let client = access.client(name);
        let page = |variables: &Variables| page(source, client, variables);
        let fetched = match &source.job {
            Some(job) => job.preview(client, variables, page).map(Option::flatten),
            None => page(variables),
        };
        fetched.map_err(|error| failed(FIRST, session, name, error))
    }
}

/// The first parent of the stream `name`.
fn first_parent(
    session: &Session,
    name: &str,
    each: &config::Each,
    access: &Access,
) -> Result<Option<Parent>, Failure> {
    let mut first = None;
    let exit = if let Some(stream) = &each.stream {
        let parents = session.loaded.stream(stream)?;
        let source = session.source(stream, parents, access)?;
        let fetched = FirstPage::fetch(session, stream, parents, &source, access, Wanted::OnePage)?;
        if let FirstPage::Fetched { first: Some(page), .. } = fetched {
            first = page.batch().records().next().map(|record| String::from_utf8_lossy(record).into_owned());
        }
        Exit::Api
    } else {
        build::each_listed(&session.loaded, name, each, |record| {
            first.get_or_insert_with(|| record.to_owned());
            Ok(())
        })?;
        Exit::Usage
    };
    let parent = first.map(|record| build::each(each).parent(&record, 1)).transpose();
    parent.map_err(|error| Failure::new(exit, error))
}

/// Names the first page in messages.
const FIRST: &str = "first";

fn page(
    source: &Source,
    client: &Arc<Client>,
    variables: &Variables,
) -> Result<Option<Box<Page>>, PullError> {
    let listing = source.listing(variables, None)?;
    Ok(Pages::new(client, listing).fetch()?.map(Box::new))
}

fn pages(
    source: &Source,
    client: &Arc<Client>,
    variables: &Variables,
    start: Option<&Start>,
    wanted: Wanted,
) -> Result<FirstPage, (&'static str, PullError)> {
    let of = |which: &'static str| move |error: PageError| (which, PullError::from(error));
    let listing = source.listing(variables, start).map_err(|error| (FIRST, error))?;
    let mut pages = Pages::new(client, listing);
    let first = pages.fetch().map_err(of(FIRST))?.map(Box::new);
    let second = match wanted {
        Wanted::TwoPages if first.is_some() => pages.fetch().map_err(of("second"))?.map(Box::new),
        _ => None,
    };
    if second.is_some() {
        // If the API ignores the cursor, the second page may be the first one again, and lead to itself.
        pages.check_next().map_err(of("third"))?;
    }
    Ok(FirstPage::Fetched { first, second })
}

fn failed(which: &'static str, session: &Session, name: &str, error: PullError) -> Failure {
    Failure::of_page(which, name, error, session.stop.reason())
}
