//! The first page of a stream, fetched to be looked at.

use longhaul_core::{Source, page::Page, pages::Pages};

use crate::{config::Stream, failure::Failure, range, session::Session, wire::Access};

/// What there is of a stream's first page.
#[derive(Debug)]
pub(crate) enum FirstPage {
    /// It was fetched; none where the listing is empty.
    Fetched(Option<Box<Page>>),
    /// The stream has nothing new to pull.
    NothingNew,
    /// It is a result of a job, and none was submitted.
    OfJob,
}

impl FirstPage {
    /// Fetches it. Nothing is kept.
    pub(crate) fn fetch(
        session: &Session,
        name: &str,
        stream: &Stream,
        source: &Source,
        access: &Access,
    ) -> Result<Self, Failure> {
        let failed = |error| Failure::of_pull(name, error, session.stop.reason());
        let state = session.state_file(name).load().map_err(|error| Failure::of_state(name, error))?;
        let range = range::resolve(session, name, stream, source, state.watermark, access)?;
        if source.job.is_some() {
            return Ok(Self::OfJob);
        }
        let mut site = session.site(name);
        if let (Some(range), Some(windows)) = (range, &source.windows) {
            let Some(window) = range.windows.first() else { return Ok(Self::NothingNew) };
            site = windows.in_requests(&site, window);
        }
        let listing = source.listing(&site).map_err(|error| failed(error.into()))?;
        let page = Pages::new(&access.client, listing).fetch().map_err(|error| failed(error.into()))?;
        Ok(Self::Fetched(page.map(Box::new)))
    }
}
