//! Exit codes.

use std::process::ExitCode;

/// How a command ended. Scripts rely on the numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Complete.
    Complete,
    /// A fault of longhaul's own.
    Fault,
    /// Usage or configuration; nothing was sent.
    Usage,
    /// Credentials refused, or a fresh token refused.
    Authentication,
    /// The API refused, or broke its own protocol.
    Api,
    /// A sink failed.
    Sink,
    /// The state is locked by another run, or damaged.
    State,
    /// Stopped by a trouble that may pass; the same command takes it up later (`EX_TEMPFAIL`).
    TryLater,
    /// Stopped by this signal.
    Signal(Signal),
}

/// The signals that stop a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// `SIGINT`, from Ctrl-C.
    Interrupt,
    /// `SIGTERM`, from whoever manages the process.
    Terminate,
}

impl Signal {
    /// Its number.
    pub fn number(self) -> u8 {
        match self {
            Self::Interrupt => 2,
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
    fn the_codes_are_the_documented_ones() {
        use Exit::{Api, Authentication, Complete, Fault, Sink, State, TryLater, Usage};
        let codes = [Complete, Fault, Usage, Authentication, Api, Sink, State, TryLater].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 75]);
        assert_eq!(Exit::Signal(Signal::Interrupt).code(), 130);
        assert_eq!(Exit::Signal(Signal::Terminate).code(), 143);
    }
}
