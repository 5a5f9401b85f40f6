//! Jobs are cancelled if a run ends before they do.

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
    jobs::{job_api, job_error, source, unlimited},
    windows::{timeline, windows},
};

/// A client for cancel requests, which is never interrupted.
fn cancel_client() -> (Client, Arc<ScriptedTransport>) {
    let (setup, transport) = Setup::scripted_api(&unlimited(), |_| Reply::status(204));
    (setup.client(), transport)
}

/// Pulls eight windows, three jobs at a time, with a cancel request. Returns the paths of the cancelled jobs, sorted.
fn pull_cancelling(setup: &Setup) -> (Pulled, Vec<String>) {
    let (client, cancel_transport) = cancel_client();
    let mut source = Source { concurrency: 3, ..source(setup) };
    let job = source.job.as_mut().unwrap();
    // The clock also advances while other jobs are polled. No job may time out because of that.
    job.timeout = Duration::MAX;
    let request = Template { method: Method::DELETE, ..job.poll.clone() };
    job.cancel = Some(Cancel { request, client });
    let pulled = setup.pull(&source, Some(windows(Some(Span::new().hours(6)))));
    let cancelled = cancel_transport.api_requests();
    assert!(cancelled.iter().all(|request| request.method == Method::DELETE && request.bearer().is_some()));
    let mut paths: Vec<_> = cancelled.iter().map(|request| request.url.path().to_owned()).collect();
    paths.sort();
    (pulled, paths)
}

#[test]
fn running_jobs_are_cancelled_when_the_run_is_stopped() {
    let (clock, tokens, job_api) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited), job_api());
    let (of_server, of_script) = (Arc::clone(&job_api), Arc::clone(&clock));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            return Ok(tokens.issue(request.at));
        }
        let reply = of_server.answer(request);
        if request.method == Method::GET {
            // Polls are answered once all three jobs are submitted. The run is stopped during the wait after that.
            of_server.wait_for_submissions(3);
            of_script.interrupt_at(of_script.elapsed() + Duration::from_secs(1));
        }
        Ok(reply)
    });

    let (pulled, cancelled) = pull_cancelling(&setup);

    assert!(job_error(&pulled).is_interrupted());
    assert_eq!(job_api.paths().len(), 3);
    assert_eq!(cancelled, job_api.paths());
    assert!(transport.api_requests().iter().all(|request| request.method != Method::DELETE));
    assert!(!pulled.calls.any_finished());
}

#[test]
fn a_job_is_cancelled_if_the_stop_interrupts_its_poll() {
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
    let (client, cancel_transport) = cancel_client();
    let mut source = source(&setup);
    let job = source.job.as_mut().unwrap();
    job.cancel = Some(Cancel { request: Template { method: Method::DELETE, ..job.poll.clone() }, client });
    let pulled = setup.pull(&source, Some(windows(None)));
    assert!(
        matches!(job_error(&pulled), JobError::Request(error) if error.reason() == StopReason::Interrupted)
    );
    assert_eq!(cancel_transport.api_requests().len(), 1);
    assert_eq!(cancel_transport.api_requests()[0].url.path(), "/api/v2/details/jobs/7");
}

#[test]
fn later_jobs_are_cancelled_if_an_earlier_one_fails() {
    let job_api = job_api();
    let of_server = Arc::clone(&job_api);
    // The job of the first window, whose results the run waits for.
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
        // Only this job completes.
        thread::yield_now();
        let is_first = noted.lock().unwrap().as_ref().is_some_and(|first| path.contains(first.as_str()));
        if request.method == Method::POST || is_first { reply } else { Reply::json(r#"{"state":"QUEUED"}"#) }
    });
    let (pulled, cancelled) = pull_cancelling(&setup);
    assert!(matches!(pulled.error(), PullError::Page(_)), "{:?}", pulled.error());
    assert_eq!(job_api.paths().len(), 3);
    assert_eq!(cancelled.len(), 2, "{cancelled:?}");
    let first = first.lock().unwrap().take().unwrap();
    assert!(!cancelled.iter().any(|path| path.contains(&first)));
}

#[test]
fn a_completed_job_is_not_cancelled() {
    let job_api = job_api();
    let (setup, _) = Setup::scripted_api(&unlimited(), move |request| job_api.answer(request));
    let (pulled, cancelled) = pull_cancelling(&setup);
    assert!(pulled.records() == timeline().records());
    assert_eq!(cancelled, [""; 0]);
}
