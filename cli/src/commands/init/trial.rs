//! Tries configurations that are not written yet.

use std::fs;

use http::HeaderMap;
use longhaul_core::{
    client::{AttemptError, RequestError, retry::StopReason},
    http::transport::{Response, TransportErrorKind},
    listing::{PageError, page::Page},
    pull::PullError,
};
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::{
    config::Sources,
    exit::Exit,
    session::{
        Session,
        first_page::{FirstPage, Wanted},
    },
    stop::Stop,
    terminal::{failure::Failure, invocation::Invocation, screen::Screen},
};

/// Tries configurations in a temporary folder, with the same other layers as a later run.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    sources: &'a Sources,
    screen: &'a Screen,
    stop: &'a Stop,
    folder: TempDir,
}

/// An answer as it arrived.
#[derive(Debug)]
pub(super) struct RawPage {
    /// Its URL, after redirects.
    pub(super) url: Url,
    /// Its headers.
    pub(super) headers: HeaderMap,
    /// Its body, decompressed.
    pub(super) body: Vec<u8>,
}

/// Why the first page did not arrive.
#[derive(Debug)]
pub(super) struct NotFetched {
    /// The failure, with a hint.
    pub(super) failure: Failure,
    /// Whether the API requires credentials, or other ones.
    pub(super) is_unauthorized: bool,
}

/// The first two pages, as the engine fetched them.
#[derive(Debug)]
pub(super) struct Tried {
    /// `None` if the listing is empty.
    pub(super) first: Option<Box<Page>>,
    /// `None` if there is only one page.
    pub(super) second: Option<Box<Page>>,
}

impl<'a> Trial<'a> {
    /// Creates the folder, which is deleted in the end.
    pub(super) fn new(sources: &'a Sources, screen: &'a Screen, stop: &'a Stop) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(|error| {
            Failure::usage(NoFolder(error)).hint("set the variable TMPDIR to a folder that you can write to")
        })?;
        Ok(Self { sources, screen, stop, folder })
    }

    /// A session with `text` in place of `longhaul.toml`.
    pub(super) fn session(&self, text: &str) -> Result<Session, Failure> {
        let folder = self.folder.path();
        fs::write(folder.join("longhaul.toml"), text).map_err(|error| Failure::usage(NoFolder(error)))?;
        let cwd = folder.to_owned();
        let sources = Sources { cwd, files: vec!["longhaul.toml".into()], ..self.sources.clone() };
        let session = Session::start(sources, Invocation::default(), self.screen.clone(), self.stop.clone());
        // The file is not there for the user.
        session.map_err(without_origin)
    }

    /// Requests the first page of `stream`, without looking at it.
    pub(super) fn fetch(&self, text: &str, stream: &str) -> Result<RawPage, NotFetched> {
        let of_setup = |failure| NotFetched { failure, is_unauthorized: false };
        let session = self.session(text).map_err(of_setup)?;
        let access = session.connect().map_err(of_setup)?;
        let configured = session.loaded.stream(stream).map_err(|error| of_setup(error.into()))?;
        let source = session.source(stream, configured, &access).map_err(of_setup)?;
        let listing = source.listing(&session.variables(stream), None);
        let request = listing.map_err(|error| of_setup(Failure::usage(error)))?.request;
        let read = access.client(stream).send(&request, Vec::new(), |answer| {
            let Response { headers, body, .. } = answer.response;
            Ok(RawPage { url: answer.url, headers, body })
        });
        read.map_err(|error| self.not_fetched(stream, error))
    }

    fn not_fetched(&self, stream: &str, error: RequestError) -> NotFetched {
        let status = error.refusal().map(|refusal| refusal.status.as_u16());
        let is_unauthorized = matches!(status, Some(401 | 403));
        let hint = hint(&error);
        let error = PullError::Page(PageError::Request(error));
        let failure = Failure::of_page("first", stream, error, self.stop.reason());
        let failure = match hint {
            Some(hint) if !matches!(failure.exit, Exit::Signal(_)) => failure.hint(hint),
            _ => failure,
        };
        NotFetched { failure, is_unauthorized }
    }

    /// Fetches the first two pages of `stream` with the engine.
    pub(super) fn pages(&self, text: &str, stream: &str) -> Result<Tried, Failure> {
        let session = self.session(text)?;
        let access = session.connect()?;
        let configured = session.loaded.stream(stream)?;
        let source = session.source(stream, configured, &access)?;
        match FirstPage::fetch(&session, stream, configured, &source, &access, Wanted::TwoPages)? {
            FirstPage::Fetched { first, second } => Ok(Tried { first, second }),
            _ => Ok(Tried { first: None, second: None }),
        }
    }
}

/// What to do about a request that failed, if the usual hint is about keys of a file that does not exist.
fn hint(error: &RequestError) -> Option<&'static str> {
    let transient = matches!(error.reason(), StopReason::Exhausted | StopReason::WaitTooLong(_));
    match error.last_error()? {
        AttemptError::Failed(error) => match error.kind() {
            TransportErrorKind::NotConnected if error.proxy().is_none() => Some(
                "check the host and port of the URL, and that the server is up; if a proxy is needed, set `HTTPS_PROXY`",
            ),
            TransportErrorKind::UnknownHost => {
                Some("check the host of the URL; if a proxy is needed, set `HTTPS_PROXY`")
            }
            TransportErrorKind::NotTls => {
                Some("check the port of the URL; a server without TLS needs `http://` instead of `https://`")
            }
            _ => None,
        },
        _ if transient => None,
        AttemptError::Misdirected(_) => Some(
            "give the final address, without redirects; if it leads to a page for people to log in, add --token-env NAME",
        ),
        _ => Some("check the URL against the documentation of the API"),
    }
}

impl Tried {
    /// Whether the second page is the first one again.
    pub(super) fn repeats(&self) -> bool {
        let bytes = |page: &Option<Box<Page>>| page.as_ref().map(|page| page.batch().bytes().to_vec());
        self.second.as_ref().is_some_and(|page| !page.batch().is_empty())
            && bytes(&self.first) == bytes(&self.second)
    }

    /// The records of both pages.
    pub(super) fn records(&self) -> Vec<Value> {
        self.first.iter().chain(&self.second).flat_map(|page| records(page)).collect()
    }

    /// The records of the first page.
    pub(super) fn of_first(&self) -> Vec<Value> {
        self.first.iter().flat_map(|page| records(page)).collect()
    }
}

fn records(page: &Page) -> Vec<Value> {
    page.batch().records().filter_map(|record| serde_json::from_slice(record).ok()).collect()
}

/// The failure and the others with it, without a place in the file.
fn without_origin(failure: Failure) -> Failure {
    let others = failure.others.into_iter().map(without_origin).collect();
    Failure { origin: None, others, ..failure }
}

/// Nothing can be tried without a folder.
#[derive(Debug, thiserror::Error)]
#[error("cannot use a temporary folder")]
struct NoFolder(#[source] std::io::Error);
