//! How a random stream is configured.

use std::{sync::Arc, time::Duration};

use http::Method;
use jiff::{SignedDuration, tz::TimeZone};
use longhaul_core::{
    Replay, Source, Template,
    client::answer::{Rules, Then},
    listing::paginate::{NextUrl, Offset, OffsetStep, PageNumber, Paginator, Renewal, Token},
    pull::{
        job::{Job, JobState},
        window::Windows,
    },
};
use longhaul_tests::{ManualClock, Setup, by_status};

use super::{
    server::Server,
    shape::{Divided, HOUR, Keys, Shape, Style, child},
};
use crate::{checkpoints::Scenario, jobs};

/// The names of the sinks.
const NAMES: [&str; 2] = ["first", "second"];

/// A run of the pull that starts at this time.
pub(super) fn scenario(shape: &Shape, server: &Arc<Server>, now: Duration) -> Scenario {
    let (of_pull, server) = (shape.clone(), Arc::clone(server));
    let pull = move || {
        let (clock, tokens, server) = (ManualClock::new(), jobs::unlimited(), Arc::clone(&server));
        clock.advance(now);
        let of_server = Arc::clone(&clock);
        let (setup, _) = Setup::scripted(&clock, move |request| {
            if request.is_for_token() {
                return Ok(tokens.issue(request.at));
            }
            of_server.advance(Duration::from_secs(1));
            server.answer(request)
        });
        let source = source(&of_pull, &setup);
        (setup, source)
    };
    let options = |(number, name): (usize, &'static str)| {
        let (kind, options) = shape.sinks[number].options(number);
        (name, kind, options)
    };
    Scenario {
        name: shape.stream,
        pull: Box::new(pull),
        windows: (shape.divided == Divided::Windows)
            .then(|| (0..shape.partitions.len()).map(Shape::window).collect()),
        parents: (shape.divided == Divided::Children)
            .then(|| (0..shape.partitions.len()).map(child).collect()),
        compares: shape.compares,
        has_spool: shape.has_spool,
        sinks: NAMES.into_iter().enumerate().take(shape.sinks.len()).map(options).collect(),
        every: shape.every,
        existing_files: Vec::new(),
    }
}

fn source(shape: &Shape, setup: &Setup) -> Source {
    let query = match shape.divided {
        Divided::Not => "",
        Divided::Windows => "?from={window.start}&to={window.end}",
        Divided::Children => "?child={each.id}",
    };
    let path = if shape.has_jobs { "/jobs/{job.id}/x".to_owned() } else { format!("/x{query}") };
    let rules = vec![by_status(400, Then::Split), by_status(410, Then::Restart), by_status(451, Then::Skip)];
    let windows = Windows {
        slice: None,
        min_slice: SignedDuration::from_secs(HOUR),
        timezone: TimeZone::UTC,
        format: "%s".to_owned(),
    };
    let template = |path: &str| setup.source_at(path, "/data", NextUrl::at("/next".parse().unwrap()));
    Source {
        paginator: paginator(shape.style),
        rules: Arc::new(Rules::of_pages(rules)),
        unique: (shape.keys != Keys::None).then(|| "/key".parse().unwrap()),
        job: shape.has_jobs.then(|| {
            let submit = template(&format!("/jobs{query}")).first;
            let submit = Template { method: Method::POST, replay: Replay::OnlyUnseen, ..submit };
            job(submit, template("/jobs/{job.id}").first)
        }),
        windows: (shape.divided == Divided::Windows).then_some(windows),
        each: if shape.divided == Divided::Children { vec!["each.id".to_owned()] } else { Vec::new() },
        concurrency: shape.concurrency,
        ..template(&path)
    }
}

fn job(submit: Template, poll: Template) -> Job {
    Job {
        rules: Rules::default(),
        submit,
        id: "/id".parse().unwrap(),
        poll,
        state: Some("/state".parse().unwrap()),
        done: vec![JobState::Named("DONE".to_owned())],
        failed: Vec::new(),
        skipped: Vec::new(),
        url: None,
        message: None,
        cancel: None,
        every: Duration::from_secs(1),
        timeout: Duration::from_secs(3600),
    }
}

fn paginator(style: Style) -> Arc<dyn Paginator> {
    let (param, next) = ("page".parse().unwrap(), "/next".parse().unwrap());
    match style {
        Style::NextUrl => Arc::new(NextUrl::at(next)),
        Style::Cursor => Arc::new(Token { param, cursor: next, renewal: Renewal::EachPage }),
        Style::Number => Arc::new(PageNumber { param, size: None, start: 0, page_count: None }),
        Style::NumberAndCount => {
            Arc::new(PageNumber { param, size: None, start: 0, page_count: Some("/pages".parse().unwrap()) })
        }
        Style::Offset => Arc::new(Offset { param, size: None, start: 0, step: OffsetStep::Received }),
    }
}
