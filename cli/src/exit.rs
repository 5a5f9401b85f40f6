//! Exit codes.

use std::process::ExitCode;

/// How a command ended. Scripts rely on the codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Complete.
    Complete,
    /// An internal error of longhaul.
    Fault,
    /// Wrong usage or configuration; nothing was sent.
    Usage,
    /// The credentials, or a new token, were refused.
    Authentication,
    /// The API refused a request, or broke its own protocol.
    Api,
    /// A sink failed.
    Sink,
    /// The saved state is in use by another run, damaged, or from a different configuration.
    State,
    /// A temporary fault, or a limit was reached. The same command resumes the run (`EX_TEMPFAIL`).
    TryLater,
    /// Stopped by a signal.
    Signal(Signal),
}

/// The signals that stop a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// `SIGHUP`: the terminal was closed.
    Hangup,
    /// `SIGINT`, from Ctrl-C.
    Interrupt,
    /// `SIGQUIT`, from Ctrl-\\.
    Quit,
    /// `SIGTERM`, for example from a service manager.
    Terminate,
}

impl Signal {
    /// The number of the signal.
    pub fn number(self) -> u8 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Quit => 3,
            Self::Terminate => 15,
        }
    }
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Fault => 1,
            Self::Usage => 2,
            Self::Authentication => 3,
            Self::Api => 4,
            Self::Sink => 5,
            Self::State => 6,
            Self::TryLater => 75,
            Self::Signal(signal) => 128 + signal.number(),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_documented() {
        use Exit::{Api, Authentication, Complete, Fault, Sink, State, TryLater, Usage};
        let codes = [Complete, Fault, Usage, Authentication, Api, Sink, State, TryLater].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 75]);
        let signals = [Signal::Hangup, Signal::Interrupt, Signal::Quit, Signal::Terminate];
        assert_eq!(signals.map(|signal| Exit::Signal(signal).code()), [129, 130, 131, 143]);
    }
}
