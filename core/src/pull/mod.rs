//! The main loop: every page of every part of a pull into every sink, and now and then a checkpoint. The product reads
//! in this file, `pages.rs` and `client/mod.rs`, each of which calls only the one below it.

mod commit;
mod definition;
mod error;
pub mod job;
mod listings;
mod progress;
mod queue;
mod reading;
mod rollback;
mod sinks;
mod source;
mod unique;
pub mod window;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use self::reading::Reading;
pub use self::{
    definition::{Pull, has_file_for_each_window},
    error::PullError,
    rollback::undo,
    source::Source,
};
pub use crate::state::Summary;
use crate::{
    cancel::Abandoned,
    client::Client,
    event::Event,
    listing::{Fetchers, page::Page, position::Next},
    pull::{
        listings::Listings,
        progress::Ledger,
        queue::{Part, Parts},
        sinks::{Named, Output},
        unique::Unique,
    },
    state::checkpoint::{Checkpoint, PartProgress},
    window::Window,
};

/// Pulls every page into every sink, from the last checkpoint on where there is one, and publishes what was pulled once
/// all of it is durable everywhere.
pub fn run(pull: &Pull<'_>, client: &Arc<Client>) -> Result<Summary, PullError> {
    let (ledger, abandoned) = (Ledger::new(pull.kept.as_ref()), Arc::new(Abandoned::default()));
    let (readers, at_once) = (pull.readers(), pull.source.concurrency.max(1));
    let fetchers = Fetchers::start(client, at_once, at_once / readers, &abandoned);
    let listings = Listings { source: pull.source, client, fetchers, seen: ledger.pages_seen()? };
    let run = Run::new(pull, listings, &ledger, &abandoned, readers);
    thread::scope(|scope| {
        let parts = Parts::new(scope, pull, run.listings.clone(), &ledger, &abandoned, readers);
        let pulled = run.pull(&Mutex::new(parts));
        abandoned.set();
        pulled
    })
}

/// A pull under way.
struct Run<'a> {
    pull: &'a Pull<'a>,
    client: &'a Client,
    ledger: &'a Ledger<'a>,
    abandoned: &'a Abandoned,
    listings: Listings<'a>,
    /// How many parts are read at once.
    readers: usize,
    /// The sinks that take every part.
    shared: Vec<Named<'a>>,
    /// The sinks that have a file for each window.
    own: Vec<Named<'a>>,
}

/// Reads parts, one after another.
struct Reader<'a> {
    run: &'a Run<'a>,
    /// The sinks that take every part; none where there are several readers.
    sinks: Output<'a>,
    unique: Option<Unique>,
    since: Since,
}

/// What came since the last checkpoint.
#[derive(Default)]
struct Since {
    /// When that was, on the run's clock.
    time: Duration,
    /// What tells the pages from others.
    pages: Vec<u128>,
    /// The parts that were read to their end, and how many records are missing from each.
    ended: Vec<(PartProgress, u64)>,
}

/// How a part ended.
enum End {
    /// Everything was pulled.
    Reached,
    /// The API does not page through so many results: the window is to be pulled in halves.
    TooDeep([Window; 2]),
    /// The API has forgotten the job: the part is to be pulled anew.
    JobOver,
    /// Another reader failed.
    Abandoned,
}

impl<'a> Run<'a> {
    fn new(
        pull: &'a Pull<'a>,
        listings: Listings<'a>,
        ledger: &'a Ledger<'a>,
        abandoned: &'a Abandoned,
        readers: usize,
    ) -> Self {
        let (own, shared) = pull.own_and_shared();
        Self { pull, client: listings.client, ledger, abandoned, listings, readers, shared, own }
    }

    fn pull(&'a self, parts: &Mutex<Parts<'_, 'a>>) -> Result<Summary, PullError> {
        let checkpoint = self.ledger.checkpoint();
        let mut reader = Reader::new(self, &checkpoint)?;
        let read = if self.readers == 1 {
            reader.read_all(parts)
        } else {
            self.read_in_any_order(parts, &checkpoint)
        };
        let made_durable = read.and_then(|()| reader.make_durable());
        if made_durable.is_err() && self.ledger.every().is_none() {
            reader.undo();
        }
        let summary = made_durable?;
        reader.sinks.finish()?;
        Ok(summary)
    }

    fn read_in_any_order(
        &'a self,
        parts: &Mutex<Parts<'_, 'a>>,
        checkpoint: &Checkpoint,
    ) -> Result<(), PullError> {
        let read = || {
            let mut reader = Reader::new(self, checkpoint)?;
            // Nobody else knows which parts it has read, and no sink of all parts has to make them durable.
            let read = reader.read_all(parts).and_then(|()| reader.save(None, u64::MAX, |_| {}));
            if read.is_err() {
                self.abandoned.set();
            }
            read
        };
        thread::scope(|scope| {
            let readers: Vec<_> = (0..self.readers).map(|_| scope.spawn(read)).collect();
            let ends: Vec<_> = readers.into_iter().map(thread::ScopedJoinHandle::join).collect();
            ends.into_iter().try_for_each(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }
}

impl<'a> Reader<'a> {
    fn new(run: &'a Run<'a>, checkpoint: &Checkpoint) -> Result<Self, PullError> {
        let mut sinks = Output::none();
        if !run.shared.is_empty() {
            sinks = Output::open(run.shared.clone(), run.pull.site.clone(), checkpoint.sinks.as_ref())?;
        }
        let unique = run.pull.source.unique.as_ref().map(|key| {
            Ok::<_, PullError>(Unique::new(key, run.ledger.keys_written()?, checkpoint.settled_keys()))
        });
        let since = Since { time: run.client.clock().elapsed(), ..Since::default() };
        let mut reader = Self { run, sinks, unique: unique.transpose()?, since };
        if checkpoint.sinks.is_none() && !reader.sinks.is_none() {
            reader.begin()?;
        }
        Ok(reader)
    }

    fn read_all(&mut self, parts: &Mutex<Parts<'_, 'a>>) -> Result<(), PullError> {
        loop {
            let Some(queued) = locked(parts).take() else { return Ok(()) };
            let mut part = queued.ready().or_else(|error| self.stop(None, error.into()))?;
            match self.read(&mut part, parts)? {
                End::Reached => {}
                End::TooDeep(halves) => locked(parts).put_halves(halves),
                End::JobOver => locked(parts).put_again(part.window),
                End::Abandoned => return Ok(()),
            }
        }
    }

    /// Reads a part to its end, into all sinks. Files of its own are finished with it.
    fn read(&mut self, part: &mut Part<'a>, parts: &Mutex<Parts<'_, 'a>>) -> Result<End, PullError> {
        let mut reading = self.open(part)?;
        match self.read_pages(&mut reading, part, parts) {
            Ok(End::Reached) => self.end(reading),
            Err(error) if self.run.ledger.every().is_none() => {
                reading.undo();
                Err(error)
            }
            end => end,
        }
    }

    fn read_pages(
        &mut self,
        reading: &mut Reading<'a>,
        part: &Part<'a>,
        parts: &Mutex<Parts<'_, 'a>>,
    ) -> Result<End, PullError> {
        loop {
            match reading.pages.fetch_new() {
                Ok(Some((page, seen))) => {
                    if reading.pages.idle() > 0 {
                        locked(parts).begin(reading.pages.idle());
                    }
                    self.write(reading, page, seen)?;
                }
                Ok(None) => return Ok(End::Reached),
                // Whatever came of the page, what the other reader failed with is why the pull has.
                Err(_) if self.run.abandoned.is_set() => {}
                // Only the empty page behind the last one was too deep.
                Err(error) if self.run.pull.is_too_deep(&error) && reading.pages.has_all() => {
                    return Ok(End::Reached);
                }
                Err(error) => return self.give_up(reading, part, error),
            }
            if self.run.abandoned.is_set() {
                self.keep(Some(reading));
                return Ok(End::Abandoned);
            }
            self.commit_when_due(reading)?;
        }
    }

    fn write(
        &mut self,
        reading: &mut Reading<'a>,
        mut page: Page,
        seen: Option<u128>,
    ) -> Result<(), PullError> {
        if let Some(unique) = &mut self.unique {
            let sorted = unique.drop_repeated(&mut page);
            reading.progress.repeated += sorted.repeated;
            reading.progress.without_key += sorted.without_key;
        }
        let batch = page.batch();
        self.sinks.write(&batch)?;
        reading.sinks.write(&batch)?;
        reading.progress.written += batch.len() as u64;
        reading.progress.listing = reading.pages.progress().clone();
        self.since.pages.extend(seen.filter(|_| self.run.ledger.every().is_some()));
        let written = Event::PageWritten { records: batch.len(), bytes: batch.bytes().len() };
        self.run.client.observer().on(&written);
        reading.pages.recycle(page);
        Ok(())
    }

    fn commit_when_due(&mut self, reading: &mut Reading<'a>) -> Result<(), PullError> {
        let Some(every) = self.run.ledger.every() else { return Ok(()) };
        let since = self.run.client.clock().elapsed().saturating_sub(self.since.time);
        if since >= every && self.can_be_taken_up(reading) { self.commit(Some(reading)) } else { Ok(()) }
    }

    /// Ends a part whose last page was written.
    fn end(&mut self, mut reading: Reading<'a>) -> Result<End, PullError> {
        reading.progress.listing.next = Next::End;
        if !reading.sinks.is_none() {
            self.commit(Some(&mut reading))?;
        }
        let Reading { progress, pages, sinks, .. } = reading;
        sinks.finish()?;
        self.since.ended.push((progress, pages.missing()));
        if self.run.ledger.every().is_none() {
            self.save(None, u64::MAX, |_| {})?;
        }
        Ok(End::Reached)
    }
}

fn locked<'p, 's, 'a>(parts: &'p Mutex<Parts<'s, 'a>>) -> MutexGuard<'p, Parts<'s, 'a>> {
    parts.lock().unwrap_or_else(PoisonError::into_inner)
}
