//! The parts of a pull, in order: one for each window, its job done where it has one.

use std::{
    collections::VecDeque,
    thread::{Scope, ScopedJoinHandle},
};

use crate::{
    client::Client,
    job::{Abandoned, Job, JobError},
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
    /// What is still to be pulled, and the jobs that are under way.
    queue: VecDeque<(Option<Window>, Option<UnderWay<'scope>>)>,
}

type UnderWay<'scope> = ScopedJoinHandle<'scope, Result<Site, JobError>>;

impl<'scope, 'env> Parts<'scope, 'env> {
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        pull: &'env Pull<'env>,
        client: &'env Client,
        abandoned: &'env Abandoned,
    ) -> Self {
        let queue = match &pull.windows {
            Some(windows) => windows.iter().map(|window| (Some(*window), None)).collect(),
            None => VecDeque::from([(None, None)]),
        };
        Self { scope, pull, client, abandoned, queue }
    }

    /// The next part, once the one before it has been read; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Part>, JobError> {
        if let Some(job) = &self.pull.source.job {
            self.start(job);
        }
        let Some((window, job)) = self.queue.pop_front() else { return Ok(None) };
        let site = match job {
            None => self.site(window),
            Some(job) => job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
        };
        Ok(Some(Part { window, site }))
    }

    /// Puts parts in front of all others.
    pub(crate) fn put_first(&mut self, windows: [Window; 2]) {
        for window in windows.into_iter().rev() {
            self.queue.push_front((Some(window), None));
        }
    }

    /// Starts as many jobs as may be under way. The first in the queue is always among them: the part that was read
    /// last has left its place free.
    fn start(&mut self, job: &'env Job) {
        let under_way = self.queue.iter().filter(|(_, job)| job.is_some()).count();
        let more = self.pull.source.concurrency.max(1).saturating_sub(under_way);
        let (client, abandoned) = (self.client, self.abandoned);
        for _ in 0..more {
            let Some(at) = self.queue.iter().position(|(_, job)| job.is_none()) else { break };
            let site = self.site(self.queue[at].0);
            self.queue[at].1 = Some(self.scope.spawn(move || job.complete(client, &site, abandoned)));
        }
    }

    fn site(&self, window: Option<Window>) -> Site {
        match (&self.pull.source.windows, window) {
            (Some(windows), Some(window)) => windows.in_requests(&self.pull.site, &window),
            _ => self.pull.site.clone(),
        }
    }
}
