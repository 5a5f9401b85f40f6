//! The files about a run that the user asked for: its summary, its metrics and its report.

use super::{Outcome, metrics, report::Report, summary};
use crate::{args::RunArguments, session::Session, terminal::failure::Failure};

/// The files about a run, written at its end.
#[derive(Debug)]
pub(super) struct FilesAboutRun {
    report: Option<Report>,
}

impl FilesAboutRun {
    /// Checks that they can be written, before anything is sent, and begins to record what they need.
    pub(super) fn begin(session: &Session, arguments: &RunArguments) -> Result<Self, Failure> {
        if let Some(path) = &arguments.summary {
            summary::check(session, path)?;
        }
        if let Some(path) = &arguments.metrics {
            metrics::check(session, path)?;
        }
        let report = arguments.report.as_deref().map(|path| Report::begin(session, path)).transpose()?;
        Ok(Self { report })
    }

    /// Writes all of them, and returns what went wrong.
    pub(super) fn write(
        &self,
        session: &Session,
        arguments: &RunArguments,
        outcomes: &[Outcome],
        failure: Option<&Failure>,
    ) -> Vec<Failure> {
        let summary = arguments.summary.as_ref().map(|path| summary::write(session, path, outcomes, failure));
        let metrics = arguments.metrics.as_ref().map(|path| metrics::write(session, path, outcomes, failure));
        let report = self.report.as_ref().map(|report| report.write(session, outcomes, failure));
        [summary, metrics, report].into_iter().flatten().filter_map(Result::err).collect()
    }
}
