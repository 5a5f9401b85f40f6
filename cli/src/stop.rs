//! Stopping: on SIGINT and SIGTERM, and when a run has used up what it was given.
//!
//! Waits end and requests in flight break off at once. What cannot be broken off, such as a connection that is being
//! made, a name that is being looked up, or a command that gives a secret, has [`GRACE`] to end by itself.

use std::{
    fmt, io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use longhaul_core::{
    Clock,
    clock::{Interrupt, SystemClock, Wake},
    http::transport::Transport,
};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::exit::{Exit, Signal};

/// How long a stopped run may take to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// What stops a run: the first reason ends every wait and breaks off what is in flight, a signal after it ends the
/// process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    interrupt: Interrupt,
    reason: OnceLock<Reason>,
    transports: Mutex<Vec<Arc<dyn Transport>>>,
    /// Reports that the process ends without its run.
    report: OnceLock<fn(Reason)>,
}

/// Why a run is stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// The process received it.
    Signal(Signal),
    /// The run has taken as long as `--max-runtime` allows.
    OutOfTime,
    /// The run has sent as many requests as `--max-requests` allows.
    OutOfRequests,
}

impl Reason {
    /// How a run ends that is stopped.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::Signal(signal) => Exit::Signal(signal),
            Self::OutOfTime | Self::OutOfRequests => Exit::TryLater,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signal(Signal::Interrupt) => "interrupted",
            Self::Signal(Signal::Terminate) => "terminated",
            Self::OutOfTime => "--max-runtime reached",
            Self::OutOfRequests => "--max-requests reached",
        })
    }
}

impl Stop {
    /// Listens for signals from now on. `report` is called if the process has to end while its run does not.
    pub(crate) fn on_signals(report: fn(Reason)) -> io::Result<Self> {
        let stop = Self::default();
        let _ = stop.0.report.set(report);
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let listener = stop.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for number in &mut signals {
                let signal = if number == SIGTERM { Signal::Terminate } else { Signal::Interrupt };
                if listener.reason().is_some() {
                    std::process::exit(128 + number);
                }
                listener.stop(Reason::Signal(signal));
            }
        })?;
        Ok(stop)
    }

    /// Stops the run after `limit`, unless it has ended before.
    pub(crate) fn after(&self, limit: Duration) -> io::Result<()> {
        let stop = self.clone();
        let timer = thread::Builder::new().name("max-runtime".to_owned());
        timer.spawn(move || {
            if SystemClock::new(stop.interrupt()).sleep(limit) == Wake::Rested {
                stop.stop(Reason::OutOfTime);
            }
        })?;
        Ok(())
    }

    /// The interrupt that a clock waits on.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.0.interrupt.clone()
    }

    /// Why the run is stopped, if it is.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.0.reason.get().copied()
    }

    /// Has `transport` broken off when the run is stopped.
    pub(crate) fn breaks_off(&self, transport: Arc<dyn Transport>) {
        self.0.transports.lock().unwrap_or_else(PoisonError::into_inner).push(transport);
    }

    /// Stops the run.
    pub(crate) fn stop(&self, reason: Reason) {
        // Another reason may come meanwhile; the first one counts.
        if self.0.reason.set(reason).is_err() {
            return;
        }
        self.0.interrupt.raise();
        self.0
            .transports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .for_each(|each| each.interrupt());
        let Some(report) = self.0.report.get().copied() else { return };
        // Without a thread to spare, the run has to end by itself.
        let _ = thread::Builder::new().name("grace".to_owned()).spawn(move || end_soon(reason, report));
    }
}

/// Ends the process after the grace period, unless it has ended before.
fn end_soon(reason: Reason, report: fn(Reason)) {
    SystemClock::new(Interrupt::default()).sleep(GRACE);
    report(reason);
    std::process::exit(reason.exit().code().into());
}
