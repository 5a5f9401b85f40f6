//! The calls that the engine makes to sinks.

use longhaul_core::{
    pull::PullError,
    sink::{Mark, SinkErrorKind},
};
use longhaul_tests::{
    Call::{Commit, DropUnfinished, Finish, Open, RollBack, Write},
    CallLog, FakeApi, Lifetime, Links, ManualClock, Pulled, Reply, Setup, SinkStep, Tokens, chain, records,
};

/// Three pages of two records. If there is a `last`, it replaces the last page.
fn setup(last: Option<Reply>) -> Setup {
    let clock = ManualClock::new();
    let api = FakeApi::new(Tokens::new(Lifetime::Unlimited), &records(6), 2, Links::Relative);
    let (setup, _) = Setup::scripted(&clock, move |request| match &last {
        Some(reply) if request.query("page").as_deref() == Some("3") => Ok(reply.clone()),
        _ => Ok(api.answer(request)),
    });
    setup
}

/// Pulls into two sinks. The second one fails at `step`.
fn run_failing(step: SinkStep) -> Pulled {
    let calls = CallLog::default();
    let sinks = [("one", calls.sink("one")), ("two", calls.sink("two").failing_at(step))];
    setup(None).run_into(&calls, &sinks)
}

#[test]
fn every_sink_gets_every_page_and_all_commit_before_any_finishes() {
    let calls = CallLog::default();
    let pulled = setup(None).run_into(&calls, &[("one", calls.sink("one")), ("two", calls.sink("two"))]);

    let summary = pulled.outcome.unwrap();
    assert_eq!((summary.records, summary.pages), (6, 3));
    let to_both = |call: longhaul_tests::Call| ["one", "two"].map(|name| (name.to_owned(), call.clone()));
    let pages = records(6).chunks(2).map(<[_]>::to_vec).collect::<Vec<_>>();
    let writes = pages.into_iter().map(Write);
    let expected = [Open, Commit(Mark::START)].into_iter().chain(writes).chain([Commit(Mark(3)), Finish]);
    assert_eq!(calls.all(), expected.flat_map(to_both).collect::<Vec<_>>());
}

#[test]
fn a_page_without_records_is_counted_and_not_written() {
    let empty = Reply::json(r#"{"results":[],"nextPageUri":"?page=4"}"#);
    let calls = CallLog::default();
    let clock = ManualClock::new();
    let (setup, _) = Setup::scripted(&clock, move |request| {
        Ok(match (request.is_for_token(), request.query("page").as_deref()) {
            (true, _) => Tokens::new(Lifetime::Unlimited).issue(request.at),
            (false, None) => empty.clone(),
            (false, Some(_)) => Reply::json(r#"{"results":[7]}"#),
        })
    });
    let pulled = setup.run_into(&calls, &[("out", calls.sink("out"))]);
    let summary = pulled.outcome.unwrap();
    assert_eq!((summary.records, summary.pages), (1, 2));
    assert_eq!(calls.of("out"), [Open, Write(vec!["7".to_owned()]), Commit(Mark(2)), Finish]);
}

#[test]
fn a_sink_that_fails_ends_the_pull_and_nothing_is_published() {
    for step in [SinkStep::Open, SinkStep::Write, SinkStep::Commit] {
        let pulled = run_failing(step);
        assert_eq!(chain(pulled.error()), "the sink `two` failed\nthe disk is full", "{step:?}");
        assert!(
            matches!(pulled.error(), PullError::Sink { name, source } if name == "two" && source.kind() == SinkErrorKind::Unavailable)
        );
        assert!(!pulled.calls.any_finished(), "{step:?}");
        assert_eq!(pulled.calls.of("one").last(), Some(&DropUnfinished), "{step:?}");
        let expected = if step == SinkStep::Open { Open } else { DropUnfinished };
        assert_eq!(pulled.calls.of("two").last(), Some(&expected), "{step:?}");
    }
}

#[test]
fn a_failed_sink_is_not_called_again_and_all_sinks_roll_back_to_the_start() {
    let calls = run_failing(SinkStep::Write).calls;
    let rolled_back = [DropUnfinished, RollBack(Mark::START), DropUnfinished];
    assert!(calls.of("one").ends_with(&rolled_back));
    assert_eq!(calls.of("two"), [[Open, Commit(Mark::START), Write(records(2))], rolled_back].concat());
    let calls = run_failing(SinkStep::Commit).calls.of("two");
    assert_eq!(calls, [Open, Commit(Mark::START), DropUnfinished]);
}

#[test]
fn a_sink_that_cannot_finish_is_reported() {
    let pulled = run_failing(SinkStep::Finish);
    assert_eq!(chain(pulled.error()), "the sink `two` failed\nthe disk is full");
    assert_eq!(pulled.calls.of("one").last(), Some(&Finish));
}

#[test]
fn a_page_that_fails_ends_the_pull_and_nothing_is_published() {
    for reply in [Reply::status(404), Reply::json(r#"{"results":7}"#), Reply::html()] {
        let calls = CallLog::default();
        let pulled = setup(Some(reply)).run_into(&calls, &[("out", calls.sink("out"))]);
        assert!(pulled.outcome.is_err());
        assert_eq!(calls.records("out"), records(4), "the pages before it");
        assert_eq!(calls.of("out").last(), Some(&DropUnfinished));
        assert!(!calls.any_finished());
    }
}

#[test]
fn nothing_is_requested_if_a_sink_cannot_be_opened() {
    let (clock, calls) = (ManualClock::new(), CallLog::default());
    let (setup, transport) = Setup::scripted(&clock, |_| Ok(Reply::status(500)));
    let sink = calls.sink("out").failing_at(SinkStep::Open);
    assert!(setup.run_into(&calls, &[("out", sink)]).outcome.is_err());
    assert_eq!(transport.received().len(), 0);
}
