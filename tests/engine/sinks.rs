//! What the engine does to sinks.

use longhaul_core::{
    pull::PullError,
    sink::{Mark, SinkErrorKind},
};
use longhaul_tests::{
    Call::{Abandon, Commit, Finish, GoBack, Open, Write},
    FakeApi, Journal, Life, Links, ManualClock, Pulled, Reply, Setup, SinkStep, Tokens, chain, records,
};

/// Three pages of two records, but for a last page that is answered with `last`.
fn setup(last: Option<Reply>) -> Setup {
    let clock = ManualClock::new();
    let api = FakeApi::new(Tokens::new(Life::Unlimited), &records(6), 2, Links::Relative);
    let (setup, _) = Setup::scripted(&clock, move |request| match &last {
        Some(reply) if request.query("page").as_deref() == Some("3") => Ok(reply.clone()),
        _ => Ok(api.answer(request)),
    });
    setup
}

/// Two sinks, of which the second fails.
fn run_failing(step: SinkStep) -> Pulled {
    let journal = Journal::default();
    let sinks = [("one", journal.sink("one")), ("two", journal.sink("two").failing_at(step))];
    setup(None).run_into(&journal, &sinks)
}

#[test]
fn every_sink_gets_every_page_and_all_commit_before_any_finishes() {
    let journal = Journal::default();
    let pulled =
        setup(None).run_into(&journal, &[("one", journal.sink("one")), ("two", journal.sink("two"))]);

    let summary = pulled.outcome.unwrap();
    assert_eq!((summary.records, summary.pages), (6, 3));
    let to_both = |call: longhaul_tests::Call| ["one", "two"].map(|name| (name.to_owned(), call.clone()));
    let pages = records(6).chunks(2).map(<[_]>::to_vec).collect::<Vec<_>>();
    let writes = pages.into_iter().map(Write);
    let calls = [Open, Commit(Mark::START)].into_iter().chain(writes).chain([Commit(Mark(3)), Finish]);
    assert_eq!(journal.calls(), calls.flat_map(to_both).collect::<Vec<_>>());
}

#[test]
fn a_page_without_records_is_counted_and_not_written() {
    let empty = Reply::json(r#"{"results":[],"nextPageUri":"?page=4"}"#);
    let journal = Journal::default();
    let clock = ManualClock::new();
    let (setup, _) = Setup::scripted(&clock, move |request| {
        Ok(match (request.is_for_token(), request.query("page").as_deref()) {
            (true, _) => Tokens::new(Life::Unlimited).issue(request.at),
            (false, None) => empty.clone(),
            (false, Some(_)) => Reply::json(r#"{"results":[7]}"#),
        })
    });
    let pulled = setup.run_into(&journal, &[("out", journal.sink("out"))]);
    let summary = pulled.outcome.unwrap();
    assert_eq!((summary.records, summary.pages), (1, 2));
    assert_eq!(journal.of("out"), [Open, Write(vec!["7".to_owned()]), Commit(Mark(2)), Finish]);
}

#[test]
fn a_sink_that_fails_ends_the_pull_and_nothing_is_published() {
    for step in [SinkStep::Open, SinkStep::Write, SinkStep::Commit] {
        let pulled = run_failing(step);
        assert_eq!(chain(pulled.error()), "the sink `two` failed\nthe disk is full", "{step:?}");
        assert!(
            matches!(pulled.error(), PullError::Sink { name, source } if name == "two" && source.kind() == SinkErrorKind::Unavailable)
        );
        assert!(!pulled.journal.any_finished(), "{step:?}");
        assert_eq!(pulled.journal.of("one").last(), Some(&Abandon), "{step:?}");
        let expected = if step == SinkStep::Open { Open } else { Abandon };
        assert_eq!(pulled.journal.of("two").last(), Some(&expected), "{step:?}");
    }
}

#[test]
fn a_sink_that_fails_is_not_called_again_and_all_go_back_to_the_start() {
    let journal = run_failing(SinkStep::Write).journal;
    let back = [Abandon, GoBack(Mark::START), Abandon];
    assert!(journal.of("one").ends_with(&back));
    assert_eq!(journal.of("two"), [[Open, Commit(Mark::START), Write(records(2))], back].concat());
    let calls = run_failing(SinkStep::Commit).journal.of("two");
    assert_eq!(calls, [Open, Commit(Mark::START), Abandon]);
}

#[test]
fn a_sink_that_cannot_finish_is_told() {
    let pulled = run_failing(SinkStep::Finish);
    assert_eq!(chain(pulled.error()), "the sink `two` failed\nthe disk is full");
    assert_eq!(pulled.journal.of("one").last(), Some(&Finish));
}

#[test]
fn a_page_that_fails_ends_the_pull_and_nothing_is_published() {
    for reply in [Reply::status(404), Reply::json(r#"{"results":7}"#), Reply::html()] {
        let journal = Journal::default();
        let pulled = setup(Some(reply)).run_into(&journal, &[("out", journal.sink("out"))]);
        assert!(pulled.outcome.is_err());
        assert_eq!(journal.records("out"), records(4), "what came before");
        assert_eq!(journal.of("out").last(), Some(&Abandon));
        assert!(!journal.any_finished());
    }
}

#[test]
fn a_sink_that_cannot_be_opened_costs_no_request() {
    let (clock, journal) = (ManualClock::new(), Journal::default());
    let (setup, transport) = Setup::scripted(&clock, |_| Ok(Reply::status(500)));
    let sink = journal.sink("out").failing_at(SinkStep::Open);
    assert!(setup.run_into(&journal, &[("out", sink)]).outcome.is_err());
    assert_eq!(transport.received().len(), 0);
}
