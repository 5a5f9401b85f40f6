//! The cases. Each tests one clause of the contract.

use super::{
    subject::Publishes,
    trial::{Failure, Trial, page, pages},
};

/// Calls a new sink and reports how it violated the contract.
pub(super) type Check = fn(&Trial<'_>) -> Result<(), Failure>;

/// All cases, with their names.
pub(super) const CASES: &[(&str, Check)] = &[
    ("asking for the destination changes nothing", destination),
    ("records arrive in order and whole", order),
    ("pages may hold one record or a thousand", page_sizes),
    ("records keep their text", text),
    ("identical records are all kept", identical),
    ("a record may be a mebibyte long", long_record),
    ("nothing is published too early", too_early),
    ("dropping publishes nothing", dropped_at_once),
    ("dropping leaves what was committed", dropped_later),
    ("a pull resumes from its last commit", resumes),
    ("what was written after the last commit is gone", rolls_back),
    ("an older receipt rolls back further", older_receipt),
    ("a commit may follow a commit", two_commits),
    ("a commit may come before the first page", commit_of_nothing),
    ("an empty pull publishes an empty result", empty_pull),
    ("finishing again changes nothing", finished_twice),
    ("a new pull keeps nothing of an abandoned one", new_pull),
    ("a receipt is at most 4 KiB", receipt_size),
];

/// `destination`: changes nothing, and returns the same each time.
fn destination(trial: &Trial<'_>) -> Result<(), Failure> {
    if trial.destination()? != trial.destination()? {
        return Err("it gave two destinations for the same pull".into());
    }
    trial.expect_after_drop(Vec::new())
}

/// `write`: takes the pages of one pull, in order.
fn order(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(50)?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(pages(50))
}

/// `write`: once for each page that has records, however many.
fn page_sizes(trial: &Trial<'_>) -> Result<(), Failure> {
    let sizes = [1, 1000, 0, 2];
    let page = |size: usize| (0..size).map(move |record| format!(r#"{{"of":{size},"record":{record}}}"#));
    let mut pull = trial.begin()?;
    for size in sizes {
        pull.deliver(&page(size).collect::<Vec<_>>())?;
    }
    pull.commit()?;
    pull.finish()?;
    trial.expect(sizes.into_iter().flat_map(page).collect())
}

/// `Batch`: a record is JSON text, and that text is what arrives.
fn text(trial: &Trial<'_>) -> Result<(), Failure> {
    let records = [
        r#"{"z":1.10,"a":12345678901234567890123,"e":-1.5E+300,"0":-0.0,"tiny":1e-400}"#,
        r#"{"escapes":"\u00e9\/\"\\\b\f\n\r\t\u0000\ud83d\ude00"}"#,
        r#"{"plain":"😀 é 漢字,;'","":"","a/b":null,"m~n":[[],{},[null,true]]}"#,
        r#"{"half a pair":"\ud800"}"#,
        r#"{"twice":1,"twice":2}"#,
        "{}",
    ]
    .map(str::to_owned);
    let mut pull = trial.begin()?;
    pull.deliver(&records)?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(records.into())
}

/// `write`: every record counts, also one with the text of the record before it, on its page, the page before, or before a
/// resume.
fn identical(trial: &Trial<'_>) -> Result<(), Failure> {
    if trial.promises.merges_identical {
        return Ok(());
    }
    let record = r#"{"same":1}"#.to_owned();
    let mut pull = trial.begin()?;
    pull.deliver(&vec![record.clone(); 3])?;
    pull.deliver(&vec![record.clone(); 2])?;
    let commit = pull.commit()?;
    drop(pull);
    let mut pull = trial.resume(&commit)?;
    pull.deliver(&vec![record.clone(); 2])?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(vec![record; 7])
}

/// `write`: a page may be larger than any buffer.
fn long_record(trial: &Trial<'_>) -> Result<(), Failure> {
    let records = [format!(r#"{{"long":"{}"}}"#, "é\\n".repeat(1 << 18)), r#"{"short":1}"#.to_owned()];
    let mut pull = trial.begin()?;
    if trial.promises.rejects_long {
        return pull.deliver_rejected(&records);
    }
    pull.deliver(&records)?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(records.into())
}

/// `finish`: publishes what was committed, and nothing else does.
fn too_early(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(1)?;
    pull.commit()?;
    trial.expect_after_drop(pages(1))?;
    pull.finish()?;
    trial.expect(pages(1))
}

/// `Sink`: dropping without `finish` publishes nothing.
fn dropped_at_once(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(2)?;
    drop(pull);
    trial.expect_after_drop(Vec::new())
}

/// `Sink`: dropping without `finish` publishes nothing; `write`: what was committed stays as it is.
fn dropped_later(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(2)?;
    pull.commit()?;
    pull.deliver_to(3)?;
    drop(pull);
    trial.expect_after_drop(pages(2))
}

/// `open`: with a receipt the pull resumes from there, and ends like one that was never interrupted. The receipt is that of
/// the last of several commits.
fn resumes(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    let mut delivered = 0;
    for steps in 1..=3 {
        delivered += steps;
        pull.deliver_to(delivered)?;
        pull.commit()?;
        delivered += 1;
        pull.deliver_to(delivered)?;
        let commit = pull.commit()?;
        drop(pull);
        pull = trial.resume(&commit)?;
    }
    pull.deliver_to(delivered + 2)?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(pages(delivered + 2))
}

/// `open`: `at == from` means that everything after the commit is gone, `at > from` that the pages up to `at` are durable.
fn rolls_back(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(2)?;
    let commit = pull.commit()?;
    pull.deliver_to(4)?;
    drop(pull);
    let mut pull = trial.resume(&commit)?;
    let at = pull.at();
    pull.deliver_to(at)?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(pages(at))
}

/// `open`: accepts any receipt of the pull, because the checkpoint may be older than the last commit of the sink.
fn older_receipt(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(1)?;
    let older = pull.commit()?;
    pull.deliver_to(3)?;
    pull.commit()?;
    drop(pull);
    let mut pull = trial.resume(&older)?;
    pull.deliver_to(4)?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(pages(4))
}

/// `commit`: may be called when nothing was written since the last one.
fn two_commits(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(1)?;
    pull.commit()?;
    let commit = pull.commit()?;
    drop(pull);
    let mut pull = trial.resume(&commit)?;
    pull.commit()?;
    pull.deliver_to(2)?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(pages(2))
}

/// `commit`: `Mark::START` is a mark like any other. A run that starts over rolls back to it.
fn commit_of_nothing(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    let start = pull.commit()?;
    pull.deliver_to(2)?;
    pull.commit()?;
    drop(pull);
    let mut pull = trial.resume(&start)?;
    pull.deliver_to(3)?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(pages(3))
}

/// `finish`: publishes what was committed. For an empty pull that is an empty result.
fn empty_pull(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver(&[])?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(Vec::new())
}

/// `open`: accepts the receipt of the last commit after `finish`. Finishing again changes nothing.
fn finished_twice(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(2)?;
    let last = pull.commit()?;
    pull.finish()?;
    for _ in 0..2 {
        trial.resume(&last)?.finish()?;
        trial.expect(pages(2))?;
    }
    drop(trial.resume(&last)?);
    trial.expect(pages(2))
}

/// `open`: without a receipt the pull is new. (Records that were published at a commit stay published.)
fn new_pull(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    pull.deliver_to(3)?;
    if trial.promises.publishes == Publishes::AtFinish {
        pull.commit()?;
    }
    drop(pull);
    let mut pull = trial.begin()?;
    pull.deliver(&page(7))?;
    pull.commit()?;
    pull.finish()?;
    trial.expect(page(7))
}

/// `Receipt`: has at most 4 KiB, however many pages came before it.
fn receipt_size(trial: &Trial<'_>) -> Result<(), Failure> {
    let mut pull = trial.begin()?;
    for mark in [0, 1, 1000] {
        pull.deliver_to(mark)?;
        let size = pull.commit()?.receipt.0.len();
        if size > 4096 {
            return Err(format!("after {mark} pages the receipt has {size} bytes"));
        }
    }
    Ok(())
}
