//! The first page of a stream, for a check or preview.

use longhaul_core::{
    Source,
    listing::{Pages, page::Page},
    pull::{Each, PullError},
    sink::Variables,
    state::Parent,
};

use crate::{
    build::{self, Access},
    config::{self, Stream},
    exit::Exit,
    session::{Session, range},
    terminal::failure::Failure,
};

/// The first page of a stream.
#[derive(Debug)]
pub(crate) enum FirstPage {
    /// The page; `None` if the listing is empty.
    Fetched(Option<Box<Page>>),
    /// The stream has nothing new to pull.
    NothingNew,
    /// There are no parents, or they come from a job.
    NoParents,
    /// It is the result of a job, which was not submitted. These are the variables of its requests.
    NeedsJob(Variables),
}

impl FirstPage {
    /// Fetches the page, unless it needs a job. Nothing is saved.
    pub(crate) fn fetch(
        session: &Session,
        name: &str,
        stream: &Stream,
        source: &Source,
        access: &Access,
    ) -> Result<Self, Failure> {
        let state = session.state_file(name).load().map_err(|error| Failure::of_state(name, error))?;
        let range = range::resolve(session, name, stream, source, state.watermark, access)?;
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
        page(source, access, &variables).map(Self::Fetched).map_err(|error| failed(session, name, error))
    }

    /// Fetches the page of a job: submits the job, waits for it, and cancels it after the page.
    pub(crate) fn fetch_with_job(
        session: &Session,
        name: &str,
        source: &Source,
        access: &Access,
        variables: &Variables,
    ) -> Result<Option<Box<Page>>, Failure> {
        let page = |variables: &Variables| page(source, access, variables);
        let fetched = source
            .job
            .as_ref()
            .map_or_else(|| page(variables), |job| job.preview(&access.client, variables, page));
        fetched.map_err(|error| failed(session, name, error))
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
        if let FirstPage::Fetched(Some(page)) = FirstPage::fetch(session, stream, parents, &source, access)? {
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

fn page(source: &Source, access: &Access, variables: &Variables) -> Result<Option<Box<Page>>, PullError> {
    let listing = source.listing(variables)?;
    Ok(Pages::new(&access.client, listing).fetch()?.map(Box::new))
}

fn failed(session: &Session, name: &str, error: PullError) -> Failure {
    Failure::of_first_page(name, error, session.stop.reason())
}
