//! The files about a run that the user asked for: its summary and its report.

use super::{Outcome, report::Report, summary::SummaryFile};
use crate::{args::RunArguments, session::Session, terminal::failure::Failure};

/// The files about a run, written at its end.
#[derive(Debug)]
pub(super) struct FilesAboutRun {
    summary: Option<SummaryFile>,
    report: Option<Report>,
}

impl FilesAboutRun {
    /// Checks that they can be written, before anything is sent, and begins to record what they need.
    pub(super) fn begin(session: &Session, arguments: &RunArguments) -> Result<Self, Failure> {
        Ok(Self {
            summary: arguments
                .summary
                .as_deref()
                .map(|path| SummaryFile::check(session, path))
                .transpose()?,
            report: arguments.report.as_deref().map(|path| Report::begin(session, path)).transpose()?,
        })
    }

    /// Writes all of them, and returns what went wrong.
    pub(super) fn write(
        &self,
        session: &Session,
        outcomes: &[Outcome],
        failure: Option<&Failure>,
    ) -> Vec<Failure> {
        let summary = self.summary.as_ref().map(|file| file.write(session, outcomes, failure));
        let report = self.report.as_ref().map(|report| report.write(session, outcomes, failure));
        summary.into_iter().chain(report).filter_map(Result::err).collect()
    }
}
