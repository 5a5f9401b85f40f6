//! Transient faults, over real sockets: the run recovers from each of them and loses no records.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use longhaul_core::event::Fault::{self, Connection, Status, UnreadableAnswer};
use longhaul_tests::{
    EPOCH, End, FakeApi, FaultServer, Framing, Lifetime, Links, ManualClock, Reaction, Received, Reply,
    Setup, Tokens, records,
};
use serde_json::json;

/// A fault: its name, the kind that is reported, how long the server wants no requests, and what it does instead of giving
/// a good answer.
type Case = (&'static str, Fault, Duration, fn(Reply, &Received) -> Reaction);

const NO_WAIT: Duration = Duration::ZERO;
const SEVEN: Duration = Duration::from_secs(7);

const CASES: [Case; 24] = [
    ("429 with seconds", Status(429), SEVEN, |_, _| later(429, "7".to_owned()).into()),
    ("429 with a date", Status(429), SEVEN, |_, request| later(429, date(request.at + SEVEN)).into()),
    ("429 with a date, from a server with a wrong clock", Status(429), SEVEN, |_, request| {
        with_wrong_clock(request)
    }),
    ("429 with nonsense", Status(429), NO_WAIT, |_, _| later(429, "soon".to_owned()).into()),
    ("429", Status(429), NO_WAIT, |_, _| Reply::status(429).into()),
    ("400 for a rate limit", Status(400), NO_WAIT, |_, _| rate_limit().into()),
    ("408", Status(408), NO_WAIT, |_, _| Reply::status(408).into()),
    ("500", Status(500), NO_WAIT, |_, _| Reply::status(500).into()),
    ("502", Status(502), NO_WAIT, |_, _| Reply::status(502).into()),
    ("503", Status(503), NO_WAIT, |_, _| Reply::status(503).into()),
    ("503 with seconds", Status(503), SEVEN, |_, _| later(503, "7".to_owned()).into()),
    ("504", Status(504), NO_WAIT, |_, _| Reply::status(504).into()),
    ("closed before the first byte", Connection, NO_WAIT, |_, _| Reaction::Close),
    ("reset before the first byte", Connection, NO_WAIT, |_, _| Reaction::Reset),
    ("body cut", Connection, NO_WAIT, |reply, _| cut(reply, Framing::Length, End::Close)),
    ("body reset", Connection, NO_WAIT, |reply, _| cut(reply, Framing::Length, End::Reset)),
    ("chunks cut", Connection, NO_WAIT, |reply, _| cut(reply, Framing::Chunks, End::Close)),
    ("chunks reset", Connection, NO_WAIT, |reply, _| cut(reply, Framing::Chunks, End::Reset)),
    ("not HTTP", Connection, NO_WAIT, |_, _| Reaction::Raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec())),
    ("invalid gzip", Connection, NO_WAIT, |reply, _| {
        Reply { body: [b"\x1f\x8b\x08", &reply.body[..]].concat(), ..reply }.into()
    }),
    ("empty 200", UnreadableAnswer, NO_WAIT, |_, _| Reply::status(200).into()),
    ("HTML 200", UnreadableAnswer, NO_WAIT, |_, _| Reply::html().into()),
    ("broken JSON", UnreadableAnswer, NO_WAIT, |reply, _| truncated(reply).into()),
    ("body cut, visible only in the JSON", UnreadableAnswer, NO_WAIT, |reply, _| unframed(&reply)),
];

fn later(status: u16, retry_after: String) -> Reply {
    Reply::status(status).header("retry-after", retry_after)
}

fn date(at: Duration) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + EPOCH + at)
}

fn with_wrong_clock(request: &Received) -> Reaction {
    let server_time = request.at + Duration::from_secs(86_400);
    later(429, date(server_time + SEVEN)).header("date", date(server_time)).into()
}

fn rate_limit() -> Reply {
    Reply::refusal(
        400,
        &json!({"error": "invalid_request", "description": "Rate limit exceeded the maximum"}),
    )
}

fn truncated(mut reply: Reply) -> Reply {
    reply.body.truncate(reply.body.len() / 2);
    reply
}

fn cut(reply: Reply, framing: Framing, end: End) -> Reaction {
    let after = reply.body.len() / 2;
    Reaction::Cut { reply, framing, after, end }
}

/// RFC 9112 §6.3: without length or chunks, a body ends where the connection does.
fn unframed(reply: &Reply) -> Reaction {
    Reaction::Raw([b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &reply.body[..reply.body.len() / 2]].concat())
}

/// Where the faults are: in every third answer, from the first one on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    Api,
    TokenEndpoint,
}

#[derive(Default)]
struct Counts {
    requests: usize,
    faults: usize,
    /// When the server accepts requests again.
    retry_at: Duration,
    too_early: usize,
}

fn assert_recovers(at: At, &(name, reported, wait, fault): &Case) {
    let (clock, expected) = (ManualClock::new(), records(40));
    // Each token serves one page, so that the token endpoint gets enough requests.
    let lifetime = if at == At::TokenEndpoint { Lifetime::Requests(1) } else { Lifetime::Unlimited };
    let api = FakeApi::new(Tokens::new(lifetime), &expected, 4, Links::Relative);
    let counts = Arc::new(Mutex::new(Counts::default()));
    let of_server = Arc::clone(&counts);
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| {
        let reply = api.answer(request);
        if request.is_for_token() != (at == At::TokenEndpoint) {
            return reply.into();
        }
        let mut counts = of_server.lock().expect("an unpoisoned lock");
        counts.requests += 1;
        counts.too_early += usize::from(request.at < counts.retry_at);
        if counts.requests % 3 != 1 {
            return reply.into();
        }
        counts.faults += 1;
        counts.retry_at = request.at + wait;
        fault(reply, request)
    });
    let setup = Setup::over_sockets(&server.url(), &clock);

    assert!(setup.run().records() == expected, "{name} at {at:?}: every record once");

    let counts = counts.lock().unwrap();
    assert!(counts.faults >= 5, "{name} at {at:?}: {} faults", counts.faults);
    assert_eq!(setup.events.retried(), vec![reported; counts.faults], "{name} at {at:?}");
    assert_eq!(counts.too_early, 0, "{name} at {at:?}: sent before `Retry-After` had passed");
    assert_eq!(clock.sleeps().len(), counts.faults, "{name} at {at:?}: one wait per fault");
    if wait > NO_WAIT {
        assert!(clock.sleeps().iter().all(|slept| *slept == wait), "{name} at {at:?}: {:?}", clock.sleeps());
    }
}

#[test]
fn a_run_recovers_from_every_fault_of_the_api() {
    for case in &CASES {
        assert_recovers(At::Api, case);
    }
}

#[test]
fn a_run_recovers_from_every_fault_of_the_token_endpoint() {
    for case in &CASES {
        assert_recovers(At::TokenEndpoint, case);
    }
}

#[test]
fn unusual_but_valid_answers_are_not_faults() {
    for react in [Reaction::Drip as fn(Reply) -> Reaction, Reaction::Chunked] {
        let (clock, expected) = (ManualClock::new(), records(40));
        let api = FakeApi::new(Tokens::new(Lifetime::Requests(3)), &expected, 4, Links::Absolute);
        let server = FaultServer::start(Arc::clone(&clock) as _, move |request| react(api.answer(request)));
        let setup = Setup::over_sockets(&server.url(), &clock);
        assert_eq!(setup.run().records(), expected);
        assert_eq!(setup.events.retried(), []);
    }
}
