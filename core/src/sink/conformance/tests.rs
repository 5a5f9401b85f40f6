use std::sync::{Arc, Mutex};

use super::{Publishes, Subject, Suite};
use crate::sink::{
    Batch, Destination, Mark, OpenSink, Opened, Receipt, Sink, SinkError, SinkErrorKind, Variables,
};

/// How a sink violates the contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    None,
    PublishesOnCommit,
    PublishesOnDrop,
    LosesARecord,
    LosesTheLastRecord,
    LosesRepeatedRecords,
    LosesPagesOfOneRecord,
    SwapsRecords,
    ChangesNumbers,
    UnescapesText,
    CutsLongRecords,
    CutsLongPages,
    AcknowledgesEarly,
    KeepsWhatWasNotCommitted,
    RepeatsAfterAResume,
    ForgetsOlderCommits,
    ForgetsItsMark,
    StartsOver,
    KeepsAnAbandonedPull,
    ReturnsTheReceiptBefore,
    RefusesACommitOfNothing,
    RefusesASecondCommit,
    HidesEmptyResults,
    RefusesToFinishAgain,
    LosesTheResultWhenReopened,
    ChangesItsDestination,
    WritesLongReceipts,
    CommitsByItself,
}

/// A sink that keeps everything in memory.
#[derive(Debug)]
struct Memory {
    fault: Fault,
    shared: Arc<Mutex<Store>>,
}

#[derive(Debug, Default)]
struct Store {
    pages: u64,
    ends: Vec<usize>,
    records: Vec<String>,
    published: Option<Vec<String>>,
    asked: u64,
}

#[derive(Debug)]
struct Writing {
    fault: Fault,
    shared: Arc<Mutex<Store>>,
    /// What was written since the last commit, for a sink that acknowledges it early.
    buffer: Vec<String>,
}

impl OpenSink for Memory {
    fn destination(&self, _: &Variables) -> Result<Destination, SinkError> {
        let mut store = self.shared.lock().unwrap();
        store.asked += u64::from(self.fault == Fault::ChangesItsDestination);
        Ok(Destination::Elsewhere(format!("memory {}", store.asked)))
    }

    fn open(&self, _: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let mut store = self.shared.lock().unwrap();
        let (length, mut at) =
            from.map_or((0, Mark::START), |(receipt, mark)| (receipt.0.trim_end().parse().unwrap(), mark));
        match self.fault {
            Fault::StartsOver => {
                at = Mark::START;
                store.records.clear();
            }
            Fault::RefusesToFinishAgain if from.is_some() && store.published.is_some() => {
                return Err(SinkError::new(SinkErrorKind::Rejected, "it is complete already"));
            }
            Fault::KeepsWhatWasNotCommitted if from.is_some() => {}
            Fault::KeepsAnAbandonedPull if from.is_none() => {}
            Fault::ForgetsItsMark if from.is_some() => {
                store.records.truncate(length);
                at = Mark(at.0.saturating_sub(1));
            }
            Fault::RepeatsAfterAResume if from.is_some() => {
                store.records.truncate(length);
                let last = store.records.last().cloned();
                store.records.extend(last);
            }
            Fault::LosesTheResultWhenReopened => {
                store.published = None;
                store.records.truncate(length);
            }
            Fault::ForgetsOlderCommits if from.is_some() => {
                let last = store.ends.last().copied().unwrap_or(0);
                store.records.truncate(last);
            }
            Fault::CommitsByItself if from.is_some() => at = Mark(store.pages),
            _ => {
                store.records.truncate(length);
                store.pages = at.0;
            }
        }
        drop(store);
        let writing = Writing { fault: self.fault, shared: Arc::clone(&self.shared), buffer: Vec::new() };
        Ok(Opened { sink: Box::new(writing), at })
    }
}

impl Sink for Writing {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut store = self.shared.lock().unwrap();
        let mut records =
            batch.records().map(|record| String::from_utf8(record.to_vec()).unwrap()).collect::<Vec<_>>();
        match self.fault {
            Fault::LosesARecord if records.len() > 2 => drop(records.pop()),
            Fault::LosesRepeatedRecords => records.dedup(),
            Fault::LosesPagesOfOneRecord if records.len() == 1 => records.clear(),
            Fault::SwapsRecords => records.reverse(),
            Fault::UnescapesText => {
                records = records.into_iter().map(|record| record.replace("\\u00e9", "é")).collect();
            }
            Fault::CutsLongPages => records.truncate(500),
            Fault::AcknowledgesEarly => {
                self.buffer.append(&mut records);
                store.pages += 1;
                return Ok(());
            }
            Fault::ChangesNumbers => {
                records = records.into_iter().map(|record| record.replace("1.10", "1.1")).collect();
            }
            Fault::CutsLongRecords => records.iter_mut().for_each(|record| record.truncate(65536)),
            _ => {}
        }
        store.records.append(&mut records);
        store.pages += 1;
        Ok(())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let mut store = self.shared.lock().unwrap();
        if store.records.is_empty() && self.fault == Fault::RefusesACommitOfNothing {
            return Err(SinkError::new(SinkErrorKind::Rejected, "there is nothing to commit"));
        }
        if store.ends.last() == Some(&store.records.len()) && self.fault == Fault::RefusesASecondCommit {
            return Err(SinkError::new(SinkErrorKind::Rejected, "nothing was written"));
        }
        let before = store.ends.last().copied().unwrap_or(0);
        let length = if self.fault == Fault::ReturnsTheReceiptBefore {
            before
        } else {
            store.records.len() + self.buffer.len()
        };
        let end = store.records.len();
        store.ends.push(end);
        store.pages = mark.0;
        if self.fault == Fault::PublishesOnCommit {
            store.published = Some(store.records.clone());
        }
        let width = if self.fault == Fault::WritesLongReceipts { 4097 } else { 0 };
        Ok(Receipt(format!("{length:<width$}")))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        let mut store = self.shared.lock().unwrap();
        store.records.extend(self.buffer.iter().cloned());
        if self.fault == Fault::LosesTheLastRecord {
            store.records.pop();
        }
        if !(self.fault == Fault::HidesEmptyResults && store.records.is_empty()) {
            store.published = Some(store.records.clone());
        }
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.fault == Fault::PublishesOnDrop {
            let mut store = self.shared.lock().unwrap();
            store.published = Some(store.records.clone());
        }
    }
}

fn suite(fault: Fault) -> Suite {
    suite_of(Publishes::AtFinish, fault)
}

fn suite_of(publishes: Publishes, fault: Fault) -> Suite {
    Suite::new(publishes, move || {
        let shared = Arc::<Mutex<Store>>::default();
        let opener = Box::new(Memory { fault, shared: Arc::clone(&shared) });
        let published = Box::new(move || shared.lock().unwrap().published.clone());
        Subject { opener, variables: Variables::new("users", "/"), published }
    })
}

fn failures(fault: Fault) -> Vec<(&'static str, String)> {
    failures_of(&suite(fault))
}

fn failures_of(suite: &Suite) -> Vec<(&'static str, String)> {
    suite.run().filter_map(|outcome| Some((outcome.case, outcome.failure?))).collect()
}

#[test]
fn sinks_that_keep_the_contract_pass() {
    suite(Fault::None).verify();
    // Durable ahead of the checkpoint: such a sink has the later pages and says so.
    suite(Fault::CommitsByItself).verify();
}

#[test]
fn each_fault_is_found_by_the_case_for_its_clause() {
    let found = [
        (Fault::ChangesItsDestination, "asking for the destination changes nothing"),
        (Fault::LosesARecord, "records arrive in order and whole"),
        (Fault::LosesTheLastRecord, "records arrive in order and whole"),
        (Fault::SwapsRecords, "records arrive in order and whole"),
        (Fault::LosesPagesOfOneRecord, "pages may hold one record or a thousand"),
        (Fault::CutsLongPages, "pages may hold one record or a thousand"),
        (Fault::ChangesNumbers, "records keep their text"),
        (Fault::UnescapesText, "records keep their text"),
        (Fault::LosesRepeatedRecords, "identical records are all kept"),
        (Fault::CutsLongRecords, "a record may be a mebibyte long"),
        (Fault::PublishesOnCommit, "nothing is published too early"),
        (Fault::PublishesOnDrop, "dropping publishes nothing"),
        (Fault::AcknowledgesEarly, "a pull resumes from its last commit"),
        (Fault::StartsOver, "a pull resumes from its last commit"),
        (Fault::RepeatsAfterAResume, "a pull resumes from its last commit"),
        (Fault::ForgetsItsMark, "a pull resumes from its last commit"),
        (Fault::ReturnsTheReceiptBefore, "a pull resumes from its last commit"),
        (Fault::KeepsWhatWasNotCommitted, "what was written after the last commit is gone"),
        (Fault::ForgetsOlderCommits, "an older receipt rolls back further"),
        (Fault::RefusesASecondCommit, "a commit may follow a commit"),
        (Fault::RefusesACommitOfNothing, "a commit may come before the first page"),
        (Fault::HidesEmptyResults, "an empty pull publishes an empty result"),
        (Fault::RefusesToFinishAgain, "finishing again changes nothing"),
        (Fault::LosesTheResultWhenReopened, "finishing again changes nothing"),
        (Fault::KeepsAnAbandonedPull, "a new pull keeps nothing of an abandoned one"),
        (Fault::WritesLongReceipts, "a receipt is at most 4 KiB"),
    ];
    for (fault, case) in found {
        let failures = failures(fault);
        assert!(failures.iter().any(|(failed, _)| *failed == case), "{fault:?} was found by {failures:?}");
    }
}

#[test]
fn without_reading_records_back_only_the_calls_are_tested() {
    let failures = |fault| failures_of(&suite_of(Publishes::Unseen, fault));
    assert_eq!(failures(Fault::None), []);
    assert_eq!(failures(Fault::LosesARecord), []);
    for fault in [Fault::StartsOver, Fault::RefusesToFinishAgain, Fault::WritesLongReceipts] {
        assert!(!failures(fault).is_empty(), "{fault:?}");
    }
}

#[test]
fn a_failure_says_what_the_sink_did_instead() {
    let failure = |fault, case| failures(fault).into_iter().find(|failed| failed.0 == case).unwrap().1;
    assert_eq!(
        failure(Fault::LosesARecord, "nothing is published too early"),
        "2 records are published where 3 were expected; the first difference is at record 3: nothing instead of \
         {\"page\":1,\"record\":3}"
    );
    assert_eq!(
        failure(Fault::PublishesOnDrop, "dropping publishes nothing"),
        "6 records are published of a pull that was not finished"
    );
    assert_eq!(
        failure(Fault::StartsOver, "a commit may follow a commit"),
        "opened from the receipt of page 1, it is at page 0"
    );
    assert_eq!(
        failure(Fault::RefusesToFinishAgain, "finishing again changes nothing"),
        "opening from a receipt failed: it is complete already"
    );
}

#[test]
#[should_panic(
    expected = "the sink violates its contract:\n  an empty pull publishes an empty result: nothing is"
)]
fn verifying_panics_with_the_cases_that_failed() {
    suite(Fault::HidesEmptyResults).verify();
}
