//! The main loop: every page of every part of a pull into every sink. The product reads in this file, `pages.rs` and
//! `client/mod.rs`, each of which calls only the one below it.

use std::thread;

use jiff::{SignedDuration, Timestamp};

use crate::{
    client::Client,
    event::Event,
    job::{Abandoned, JobError},
    output::Output,
    page::Page,
    pages::{PageError, Pages},
    parts::{Part, Parts},
    sink::{OpenSink, SinkError, Site},
    source::Source,
    unique::Unique,
    window::{TooDeep, Window, Windows},
};

/// One pull of a stream, into sinks.
#[derive(Debug)]
pub struct Pull<'a> {
    /// What is pulled.
    pub source: &'a Source,
    /// The slices of time, in order; none where the source has no windows.
    pub windows: Option<Vec<Window>>,
    /// Where it goes, under the names that errors use.
    pub sinks: Vec<(&'a str, &'a dyn OpenSink)>,
    /// What requests and sinks are told of the pull.
    pub site: Site,
}

/// What a complete pull came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Summary {
    /// How many records were written.
    pub records: u64,
    /// How many pages they came in.
    pub pages: u64,
    /// How many records were dropped because their key had been written already.
    pub repeated: u64,
    /// How many records fewer came than the API had said there were.
    pub missing: u64,
    /// How many windows were pulled, the halves of halved ones counted each.
    pub windows: u64,
}

/// Pulls every page into every sink, and publishes what was pulled once all of it is durable everywhere.
pub fn run(pull: &Pull<'_>, client: &Client) -> Result<Summary, PullError> {
    let abandoned = Abandoned::default();
    thread::scope(|scope| {
        let pulled = pull_parts(pull, client, &mut Parts::new(scope, pull, client, &abandoned));
        abandoned.set();
        pulled
    })
}

fn pull_parts(pull: &Pull<'_>, client: &Client, parts: &mut Parts<'_, '_>) -> Result<Summary, PullError> {
    let mut run = Run::open(pull, client)?;
    let pulled = run.pull_all(parts);
    if let Err(error) = pulled {
        run.shared.undo();
        return Err(error);
    }
    run.shared.publish()?;
    Ok(run.summary)
}

/// A pull under way.
struct Run<'a> {
    pull: &'a Pull<'a>,
    client: &'a Client,
    /// The sinks that take every window.
    shared: Output<'a>,
    /// The sinks that have a file for each window.
    own: Vec<(&'a str, &'a dyn OpenSink)>,
    unique: Option<Unique>,
    summary: Summary,
}

/// How a part ended.
enum End {
    /// Everything was pulled.
    Reached,
    /// The API does not page through so many results; nothing of the window is left in the sinks, or all of it will be
    /// dropped when it comes again.
    TooDeep(Window),
}

impl<'a> Run<'a> {
    fn open(pull: &'a Pull<'a>, client: &'a Client) -> Result<Self, PullError> {
        let (own, shared) =
            pull.sinks.iter().partition(|(_, opener)| has_file_for_each_window(*opener, &pull.site));
        let shared = Output::open(shared, pull.site.clone())?;
        let kept = if own.is_empty() { Unique::new } else { Unique::forgettable };
        let unique = pull.source.unique.clone().map(kept);
        Ok(Self { pull, client, shared, own, unique, summary: Summary::default() })
    }

    fn pull_all(&mut self, parts: &mut Parts<'_, '_>) -> Result<(), PullError> {
        while let Some(part) = parts.next()? {
            match self.pull_part(&part)? {
                End::Reached => {}
                End::TooDeep(window) => {
                    let halves = window.halves(self.pull.shortest()).ok_or(PullError::TooDeep { window })?;
                    parts.put_first(halves);
                }
            }
        }
        Ok(())
    }

    /// Pulls a part into all sinks. Files of its own are finished with it.
    fn pull_part(&mut self, part: &Part) -> Result<End, PullError> {
        let Some(mut own) = self.open_own(part)? else { return self.pull_pages(part, None) };
        let end = self.pull_pages(part, Some(&mut own));
        match end {
            Ok(End::Reached) => own.publish()?,
            _ => own.undo(),
        }
        end
    }

    /// Pulls the pages of a part to their end. Of one that is too deep nothing stays in the sinks of all windows.
    fn pull_pages(&mut self, part: &Part, mut own: Option<&mut Output<'a>>) -> Result<End, PullError> {
        let begun = self.may_be_undone(part).then(|| self.shared.commit()).transpose()?;
        let before = self.summary;
        let listing = self.pull.source.listing(&part.site)?;
        let mut pages = Pages::new(self.client, &listing);
        loop {
            match pages.fetch() {
                Ok(Some(page)) => {
                    let page = self.write(page, own.as_deref_mut())?;
                    pages.recycle(page);
                }
                Ok(None) => break,
                // Only the empty page behind the last one was too deep.
                Err(error) if self.is_too_deep(&error) && pages.has_all() => break,
                Err(error) => {
                    let window = part.window.filter(|_| self.is_too_deep(&error)).ok_or(error)?;
                    if let Some(begun) = begun {
                        self.shared.go_back(&begun)?;
                        self.unique.iter_mut().for_each(Unique::forget);
                        self.summary = before;
                    }
                    return Ok(End::TooDeep(window));
                }
            }
        }
        self.unique.iter_mut().for_each(Unique::remember);
        self.summary.missing += pages.missing();
        self.summary.windows += u64::from(part.window.is_some());
        Ok(End::Reached)
    }

    fn write(&mut self, mut page: Page, own: Option<&mut Output<'a>>) -> Result<Page, PullError> {
        if let Some(unique) = &mut self.unique {
            self.summary.repeated += unique.drop_repeated(&mut page);
        }
        let batch = page.batch();
        self.shared.write(&batch)?;
        if let Some(own) = own {
            own.write(&batch)?;
        }
        self.summary.records += batch.len() as u64;
        self.summary.pages += 1;
        self.client.observer().on(&Event::PageWritten { records: batch.len(), bytes: batch.bytes().len() });
        Ok(page)
    }

    fn open_own(&self, part: &Part) -> Result<Option<Output<'a>>, PullError> {
        let Some(window) = part.window.filter(|_| !self.own.is_empty()) else { return Ok(None) };
        Output::open(self.own.clone(), Windows::in_file_names(&self.pull.site, &window)).map(Some)
    }

    /// A window that turns out too deep is undone. Records that carry a key may stay: when they come again they are
    /// dropped. But a file of the window's own does not stay, and they must not be missing from those of its halves.
    fn may_be_undone(&self, part: &Part) -> bool {
        let stays = self.unique.is_some() && self.own.is_empty();
        part.window.is_some() && self.pull.too_deep().is_some() && !stays
    }

    fn is_too_deep(&self, error: &PageError) -> bool {
        let (PageError::Request(error), Some(too_deep)) = (error, self.pull.too_deep()) else { return false };
        error.refusal().is_some_and(|refusal| too_deep.is_meant_by(refusal))
    }
}

impl Pull<'_> {
    fn too_deep(&self) -> Option<&TooDeep> {
        self.source.windows.as_ref()?.too_deep.as_ref()
    }

    fn shortest(&self) -> SignedDuration {
        self.source.windows.as_ref().map_or(SignedDuration::MAX, |windows| windows.min_slice)
    }
}

/// Whether the sink writes elsewhere in another window.
pub fn has_file_for_each_window(opener: &dyn OpenSink, site: &Site) -> bool {
    let at = |start| {
        let window = Window { start, end: start };
        opener.destination(&Windows::in_file_names(site, &window)).ok()
    };
    at(Timestamp::UNIX_EPOCH) != at(Timestamp::MAX)
}

/// A pull that is not complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// A page could not be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A job came to nothing.
    #[error(transparent)]
    Job(#[from] JobError),
    /// What stands for a placeholder makes no URL.
    #[error("the request does not make a URL")]
    Url(#[from] url::ParseError),
    /// A window cannot be halved any further.
    #[error("the API has too many results to page through from {} to {}, and the window cannot be halved", window.start, window.end)]
    TooDeep {
        /// The window.
        window: Window,
    },
    /// A sink does not go back to where a window began.
    #[error(
        "the window has to be pulled again in halves, but the sink `{name}` cannot take back what it has"
    )]
    CannotGoBack {
        /// Its name.
        name: String,
    },
    /// A sink failed.
    #[error("the sink `{name}` failed")]
    Sink {
        /// Its name.
        name: String,
        /// What it said.
        source: SinkError,
    },
}

impl PullError {
    pub(crate) fn sink(name: &str, source: SinkError) -> Self {
        Self::Sink { name: name.to_owned(), source }
    }
}
