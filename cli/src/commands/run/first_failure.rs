//! The first failure of a run.

use crate::{
    args::RunArguments,
    session::Session,
    terminal::{failure::Failure, report},
};

/// Keeps the first failure of a run, which decides the exit code and is shown at its end. Others are printed at once.
#[derive(Debug, Default)]
pub(super) struct FirstFailure(Option<Failure>);

impl FirstFailure {
    pub(super) fn add(&mut self, failure: Failure, session: &Session, arguments: &RunArguments) {
        if self.0.is_none() {
            self.0 = Some(failure);
            return;
        }
        report::print(&failure, &session.invocation.clone().of_run(arguments), &mut session.screen.clone());
    }

    /// The first failure, if there was one.
    pub(super) fn take(self) -> Option<Failure> {
        self.0
    }
}
