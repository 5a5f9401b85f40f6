//! Requests are sent as fast as the rate limit allows, and no faster.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::{Arc, Mutex},
    time::Duration,
};

use longhaul_core::{
    Client, Clock, Source,
    client::rate::{ConfiguredLimit, ConfiguredRate, RateLimit},
    listing::paginate::PageNumber,
    pull::{Pull, run},
    sink::Variables,
};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{
    CallLog, Crowd, Lifetime, ManualClock, Received, Reply, ScriptedTransport, Setup, Tokens, chain,
};

/// An API that limits the requests per minute of each token, from its first request on, and reports the limit.
struct Limited {
    allowed: u64,
    /// When the minute of each token started, and how many requests it has sent since.
    minutes: Mutex<std::collections::HashMap<String, (Duration, u64)>>,
}

impl Limited {
    fn answer(&self, request: &Received, pages: u64) -> Reply {
        let token = request.header("authorization").unwrap_or_default().to_owned();
        let mut minutes = self.minutes.lock().unwrap();
        let minute = minutes.entry(token).or_insert((request.at, 0));
        if request.at >= minute.0 + Duration::from_secs(60) {
            *minute = (request.at, 0);
        }
        let reset = (minute.0 + Duration::from_secs(60)).saturating_sub(request.at).as_secs_f64().ceil();
        minute.1 += 1;
        let reply = if minute.1 > self.allowed {
            Reply::status(429)
        } else {
            let number: u64 = request.query("page").unwrap().parse().unwrap();
            Reply::json(format!(r#"{{"results":[{{"n":{number}}}],"pageCount":{pages}}}"#))
        };
        reply
            .header("inin-ratelimit-allowed", self.allowed.to_string())
            .header("inin-ratelimit-count", minute.1.min(self.allowed).to_string())
            .header("inin-ratelimit-reset", reset.to_string())
    }
}

/// Pulls `pages` pages, eight at once. Returns the transport, and how long it took.
fn pull(
    pages: u64,
    lifetime: Lifetime,
    limit: RateLimit,
    allowed: u64,
) -> (Arc<ScriptedTransport>, Duration) {
    pull_as(pages, lifetime, allowed, |client| client.with_rate(limit))
}

/// Does the same with the client that `limited` makes.
fn pull_as(
    pages: u64,
    lifetime: Lifetime,
    allowed: u64,
    limited: impl FnOnce(Client) -> Client,
) -> (Arc<ScriptedTransport>, Duration) {
    let api = Limited { allowed, minutes: Mutex::default() };
    let (setup, transport) =
        Setup::scripted_api(&Arc::new(Tokens::new(lifetime)), move |request| api.answer(request, pages));
    let paginator = PageNumber {
        param: "page".parse().unwrap(),
        size: None,
        start: 1,
        page_count: Some("/pageCount".parse().unwrap()),
    };
    let mut source = setup.source_at("/things", "/results", paginator);
    source.concurrency = 8;
    let calls = CallLog::default();
    let sink = calls.sink("out");
    let (sinks, variables) = (vec![("out", &sink as _)], Variables::new("things", "/"));
    let pull = Pull {
        source: &source,
        windows: None,
        parents: None,
        sinks,
        variables,
        spool: None,
        columns: Vec::new(),
        strict: false,
        limit: None,
        checkpointing: None,
    };
    let client = Arc::new(limited(setup.client()));
    let summary = run(&pull, &client).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(summary.records, pages);
    let expected: Vec<_> = (1..=pages).map(|number| format!(r#"{{"n":{number}}}"#)).collect();
    assert_eq!(calls.records("out"), expected, "in order");
    (transport, setup.clock.elapsed())
}

#[test]
fn a_limit_is_used_to_the_last_request_without_a_429() {
    let (transport, took) = pull(1000, Lifetime::Unlimited, RateLimit::default(), 300);
    assert_eq!(transport.api_requests().len(), 1000, "each page was requested once");
    // Three full minutes, and a part of the fourth.
    let minutes = Duration::from_secs(3 * 60)..=Duration::from_secs(3 * 60 + 5);
    assert!(minutes.contains(&took), "{took:?}");
}

#[test]
fn each_token_has_its_own_limit() {
    let (transport, took) = pull(100, Lifetime::Requests(9), RateLimit::default(), 10);
    let refused = transport.api_requests().len() - 100;
    assert!(refused <= transport.token_requests().len() * 8, "only with expired tokens: {refused}");
    assert!(took < Duration::from_secs(60), "it never waited for the next minute: {took:?}");
}

#[test]
fn a_configured_limit_applies_in_addition_to_the_reported_one() {
    let limit = RateLimit { configured: requests(50, 10), ..RateLimit::default() };
    let (transport, took) = pull(200, Lifetime::Unlimited, limit, 1_000_000);
    assert_rate(&transport, 50, 10);
    assert!(took < Duration::from_secs(32), "{took:?}");
}

/// Asserts that no period of this many seconds had more requests.
fn assert_rate(transport: &ScriptedTransport, requests: usize, seconds: u64) {
    let times: Vec<_> = transport.api_requests().iter().map(|request| request.at).collect();
    // The eight requests in flight may be sent a little after their turn, while another thread moves the clock.
    let at_once = requests + 8;
    let spans = times.windows(at_once + 1).map(|span| span[at_once].saturating_sub(span[0]));
    assert!(spans.min().unwrap() >= Duration::from_secs(seconds));
}

fn requests(requests: u32, seconds: u64) -> ConfiguredLimit {
    let per = Duration::from_secs(seconds);
    let rate = NonZeroU32::new(requests).map(|requests| ConfiguredRate { requests, per });
    ConfiguredLimit { rate, concurrent: None }
}

#[test]
fn the_limit_of_a_stream_applies_in_addition_to_that_of_the_api() {
    let (slow, fast) = (requests(50, 10), requests(100, 10));
    for (of_api, of_stream) in [(slow, fast), (fast, slow)] {
        let limit = RateLimit { configured: of_api, ..RateLimit::default() };
        let limited = |client: Client| client.with_rate(limit).limited_to(of_stream);
        let (transport, took) = pull_as(200, Lifetime::Unlimited, 1_000_000, limited);
        assert_rate(&transport, 50, 10);
        assert!(took < Duration::from_secs(32), "{took:?}");
    }
}

#[test]
fn the_requests_of_a_stream_count_for_the_api_too() {
    let (setup, transport) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), |_| {
        Reply::json(r#"{"results":[]}"#)
    });
    let of_api = RateLimit { configured: requests(2, 10), ..RateLimit::default() };
    let client = setup.client().with_rate(of_api);
    let [first, second] = [(); 2].map(|()| client.limited_to(requests(1, 10)));
    for client in [&first, &second, &first, &second] {
        client.json(&setup.request).unwrap();
    }
    let seconds: Vec<_> = transport.api_requests().iter().map(|request| request.at.as_secs()).collect();
    assert_eq!(seconds, [0, 0, 10, 10]);
}

#[test]
fn no_more_requests_are_in_flight_than_allowed() {
    let concurrent = |most| ConfiguredLimit { rate: None, concurrent: NonZeroUsize::new(most) };
    for (of_api, of_stream, most) in [(8, 8, 8), (3, 5, 3), (5, 3, 3), (1, 8, 1)] {
        let crowd = Arc::new(Crowd::new(most));
        let tokens = Arc::new(Tokens::new(Lifetime::Unlimited));
        let inside = Arc::clone(&crowd);
        let (setup, _) = Setup::scripted_api(&tokens, move |request| {
            inside.pass();
            let number: u64 = request.query("page").unwrap().parse().unwrap();
            Reply::json(format!(r#"{{"results":[{{"n":{number}}}],"pageCount":120}}"#))
        });
        let page = "page".parse().unwrap();
        let page_count = Some("/pageCount".parse().unwrap());
        let paginator = PageNumber { param: page, size: None, start: 1, page_count };
        let source = Source { concurrency: 8, ..setup.source_at("/things", "/results", paginator) };
        let limit = RateLimit { configured: concurrent(of_api), ..RateLimit::default() };
        let client = setup.client().with_rate(limit).limited_to(concurrent(of_stream));
        let calls = CallLog::default();
        setup.pull_as(client, &source, None, vec![("out", &calls.sink("out"))]).unwrap();
        assert_eq!(calls.records("out").len(), 120);
        assert_eq!(crowd.most(), most, "{of_api} and {of_stream}");
    }
}

/// Over sockets, with one clock for the API and the pull.
#[test]
fn a_single_client_uses_the_full_rate_without_a_429() {
    let clock = ManualClock::new();
    let settings = Settings {
        users: 1000,
        client_id: "the-client".to_owned(),
        client_secret: "the-s3cret".to_owned(),
        token_lifetime: Duration::from_secs(3600),
        rate_allowed: 300,
        ..Settings::default()
    };
    let api = FakeApi::start(settings, Arc::clone(&clock) as _).unwrap();
    let mut setup = Setup::over_sockets(&api.base_url().parse().unwrap(), &clock);
    setup.endpoint.url = api.token_url().parse().unwrap();
    let paginator = PageNumber {
        param: "pageNumber".parse().unwrap(),
        size: Some(("pageSize".parse().unwrap(), 1)),
        start: 1,
        page_count: Some("/pageCount".parse().unwrap()),
    };
    let source = Source { concurrency: 8, ..setup.source_at("/api/v2/users", "/entities", paginator) };

    assert_eq!(setup.pull(&source, None).records().len(), 1000);

    let stats = api.stats();
    assert_eq!((stats.too_many_requests, stats.requests["GET /api/v2/users"]), (0, 1000));
    // The first 900 requests take three minutes. 1000 requests in this time are more than 95 % of the allowed rate.
    let minutes = Duration::from_secs(3 * 60)..=Duration::from_secs(3 * 60 + 9);
    assert!(minutes.contains(&clock.elapsed()), "{:?}", clock.elapsed());
}
