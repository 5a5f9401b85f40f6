//! The parts of a pull, in order: one for each window, its job done where it has one.

use std::{
    collections::VecDeque,
    thread::{Scope, ScopedJoinHandle},
};

use crate::{
    client::Client,
    job::{Abandoned, JobError},
    run::Pull,
    sink::Site,
    window::Window,
};

/// A part that is ready to be pulled.
#[derive(Debug)]
pub(crate) struct Part {
    /// The slice of time; none where the pull has no windows.
    pub(crate) window: Option<Window>,
    /// What the placeholders in its requests stand for.
    pub(crate) site: Site,
}

/// Hands out the parts. Jobs of later parts are submitted and polled while earlier ones are read.
pub(crate) struct Parts<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    pull: &'env Pull<'env>,
    client: &'env Client,
    abandoned: &'env Abandoned,
    waiting: VecDeque<Option<Window>>,
    started: VecDeque<(Option<Window>, Preparation<'scope>)>,
}

enum Preparation<'scope> {
    Done(Site),
    UnderWay(ScopedJoinHandle<'scope, Result<Site, JobError>>),
}

impl<'scope, 'env> Parts<'scope, 'env> {
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        pull: &'env Pull<'env>,
        client: &'env Client,
        abandoned: &'env Abandoned,
    ) -> Self {
        let waiting = match &pull.windows {
            Some(windows) => windows.iter().copied().map(Some).collect(),
            None => VecDeque::from([None]),
        };
        Self { scope, pull, client, abandoned, waiting, started: VecDeque::new() }
    }

    /// The next part; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Part>, JobError> {
        while self.started.len() < self.pull.source.concurrency.max(1) {
            let Some(window) = self.waiting.pop_front() else { break };
            self.started.push_back((window, self.prepare(window)));
        }
        let Some((window, preparation)) = self.started.pop_front() else { return Ok(None) };
        let site = match preparation {
            Preparation::Done(site) => site,
            Preparation::UnderWay(job) => {
                job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?
            }
        };
        Ok(Some(Part { window, site }))
    }

    /// Puts parts in front of all others.
    pub(crate) fn put_first(&mut self, windows: [Window; 2]) {
        for window in windows.into_iter().rev() {
            self.started.push_front((Some(window), self.prepare(Some(window))));
        }
    }

    fn prepare(&self, window: Option<Window>) -> Preparation<'scope> {
        let source = self.pull.source;
        let site = match (&source.windows, window) {
            (Some(windows), Some(window)) => windows.in_requests(&self.pull.site, &window),
            _ => self.pull.site.clone(),
        };
        match &source.job {
            None => Preparation::Done(site),
            Some(job) => {
                let (client, abandoned) = (self.client, self.abandoned);
                Preparation::UnderWay(self.scope.spawn(move || job.complete(client, &site, abandoned)))
            }
        }
    }
}
