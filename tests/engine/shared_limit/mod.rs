//! A simulation of 64 workers that share a rate limit, without knowing of each other: how many requests are refused, and how
//! much of the limit is used.
//!
//! `cargo test -p longhaul-tests --test engine shared_limit -- --nocapture` prints the table of `cli/docs/machines.md`.

mod shared_clock;

use std::{
    fmt::Write,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use http::{HeaderMap, HeaderName, StatusCode};
use longhaul_core::{
    Client, Clock, Origins, Request,
    client::{
        auth::Anonymous,
        rate::{ConfiguredLimit, ConfiguredRate, RateLimit, Share},
    },
    http::transport::{Response, Transport, TransportError},
};
use longhaul_tests::Random;

use self::shared_clock::SharedClock;

const WORKERS: u32 = 64;
/// How many requests the API allows in a minute.
const ALLOWED: u64 = 300;
const MINUTE: Duration = Duration::from_secs(60);
const MINUTES: u32 = 10;

/// How the workers share the limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sharing {
    /// Each has a share of the configured limit, and the API reports none.
    Configured,
    /// Each takes its share of what the headers say is left.
    Reported,
    /// Each takes all of what the headers say is left.
    None,
}

/// An API with a limit for all workers together, from minute to minute.
#[derive(Debug)]
struct Api {
    clock: Arc<SharedClock>,
    reports: bool,
    minutes: Mutex<Vec<Minute>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    answered: u64,
    refused: u64,
}

/// The connection of a worker, with a latency of its own.
#[derive(Debug)]
struct Connection {
    api: Arc<Api>,
    random: Mutex<Random>,
}

impl Api {
    fn answer(&self) -> Response {
        let now = self.clock.elapsed();
        let mut minutes = self.minutes.lock().unwrap();
        let index = usize::try_from(now.as_secs() / MINUTE.as_secs()).unwrap();
        if minutes.len() <= index {
            minutes.resize(index + 1, Minute::default());
        }
        let minute = &mut minutes[index];
        let reset = (MINUTE.as_secs() - now.as_secs() % MINUTE.as_secs()).to_string();
        let mut headers = HeaderMap::new();
        let mut field =
            |name, value: String| headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        let status = if minute.answered < ALLOWED { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
        if status == StatusCode::OK {
            minute.answered += 1;
        } else {
            minute.refused += 1;
            field("retry-after", reset.clone());
        }
        if self.reports {
            field("inin-ratelimit-allowed", ALLOWED.to_string());
            field("inin-ratelimit-count", minute.answered.to_string());
            field("inin-ratelimit-reset", reset);
        }
        Response::new(status, headers, b"{}".to_vec())
    }
}

impl Transport for Connection {
    fn send(&self, _: &Request, _: Vec<u8>) -> Result<Response, TransportError> {
        let latency = || Duration::from_millis(40 + self.random.lock().unwrap().below(120));
        let (there, back) = (latency(), latency());
        self.api.clock.sleep(there);
        let response = self.api.answer();
        self.api.clock.sleep(back);
        Ok(response)
    }

    fn interrupt(&self) {}
}

/// What the workers did: the minutes of the API. A worker ends at its time.
fn simulate(sharing: Sharing, ends: impl Fn(u32) -> Duration) -> Vec<Minute> {
    let clock = Arc::new(SharedClock::new(WORKERS.try_into().unwrap()));
    let api =
        Api { clock: Arc::clone(&clock), reports: sharing != Sharing::Configured, minutes: Mutex::default() };
    let api = Arc::new(api);
    let workers = NonZeroU32::new(WORKERS).unwrap();
    thread::scope(|scope| {
        for index in 0..WORKERS {
            let (clock, api, until) = (Arc::clone(&clock), Arc::clone(&api), ends(index));
            scope.spawn(move || {
                let mut random = Random::new();
                let rate = (sharing == Sharing::Configured).then(|| ConfiguredRate {
                    requests: u32::try_from(ALLOWED).unwrap().try_into().unwrap(),
                    per: MINUTE,
                });
                let share = Share { workers, index: Some(index) };
                let limit = RateLimit {
                    configured: ConfiguredLimit { rate, concurrent: None },
                    share: if sharing == Sharing::None { Share::default() } else { share },
                    ..RateLimit::default()
                };
                // As workers do when they start.
                clock.sleep(Duration::from_millis(random.below(1000)));
                let url: url::Url = "https://api.example/".parse().unwrap();
                let transport = Arc::new(Connection { api, random: Mutex::new(random) });
                let client = Client::new(transport, Arc::new(Anonymous), Origins::of([&url]))
                    .with_clock(Arc::clone(&clock) as _)
                    .with_rate(limit);
                let request = Request::new(http::Method::GET, url);
                while clock.elapsed() < until {
                    client.json(&request).unwrap();
                }
                clock.end();
            });
        }
    });
    api.minutes.lock().unwrap().clone()
}

/// The requests that were refused, and the share of the limit that was used, in percent.
fn measured(minutes: &[Minute]) -> (u64, u64) {
    let answered: u64 = minutes.iter().map(|minute| minute.answered).sum();
    let refused = minutes.iter().map(|minute| minute.refused).sum();
    (refused, answered * 100 / (ALLOWED * minutes.len() as u64))
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is the result of the simulation")]
fn workers_use_the_limit_and_are_hardly_ever_refused() {
    let mut table = String::from("| sharing | 429 | used |\n|---|---|---|\n");
    let mut row = |sharing| {
        let minutes = simulate(sharing, |_| MINUTE * MINUTES);
        let (refused, used) = measured(&minutes[..MINUTES.try_into().unwrap()]);
        writeln!(table, "| {sharing:?} | {refused} | {used} % |").unwrap();
        (refused, used)
    };
    let [configured, reported, none] = [Sharing::Configured, Sharing::Reported, Sharing::None].map(&mut row);
    println!("{table}");
    assert!(configured.0 <= u64::from(WORKERS) && configured.1 >= 80, "{table}");
    assert!(reported.0 <= u64::from(WORKERS) && reported.1 >= 80, "{table}");
    assert!(none.0 > 5 * u64::from(WORKERS), "without shares, workers are in each other's way: {table}");
}

#[test]
fn when_workers_end_the_others_use_what_the_headers_say_is_left() {
    let ends = |index: u32| MINUTE * if index.is_multiple_of(2) { 4 } else { 10 };
    let minutes = simulate(Sharing::Reported, ends);
    let (before, after) = (measured(&minutes[..4]), measured(&minutes[5..10]));
    assert!(before.1 >= 80 && after.1 >= 80, "{before:?} {after:?}");
    assert!(before.0 + after.0 <= u64::from(WORKERS), "{before:?} {after:?}");
}
