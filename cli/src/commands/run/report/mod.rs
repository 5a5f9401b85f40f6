//! The report of a run as a web page (`--report`).

mod html;
mod latency;
mod page;
mod recorder;
mod svg;
mod timeline;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{page::Contents, recorder::Recorder};
use super::{Outcome, output_file::REPORT};
use crate::{
    session::Session,
    terminal::{
        failure::Failure,
        numbers::{duration, grouped},
        report::Chain,
    },
};

/// A report that is being recorded.
#[derive(Debug)]
pub(super) struct Report {
    path: PathBuf,
    recorder: Arc<Recorder>,
}

impl Report {
    /// Checks that the report can be written to `path`, and begins to record the run.
    pub(super) fn begin(session: &Session, path: &Path) -> Result<Self, Failure> {
        REPORT.check(session, path)?;
        let recorder = Arc::new(Recorder::new(Arc::clone(&session.clock)));
        session.observe(Arc::<Recorder>::clone(&recorder));
        Ok(Self { path: path.to_owned(), recorder })
    }

    /// Writes the report, completely or not at all.
    pub(super) fn write(
        &self,
        session: &Session,
        outcomes: &[Outcome],
        failure: Option<&Failure>,
    ) -> Result<(), Failure> {
        let (recording, took) = self.recorder.take();
        let counts = session.progress.counts();
        let contents = Contents {
            started: session.now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            took,
            recording,
            outcomes,
            failure: failure.map(|failure| (Chain(failure.error.as_ref()).to_string(), failure.exit)),
            figures: vec![
                ("requests", grouped(counts.requests)),
                ("faults survived", grouped(counts.faults())),
                ("tokens", grouped(counts.tokens)),
                ("waited", duration(counts.waited)),
                ("commits", grouped(counts.commits)),
                ("committing", duration(counts.committing)),
            ],
            configuration: session.loaded.listing(),
            secrets: session.screen.secrets(),
        };
        REPORT.write(session, &self.path, contents.page().as_bytes())
    }
}
