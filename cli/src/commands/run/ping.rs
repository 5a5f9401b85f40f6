//! `run --ping`: tells a monitor when a run starts, and whether it succeeded.

use std::{error::Error, time::Duration};

use http::{HeaderValue, Method};
use longhaul_core::{
    Secret,
    http::request::{Body, Request},
};
use url::Url;

use crate::{
    build,
    exit::Exit,
    stop::Stop,
    terminal::{failure::Failure, report::Chain, screen::Screen},
};

/// How long a request to the monitor may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The same after the run was stopped, because the process then has to end.
const LIMIT_OF_STOPPED: Duration = Duration::from_secs(1);

/// How often a request is sent, if it is not answered. A monitor that misses a success raises an alarm.
const ATTEMPTS: u32 = 2;

/// A service that expects to hear of runs.
#[derive(Debug)]
struct Monitor<'s> {
    url: Url,
    screen: &'s Screen,
}

/// What happened to the run.
#[derive(Debug)]
enum Event {
    Started,
    Succeeded,
    /// With the exit code and the error.
    Failed(String),
}

/// Runs `run`, and tells the monitor at `url` how it goes, if there is one. The monitor changes nothing about the run.
pub(crate) fn pinged(
    url: Option<&Secret>,
    screen: &Screen,
    stop: &Stop,
    run: impl FnOnce() -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let Some(url) = url else { return run() };
    let monitor = Monitor::new(url, screen)?;
    monitor.tell(&Event::Started, LIMIT, ATTEMPTS);
    let ended = run();
    let event = match &ended {
        Ok(_) => Event::Succeeded,
        Err(Failure { exit, error, .. }) => {
            let error = Chain(error.as_ref()).to_string();
            Event::Failed(format!("exit code {}: {}\n", exit.code(), screen.redact(&error)))
        }
    };
    let (limit, attempts) = if stop.reason().is_some() { (LIMIT_OF_STOPPED, 1) } else { (LIMIT, ATTEMPTS) };
    monitor.tell(&event, limit, attempts);
    ended
}

impl<'s> Monitor<'s> {
    /// A monitor at `url`, which is added to the secrets: whoever knows it can report runs.
    fn new(url: &Secret, screen: &'s Screen) -> Result<Self, Failure> {
        let parsed = url.expose().parse::<Url>().ok();
        let parsed = parsed.filter(|url| ["http", "https"].contains(&url.scheme()));
        let Some(parsed) = parsed else {
            let hint = "give the whole URL of the check, such as https://hc-ping.com/UUID";
            return Err(Failure::usage("the value of --ping is not an http or https URL").hint(hint));
        };
        let parts = [parsed.path().trim_matches('/'), parsed.query().unwrap_or_default()];
        for secret in parts.into_iter().chain(parsed.password()) {
            screen.secrets().add(&Secret::new(secret));
        }
        Ok(Self { url: parsed, screen })
    }

    /// Tells it once. A failure is a warning.
    fn tell(&self, event: &Event, limit: Duration, attempts: u32) {
        let what = match event {
            Event::Started => "start",
            Event::Succeeded => "success",
            Event::Failed(_) => "failure",
        };
        if let Err(error) = self.send(event, limit, attempts) {
            let error = self.screen.redact(&Chain(&*error).to_string());
            log::warn!("--ping: the monitor was not told about the {what} of the run: {error}");
        }
    }

    fn send(
        &self,
        event: &Event,
        limit: Duration,
        attempts: u32,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let transport = build::monitor(&self.url, limit)?;
        let request = self.request(event);
        let mut attempt = 1;
        loop {
            let answer = transport.send(&request, Vec::new());
            let may_pass = answer.as_ref().map_or(true, |answer| answer.status.is_server_error());
            if may_pass && attempt < attempts {
                attempt += 1;
                continue;
            }
            let status = answer?.status;
            return if status.is_success() { Ok(()) } else { Err(format!("it answered {status}").into()) };
        }
    }

    fn request(&self, event: &Event) -> Request {
        let mut url = self.url.clone();
        let word = match event {
            Event::Started => Some("start"),
            Event::Succeeded => None,
            Event::Failed(_) => Some("fail"),
        };
        // A URL of http or https has segments.
        if let (Some(word), Ok(mut segments)) = (word, url.path_segments_mut()) {
            segments.pop_if_empty().push(word);
        }
        match event {
            Event::Failed(text) => {
                let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
                let body = Body::Text { text: text.clone(), content_type };
                Request { body, ..Request::new(Method::POST, url) }
            }
            _ => Request::new(Method::GET, url),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::args::Global;

    #[test]
    fn a_monitor_that_does_not_answer_is_waited_for_only_until_the_limit() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Secret::new(format!("http://{}/check", silent.local_addr().unwrap()));
        let screen = Screen::set_up(&Global::default(), None);
        let monitor = Monitor::new(&url, &screen).unwrap();
        let error = monitor.send(&Event::Started, Duration::from_millis(20), 2).unwrap_err();
        assert_eq!(error.to_string(), "the server did not answer in time");
    }
}
