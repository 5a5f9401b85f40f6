//! Jobs that are cancelled.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use http::Method;
use jiff::Span;
use longhaul_core::{
    Client, Clock, Source, Template,
    client::retry::StopReason,
    http::transport::TransportErrorKind,
    pull::{
        PullError,
        job::{Cancel, JobError},
    },
};
use longhaul_tests::{Lifetime, ManualClock, Pulled, Reply, ScriptedTransport, Setup, Tokens};

use crate::{
    jobs::{exports, job_error, source, unlimited},
    windows::{timeline, windows},
};

/// A client for parting requests, which nothing interrupts.
fn parting() -> (Client, Arc<ScriptedTransport>) {
    let (setup, transport) = Setup::scripted_api(&unlimited(), |_| Reply::status(204));
    (setup.client(), transport)
}

/// Pulls eight windows, three jobs at once, with a cancel request; returns what was cancelled, in order.
fn pull_cancelling(setup: &Setup) -> (Pulled, Vec<String>) {
    let (client, parted) = parting();
    let mut source = Source { concurrency: 3, ..source(setup) };
    let job = source.job.as_mut().unwrap();
    // The time of the test flies while others are waited for, and is to fail none.
    job.timeout = Duration::MAX;
    let request = Template { method: Method::DELETE, ..job.poll.clone() };
    job.cancel = Some(Cancel { request, client });
    let pulled = setup.pull(&source, Some(windows(Some(Span::new().hours(6)))));
    let cancelled = parted.api_requests();
    assert!(cancelled.iter().all(|request| request.method == Method::DELETE && request.bearer().is_some()));
    let mut paths: Vec<_> = cancelled.iter().map(|request| request.url.path().to_owned()).collect();
    paths.sort();
    (pulled, paths)
}

#[test]
fn jobs_under_way_are_cancelled_when_the_run_is_stopped() {
    let (clock, tokens, exports) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited), exports());
    let (of_server, of_script) = (Arc::clone(&exports), Arc::clone(&clock));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            return Ok(tokens.issue(request.at));
        }
        let reply = of_server.answer(request);
        if request.method == Method::GET {
            // Polls are answered once all three jobs are there, and the run is stopped in the sleep after that.
            of_server.wait_for_submissions(3);
            of_script.interrupt_at(of_script.elapsed() + Duration::from_secs(1));
        }
        Ok(reply)
    });

    let (pulled, cancelled) = pull_cancelling(&setup);

    assert!(job_error(&pulled).is_interrupted());
    assert_eq!(exports.paths().len(), 3);
    assert_eq!(cancelled, exports.paths());
    assert!(transport.api_requests().iter().all(|request| request.method != Method::DELETE));
    assert!(!pulled.calls.any_finished());
}

#[test]
fn a_poll_that_the_stop_broke_off_cancels_the_job_too() {
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let of_script = Arc::clone(&clock);
    let (setup, _) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            return Ok(tokens.issue(request.at));
        }
        if request.method == Method::POST {
            return Ok(Reply::json(r#"{"jobId":7}"#));
        }
        of_script.interrupt_at(Duration::ZERO);
        Err(TransportErrorKind::BrokenOff)
    });
    let (client, parted) = parting();
    let mut source = source(&setup);
    let job = source.job.as_mut().unwrap();
    job.cancel = Some(Cancel { request: Template { method: Method::DELETE, ..job.poll.clone() }, client });
    let pulled = setup.pull(&source, Some(windows(None)));
    assert!(
        matches!(job_error(&pulled), JobError::Request(error) if error.reason() == StopReason::Interrupted)
    );
    assert_eq!(parted.api_requests().len(), 1);
    assert_eq!(parted.api_requests()[0].url.path(), "/api/v2/details/jobs/7");
}

#[test]
fn jobs_that_nobody_waits_for_any_more_are_cancelled() {
    let exports = exports();
    let of_server = Arc::clone(&exports);
    // The job of the first window, which is the one that is waited for.
    let first = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&first);
    let (setup, _) = Setup::scripted_api(&unlimited(), move |request| {
        let is_of_first_window = request.body.starts_with(br#"{"interval":"2026-01-01T00:00:00Z/"#);
        let reply = of_server.answer(request);
        let path = request.url.path();
        if request.method == Method::POST && is_of_first_window {
            let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            let number: String =
                body["jobId"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
            *noted.lock().unwrap() = Some(format!("job%20{number}%2F"));
        }
        if path.ends_with("/results") {
            of_server.wait_for_submissions(3);
            return Reply::status(404);
        }
        // It alone comes to an end.
        thread::yield_now();
        let is_first = noted.lock().unwrap().as_ref().is_some_and(|first| path.contains(first.as_str()));
        if request.method == Method::POST || is_first { reply } else { Reply::json(r#"{"state":"QUEUED"}"#) }
    });
    let (pulled, cancelled) = pull_cancelling(&setup);
    assert!(matches!(pulled.error(), PullError::Page(_)), "{:?}", pulled.error());
    assert_eq!(exports.paths().len(), 3);
    assert_eq!(cancelled.len(), 2, "{cancelled:?}");
    let first = first.lock().unwrap().take().unwrap();
    assert!(!cancelled.iter().any(|path| path.contains(&first)));
}

#[test]
fn a_job_that_is_done_is_not_cancelled() {
    let exports = exports();
    let (setup, _) = Setup::scripted_api(&unlimited(), move |request| exports.answer(request));
    let (pulled, cancelled) = pull_cancelling(&setup);
    assert!(pulled.records() == timeline().records());
    assert_eq!(cancelled, [""; 0]);
}
