//! The sink of one case, called as the engine calls it.

use std::{cell::RefCell, error::Error, iter};

use super::subject::{Promises, Publishes, Subject};
use crate::sink::{Batch, Destination, Mark, Opened, Receipt, Sink, SinkError, SinkErrorKind};

/// How a sink violated its contract.
pub(super) type Failure = String;

/// A new sink, and everything that was written to it.
pub(super) struct Trial<'s> {
    subject: Subject,
    pub(super) promises: Promises,
    stored: &'s dyn Fn(&str) -> String,
    written: RefCell<Vec<String>>,
}

/// What the engine stores about a commit.
pub(super) struct Commit {
    pub(super) receipt: Receipt,
    pub(super) mark: Mark,
}

/// An open sink, and how far its pull is.
pub(super) struct Pull<'t> {
    trial: &'t Trial<'t>,
    sink: Box<dyn Sink>,
    /// The number of pages that the engine has delivered.
    mark: Mark,
    /// The number of pages that the sink has already.
    at: Mark,
}

/// The records of the page that ends at `mark`. They are always the same, as from a server whose data does not change.
pub(super) fn page(mark: u64) -> Vec<String> {
    (1..=3).map(|record| format!(r#"{{"page":{mark},"record":{record}}}"#)).collect()
}

/// The records of the first `count` pages.
pub(super) fn pages(count: u64) -> Vec<String> {
    (1..=count).flat_map(page).collect()
}

impl<'s> Trial<'s> {
    pub(super) fn new(subject: Subject, promises: Promises, stored: &'s dyn Fn(&str) -> String) -> Self {
        Self { subject, promises, stored, written: RefCell::default() }
    }

    /// Opens the sink for a new pull.
    pub(super) fn begin(&self) -> Result<Pull<'_>, Failure> {
        let Opened { sink, at } =
            self.subject.opener.open(&self.subject.variables, None).map_err(failed("opening"))?;
        if at != Mark::START {
            return Err(format!("a new pull is at page {}", at.0));
        }
        Ok(Pull { trial: self, sink, mark: at, at })
    }

    /// Opens the sink for a pull that resumes from `commit`.
    pub(super) fn resume(&self, commit: &Commit) -> Result<Pull<'_>, Failure> {
        let from = Some((&commit.receipt, commit.mark));
        let Opened { sink, at } = self
            .subject
            .opener
            .open(&self.subject.variables, from)
            .map_err(failed("opening from a receipt"))?;
        if at < commit.mark {
            return Err(format!("opened from the receipt of page {}, it is at page {}", commit.mark.0, at.0));
        }
        Ok(Pull { trial: self, sink, mark: commit.mark, at })
    }

    pub(super) fn destination(&self) -> Result<Destination, Failure> {
        self.subject.opener.destination(&self.subject.variables).map_err(failed("asking for the destination"))
    }

    /// Compares what is published with `records`. A pipe has everything that was written.
    pub(super) fn expect(&self, records: Vec<String>) -> Result<(), Failure> {
        if self.promises.publishes == Publishes::Unseen {
            return Ok(());
        }
        let can_roll_back = self.promises.publishes != Publishes::AtWrite;
        let expected = if can_roll_back { records } else { self.written.borrow().clone() };
        let expected = expected.iter().map(|record| (self.stored)(record)).collect::<Vec<_>>();
        match (self.subject.published)() {
            Some(published) => compare(&published, &expected),
            // A result that is published at the end must exist even if it is empty.
            None if expected.is_empty() && self.promises.publishes != Publishes::AtFinish => Ok(()),
            None => Err(format!("nothing is published where {} records were expected", expected.len())),
        }
    }

    /// Compares what is published of a dropped pull with `committed`, the records committed before.
    pub(super) fn expect_after_drop(&self, committed: Vec<String>) -> Result<(), Failure> {
        match (self.promises.publishes, (self.subject.published)()) {
            (Publishes::AtFinish, None) => Ok(()),
            (Publishes::AtFinish, Some(records)) => {
                Err(format!("{} records are published of a pull that was not finished", records.len()))
            }
            _ => self.expect(committed),
        }
    }
}

impl Pull<'_> {
    /// Delivers the pages up to `last`, except those that the sink has already.
    pub(super) fn deliver_to(&mut self, last: u64) -> Result<(), Failure> {
        (self.mark.0 + 1..=last).try_for_each(|mark| self.deliver(&page(mark)))
    }

    /// Delivers one page.
    pub(super) fn deliver(&mut self, records: &[String]) -> Result<(), Failure> {
        self.mark = self.mark.next();
        if self.mark <= self.at || records.is_empty() {
            return Ok(());
        }
        self.write(records).map_err(failed("writing"))
    }

    /// Delivers a page that the sink must reject.
    pub(super) fn deliver_rejected(&mut self, records: &[String]) -> Result<(), Failure> {
        match self.write(records) {
            Err(error) if error.kind() == SinkErrorKind::Rejected => Ok(()),
            Err(error) => Err(failed("writing")(error)),
            Ok(()) => Err("it took a record that it should reject".into()),
        }
    }

    fn write(&mut self, records: &[String]) -> Result<(), SinkError> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for record in records {
            bytes.extend_from_slice(record.as_bytes());
            bytes.push(b'\n');
            ends.push(bytes.len());
        }
        self.sink.write(&Batch::new(&bytes, &ends))?;
        self.trial.written.borrow_mut().extend_from_slice(records);
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<Commit, Failure> {
        let receipt = self.sink.commit(self.mark).map_err(failed("committing"))?;
        Ok(Commit { receipt, mark: self.mark })
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        self.sink.finish().map_err(failed("finishing"))
    }

    /// The number of pages that need not be delivered, because the sink has them.
    pub(super) fn at(&self) -> u64 {
        self.at.0
    }
}

fn compare(published: &[String], expected: &[String]) -> Result<(), Failure> {
    if published == expected {
        return Ok(());
    }
    let at = published.iter().zip(expected).take_while(|(one, other)| one == other).count();
    let shown = |records: &[String]| {
        records
            .get(at)
            .map_or("nothing".into(), |record| printable(&record.chars().take(80).collect::<String>()))
    };
    let many = |records: &[String]| match records.len() {
        1 => "1 record is".to_owned(),
        many => format!("{many} records are"),
    };
    Err(format!(
        "{} published where {} were expected; the first difference is at record {}: {} instead of {}",
        many(published),
        expected.len(),
        at + 1,
        shown(published),
        shown(expected)
    ))
}

/// `text` with control characters escaped. The file of a sink can contain anything, and a terminal would obey it.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            printable.extend(char.escape_default());
        } else {
            printable.push(char);
        }
    }
    printable
}

fn failed(doing: &'static str) -> impl Fn(SinkError) -> Failure {
    move |error| {
        let chain = iter::successors(Some(&error as &dyn Error), |&error| error.source());
        format!("{doing} failed: {}", chain.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }
}
