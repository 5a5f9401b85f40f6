//! Which requests are retried, and when.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use longhaul_core::{
    Client, Replay,
    client::{
        Answer, BodyFault, RequestError,
        rate::{ConfiguredLimit, ConfiguredRate, RateLimit},
        retry::{RetryPolicy, StopReason},
    },
    event::Pause,
    http::transport::TransportErrorKind,
    listing::paginate::Single,
};
use longhaul_tests::{
    FakeApi, Lifetime, Links, ManualClock, Reply, ScriptedTransport, Setup, Tokens, chain, records,
};

const SECOND: Duration = Duration::from_secs(1);

/// A client of an API that always replies with `answer`.
fn client(
    policy: RetryPolicy,
    answer: impl Fn() -> Result<Reply, TransportErrorKind> + Send + Sync + 'static,
) -> (Setup, Client, Arc<ScriptedTransport>, Arc<ManualClock>) {
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let (mut setup, transport) =
        Setup::scripted(
            &clock,
            move |request| {
                if request.is_for_token() { Ok(tokens.issue(request.at)) } else { answer() }
            },
        );
    setup.policy = policy;
    let client = setup.client();
    (setup, client, transport, clock)
}

fn send(setup: &Setup, client: &Client) -> Result<(), RequestError> {
    client.send(&setup.request, Vec::new(), |answer: Answer| {
        if answer.response.body.is_empty() { Err(BodyFault::Empty) } else { Ok(()) }
    })
}

#[test]
fn a_longer_wait_than_allowed_fails_at_once() {
    let (setup, client, transport, clock) =
        client(RetryPolicy::default(), || Ok(Reply::status(429).header("retry-after", "181")));
    let error = send(&setup, &client).unwrap_err();
    assert_eq!(error.reason(), StopReason::WaitTooLong(Duration::from_secs(181)));
    assert_eq!(
        chain(&error),
        "`POST https://api.example/api/v2/details/query` must wait 181 s, longer than `retry.max_wait` allows\n\
         the server answered 429 Too Many Requests"
    );
    assert_eq!((transport.api_requests().len(), clock.sleeps()), (1, vec![]));
}

#[test]
fn a_wait_that_the_api_asked_for_also_delays_the_next_request() {
    let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let (setup, client, transport, clock) =
        client(once, || Ok(Reply::status(503).header("retry-after", "60")));
    for _ in 0..3 {
        assert_eq!(send(&setup, &client).unwrap_err().reason(), StopReason::Exhausted);
    }
    let times: Vec<_> = transport.api_requests().iter().map(|request| request.at).collect();
    assert_eq!(times, [Duration::ZERO, SECOND * 60, SECOND * 120]);
    assert_eq!(clock.sleeps(), [SECOND * 60; 2]);
}

#[test]
fn a_longer_wait_than_allowed_also_fails_the_next_request() {
    let (setup, client, transport, clock) =
        client(RetryPolicy::default(), || Ok(Reply::status(429).header("retry-after", "3600")));
    send(&setup, &client).unwrap_err();
    clock.advance(SECOND);
    let error = send(&setup, &client).unwrap_err();
    assert_eq!(error.reason(), StopReason::WaitTooLong(SECOND * 3599));
    assert_eq!((transport.api_requests().len(), clock.sleeps()), (1, vec![]));
}

#[test]
fn a_retry_after_in_the_far_future_does_not_overflow() {
    for value in ["99999999999999999999999", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let (setup, client, transport, _) =
            client(RetryPolicy::default(), move || Ok(Reply::status(429).header("retry-after", value)));
        let error = send(&setup, &client).unwrap_err();
        assert!(matches!(error.reason(), StopReason::WaitTooLong(_)), "{value}: {error:?}");
        assert_eq!(
            error.to_string(),
            "`POST https://api.example/api/v2/details/query` must wait more than 100 years, longer than \
             `retry.max_wait` allows",
            "{value}"
        );
        assert_eq!(transport.api_requests().len(), 1);
    }
}

#[test]
fn attempts_are_limited_and_waits_double_at_most() {
    let (setup, client, transport, clock) = client(RetryPolicy::default(), || Ok(Reply::status(502)));
    let error = send(&setup, &client).unwrap_err();
    assert_eq!(error.reason(), StopReason::Exhausted);
    assert_eq!(
        chain(&error),
        "`POST https://api.example/api/v2/details/query` failed 6 times\nthe server answered 502 Bad Gateway"
    );
    assert_eq!(transport.api_requests().len(), 6);
    let bounds = [1, 2, 4, 8, 16].map(Duration::from_secs);
    assert_eq!(clock.sleeps().len(), bounds.len());
    assert!(clock.sleeps().iter().zip(bounds).all(|(slept, bound)| *slept < bound), "{:?}", clock.sleeps());
}

#[test]
fn a_request_that_is_not_a_read_is_retried_only_if_the_server_has_not_acted() {
    use TransportErrorKind::{BrokenOff, NotConnected, TimedOut};
    type Outcome = fn() -> Result<Reply, TransportErrorKind>;
    let acted: [Outcome; 6] = [
        || Ok(Reply::status(500)),
        || Ok(Reply::status(502).header("retry-after", "1")),
        || Ok(Reply::status(503)),
        || Ok(Reply::status(200)),
        || Err(BrokenOff),
        || Err(TimedOut),
    ];
    let unseen: [Outcome; 2] = [|| Ok(Reply::status(503).header("retry-after", "1")), || Err(NotConnected)];
    let attempts = |outcome: Outcome| {
        let (mut setup, client, transport, _) = client(RetryPolicy::default(), outcome);
        setup.request.replay = Replay::OnlyUnseen;
        let error = send(&setup, &client).unwrap_err();
        (transport.api_requests().len(), error.reason())
    };
    assert!(acted.into_iter().all(|outcome| attempts(outcome) == (1, StopReason::Refused)));
    assert!(unseen.into_iter().all(|outcome| attempts(outcome) == (6, StopReason::Exhausted)));
    let (requests, reason) = attempts(|| Ok(Reply::status(429)));
    assert!(
        requests >= 6 && reason == StopReason::Exhausted,
        "a pause does not count as an attempt: {requests}"
    );
}

#[test]
fn a_request_that_is_not_a_read_is_sent_again_with_a_new_token() {
    let (clock, expected) = (ManualClock::new(), records(2));
    let api = FakeApi::new(Tokens::new(Lifetime::Requests(1)), &expected, 1, Links::Relative);
    let (mut setup, _) = Setup::scripted(&clock, move |request| Ok(api.answer(request)));
    setup.request.replay = Replay::OnlyUnseen;
    assert_eq!(setup.run().records(), expected);
}

#[test]
fn a_result_that_is_not_ready_is_requested_again() {
    let tokens = Arc::new(Tokens::new(Lifetime::Unlimited));
    let polls = AtomicU32::new(0);
    let (setup, _) = Setup::scripted_api(&tokens, move |_| {
        let is_ready = polls.fetch_add(1, Ordering::Relaxed) == 8;
        if is_ready { Reply::json(r#"{"data":[7]}"#) } else { Reply::status(202).header("retry-after", "2") }
    });
    let pulled = setup.pull(&setup.source_at("/x", "/data", Single::Assumed), None);
    assert_eq!(pulled.records(), ["7"], "polled more often than a failed request is retried");
}

#[test]
fn a_result_that_is_never_ready_is_an_error() {
    let tokens = Arc::new(Tokens::new(Lifetime::Unlimited));
    let (setup, _) = Setup::scripted_api(&tokens, |_| Reply { status: 202, ..Reply::json("{}") });
    let pulled = setup.pull(&setup.source_at("/x", "/data", Single::Assumed), None);
    assert_eq!(pulled.request_error().reason(), StopReason::Exhausted);
}

/// A back-off is not a pause, and the limit that the user set is not one that the API asked for.
#[test]
fn a_pause_is_the_wish_of_the_api_only_if_it_asked() {
    let once = || RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let pauses = |answer: fn() -> Reply, limit: RateLimit| {
        let (setup, client, ..) = client(once(), move || Ok(answer()));
        let client = client.with_rate(limit);
        for _ in 0..2 {
            let _ = send(&setup, &client);
        }
        setup.events.pauses()
    };
    assert_eq!(
        pauses(|| Reply::status(503).header("retry-after", "60"), RateLimit::default()),
        [Pause::Requested]
    );
    assert_eq!(pauses(|| Reply::status(503), RateLimit::default()), [Pause::Requested; 0]);
    let rate = NonZeroU32::new(1).map(|requests| ConfiguredRate { requests, per: SECOND * 60 });
    let limit = RateLimit { configured: ConfiguredLimit { rate, concurrent: None }, ..RateLimit::default() };
    assert_eq!(pauses(|| Reply::json("[]"), limit), [Pause::RateLimit]);
}
