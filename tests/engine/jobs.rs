//! Jobs are submitted and polled, and their results are pulled.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::Method;
use jiff::{SignedDuration, Span, tz::TimeZone};
use longhaul_core::{
    Body, Pointer, Replay, Source, Template,
    client::answer::Rules,
    http::transport::TransportErrorKind,
    listing::paginate::{Renewal, Token},
    pull::{
        PullError,
        job::{Job, JobError, JobState},
        window::Windows,
    },
};
use longhaul_tests::{
    JOBS_PATH, JobApi, Lifetime, ManualClock, Pulled, Received, Reply, ScriptedTransport, Setup, Tokens,
    chain, split_on,
};
use serde_json::{Value, json};

use crate::windows::{timeline, windows};

/// Jobs over two days.
pub(crate) fn job_api() -> Arc<JobApi> {
    Arc::new(JobApi::new(timeline(), usize::MAX))
}

/// The results of one job for each window. Jobs are polled every three seconds for at most an hour.
pub(crate) fn source(setup: &Setup) -> Source {
    let pointer = |place: &str| place.parse::<Pointer>().unwrap();
    let paginator = Token {
        param: "cursor".parse().unwrap(),
        cursor: pointer("/cursor").into(),
        renewal: Renewal::EachPage,
    };
    let at = |path: &str| setup.source_at(&format!("{JOBS_PATH}{path}"), "", paginator.clone()).first;
    let submit = Template {
        method: Method::POST,
        body: Body::Json(json!({"interval": "{window.start}/{window.end}"}).into()),
        replay: Replay::OnlyUnseen,
        ..at("")
    };
    let job = Job {
        rules: Rules::default(),
        submit,
        id: "/jobId".parse().unwrap(),
        poll: at("/{job.id}"),
        state: Some("/state".parse().unwrap()),
        done: vec![JobState::Named("FULFILLED".to_owned())],
        failed: ["FAILED", "CANCELLED", "EXPIRED"].map(|state| JobState::Named(state.to_owned())).into(),
        skipped: Vec::new(),
        url: None,
        message: Some(["/errorMessage", "/message"].iter().map(|place| place.parse().unwrap()).collect()),
        cancel: None,
        every: Duration::from_secs(3),
        timeout: Duration::from_secs(3600),
    };
    let windows = Windows {
        slice: None,
        min_slice: SignedDuration::from_hours(1),
        timezone: TimeZone::UTC,
        format: "%Y-%m-%dT%H:%M:%SZ".to_owned(),
    };
    Source {
        job: Some(job),
        windows: Some(windows),
        each: Vec::new(),
        filter: None,
        ..setup.source_at(&format!("{JOBS_PATH}/{{job.id}}/results?pageSize=25"), "/conversations", paginator)
    }
}

pub(crate) fn unlimited() -> Arc<Tokens> {
    Arc::new(Tokens::new(Lifetime::Unlimited))
}

#[test]
fn each_window_has_a_job_that_is_polled_until_it_is_done() {
    for concurrency in [0, 1, 3, 8, 20] {
        let (job_api, tokens) = (job_api(), Arc::new(Tokens::new(Lifetime::Requests(9))));
        let of_server = Arc::clone(&job_api);
        let (setup, _) = Setup::scripted_api(&tokens, move |request| of_server.answer(request));
        let source = Source { concurrency, ..source(&setup) };

        let pulled = setup.pull(&source, Some(windows(Some(Span::new().hours(6)))));

        assert!(pulled.records() == timeline().records(), "in the order of windows, at {concurrency}");
        let summary = pulled.summary();
        assert_eq!((summary.records, summary.pages, summary.windows), (1440, 8 * 8, 8));
        assert_eq!(job_api.polls(), [3; 8], "a job that is done is not polled again");
        assert!(job_api.max_unread() <= concurrency.max(1), "{job_api:?} at {concurrency}");
    }
}

#[test]
fn each_half_of_a_window_has_its_own_job() {
    for concurrency in [1, 2, 3] {
        let job_api = Arc::new(JobApi::new(timeline(), 200));
        let of_server = Arc::clone(&job_api);
        let (setup, _) = Setup::scripted_api(&unlimited(), move |request| of_server.answer(request));
        let mut source = Source { concurrency, ..source(&setup) };
        source.rules = split_on(400, None);

        let pulled = setup.pull(&source, Some(windows(Some(Span::new().days(1)))));

        assert!(pulled.records() == timeline().records(), "in the order of windows, at {concurrency}");
        assert_eq!(pulled.summary().windows, 8);
        assert_eq!(job_api.paths().len(), 2 + 4 + 8, "days, halves and quarters");
        assert!(job_api.max_unread() <= concurrency, "{job_api:?} at {concurrency}");
    }
}

#[test]
fn later_jobs_are_submitted_while_earlier_ones_are_read() {
    let job_api = job_api();
    let of_server = Arc::clone(&job_api);
    let (setup, _) = Setup::scripted_api(&unlimited(), move |request| {
        let reply = of_server.answer(request);
        // The first results are returned once the jobs of two later windows are submitted.
        if request.url.path().ends_with("/results") {
            of_server.wait_for_submissions(3);
        }
        reply
    });
    let source = Source { concurrency: 3, ..source(&setup) };
    let pulled = setup.pull(&source, Some(windows(Some(Span::new().hours(6)))));
    assert!(pulled.records() == timeline().records());
    assert_eq!(job_api.max_unread(), 3);
}

#[test]
fn polls_are_three_seconds_apart() {
    let job_api = job_api();
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        Ok(if request.is_for_token() { tokens.issue(request.at) } else { job_api.answer(request) })
    });
    let pulled = setup.pull(&source(&setup), Some(windows(Some(Span::new().hours(6)))[..1].to_vec()));
    assert!(pulled.records() == timeline().records()[..180]);
    let is_poll = |request: &Received| request.url.path().ends_with("%C3%A9");
    let polls: Vec<_> = transport.api_requests().into_iter().filter(is_poll).collect();
    assert_eq!(polls.iter().map(|poll| poll.at.as_secs()).collect::<Vec<_>>(), [0, 3, 6]);
    assert_eq!(
        polls[0].url.path(),
        "/api/v2/details/jobs/job%201%2F%C3%A9",
        "an id is one segment of a path"
    );
    assert_eq!(clock.sleeps(), [Duration::from_secs(3); 2]);
}

/// Pulls the results of one job. The API answers the n-th submission with `submitted(n)` and the n-th poll with
/// `polled(n)`, counted from 1. Its results are one record.
fn pull_one(
    submitted: impl Fn(usize) -> Result<Reply, TransportErrorKind> + Send + Sync + 'static,
    polled: impl Fn(usize) -> Value + Send + Sync + 'static,
) -> (Pulled, Arc<ScriptedTransport>) {
    let (tokens, counts) = (Tokens::new(Lifetime::Unlimited), Mutex::new((0, 0)));
    let (setup, transport) = Setup::scripted(&ManualClock::new(), move |request| {
        if request.is_for_token() {
            return Ok(tokens.issue(request.at));
        }
        let mut counts = counts.lock().unwrap();
        if request.method == Method::POST {
            counts.0 += 1;
            return submitted(counts.0);
        }
        if request.url.path().ends_with("/results") {
            return Ok(Reply::json(json!({"conversations": [request.url.path()]}).to_string()));
        }
        counts.1 += 1;
        Ok(Reply::json(polled(counts.1).to_string()))
    });
    let pulled = setup.pull(&source(&setup), Some(windows(None)));
    (pulled, transport)
}

fn accepted(number: usize) -> Reply {
    Reply::json(json!({ "jobId": number }).to_string())
}

fn submissions(transport: &ScriptedTransport) -> usize {
    transport.api_requests().iter().filter(|request| request.method == Method::POST).count()
}

pub(crate) fn job_error(pulled: &Pulled) -> &JobError {
    match pulled.error() {
        PullError::Job(error) => error,
        other => panic!("not an error of a job: {}", chain(other)),
    }
}

#[test]
fn a_failed_job_is_submitted_again() {
    for state in ["FAILED", "CANCELLED", "EXPIRED"] {
        let (pulled, transport) = pull_one(
            |number| Ok(accepted(number)),
            move |poll| match poll {
                1 => json!({"state": "RUNNING"}),
                2 => json!({"state": state, "errorMessage": "the lake is dry"}),
                _ => json!({"state": "FULFILLED"}),
            },
        );
        assert_eq!(pulled.records(), [r#""/api/v2/details/jobs/2/results""#]);
        assert_eq!(submissions(&transport), 2);
    }
}

#[test]
fn a_job_that_fails_twice_is_reported_with_the_message_of_the_api() {
    for (answer, message) in [
        (
            json!({"state": "FAILED", "errorMessage": "the lake is dry"}),
            "the job failed twice with the state `FAILED`: the lake is dry",
        ),
        (
            json!({"state": "EXPIRED", "message": "too late"}),
            "the job failed twice with the state `EXPIRED`: too late",
        ),
        (json!({"state": "CANCELLED"}), "the job failed twice with the state `CANCELLED`"),
    ] {
        let (pulled, transport) = pull_one(|number| Ok(accepted(number)), move |_| answer.clone());
        assert!(matches!(job_error(&pulled), JobError::Failed { .. }));
        assert_eq!(chain(pulled.error()), message);
        assert_eq!(submissions(&transport), 2);
        assert!(!pulled.calls.any_finished());
    }
}

#[test]
fn a_job_that_takes_too_long_is_an_error() {
    let (pulled, transport) = pull_one(|number| Ok(accepted(number)), |_| json!({"state": "RUNNING"}));
    assert!(matches!(job_error(&pulled), JobError::TooSlow { .. }));
    assert_eq!(chain(pulled.error()), "the job is still `RUNNING` after 3600 s");
    assert_eq!(submissions(&transport), 1, "a slow job is not submitted again");
    assert_eq!(transport.api_requests().len(), 1 + 1201, "a poll every three seconds, from 0 to 3600");
}

#[test]
fn an_answer_without_id_or_state_is_an_error() {
    // The last two would change the path.
    let invalid = [json!(null), json!(""), json!({ "id": 1 }), json!("."), json!("..")];
    for answer in [json!({})].into_iter().chain(invalid.map(|id| json!({ "jobId": id }))) {
        let reply = answer.to_string();
        let (pulled, transport) = pull_one(move |_| Ok(Reply::json(reply.clone())), |_| json!({}));
        assert!(matches!(job_error(&pulled), JobError::NoId { .. }));
        assert_eq!(chain(pulled.error()), "the API accepted the job, but its answer has no id at `/jobId`");
        assert_eq!(transport.api_requests().len(), 1);
    }
    for answer in [json!({}), json!({"state": null}), json!({"state": ["FULFILLED"]})] {
        let (pulled, _) = pull_one(|number| Ok(accepted(number)), move |_| answer.clone());
        assert!(matches!(job_error(&pulled), JobError::NoState { .. }));
        assert_eq!(chain(pulled.error()), "the answer about the job has no state at `/state`");
    }
}

#[test]
fn a_submission_is_retried_only_if_the_api_has_not_seen_it() {
    const REQUEST: &str = "`POST https://api.example/api/v2/details/jobs` failed";
    const UNDECIDED: &str = "it is not known whether the API has submitted the job";
    for (kind, clause) in [
        (TransportErrorKind::BrokenOff, "the connection closed before the answer was complete"),
        (TransportErrorKind::TimedOut, "the server did not answer in time"),
    ] {
        let (pulled, transport) = pull_one(move |_| Err(kind), |_| json!({"state": "FULFILLED"}));
        assert_eq!(chain(pulled.error()), format!("{UNDECIDED}\n{REQUEST}\n{clause}"));
        assert_eq!(submissions(&transport), 1);
    }
    let (pulled, transport) = pull_one(|_| Ok(Reply::status(503)), |_| json!({"state": "FULFILLED"}));
    assert_eq!(
        chain(pulled.error()),
        format!("{UNDECIDED}\n{REQUEST}\nthe server answered 503 Service Unavailable")
    );
    assert_eq!(submissions(&transport), 1);

    let unseen: [fn() -> Result<Reply, TransportErrorKind>; 3] = [
        || Ok(Reply::status(429)),
        || Ok(Reply::status(503).header("retry-after", "1")),
        || Err(TransportErrorKind::NotConnected),
    ];
    for first in unseen {
        let submitted = move |number| if number == 1 { first() } else { Ok(accepted(number)) };
        let (pulled, transport) = pull_one(submitted, |_| json!({"state": "FULFILLED"}));
        assert_eq!(pulled.summary().records, 1);
        assert_eq!(submissions(&transport), 2);
    }
}

#[test]
fn a_request_with_an_invalid_url_is_an_error() {
    let (setup, transport) = Setup::scripted_api(&unlimited(), |_| Reply::status(500));
    let mut of_job = source(&setup);
    of_job.job.as_mut().unwrap().submit.path = ":port/jobs".to_owned();
    let pulled = setup.pull(&of_job, Some(windows(None)));
    assert_eq!(chain(pulled.error()), "the request does not have a valid URL\ninvalid port number");
    let mut listing = setup.source();
    listing.first.path = ":port/jobs".to_owned();
    let pulled = setup.pull(&listing, None);
    assert_eq!(chain(pulled.error()), "the request does not have a valid URL\ninvalid port number");
    assert_eq!(transport.received().len(), 0);
    assert_eq!(setup.clock.elapsed(), Duration::ZERO);
}
