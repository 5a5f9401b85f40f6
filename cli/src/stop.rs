//! Stops a run: on a signal, and when it reaches a limit.
//!
//! Waits and requests in flight are interrupted at once. Some operations cannot be interrupted: connecting, looking up a
//! host name, running a command for a secret. They have [`GRACE`] to end.

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
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ},
    iterator::Signals,
};

use crate::exit::{Exit, Signal};

/// How long a stopped run may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// Stops a run. The first reason interrupts every wait and request; a signal after it ends the process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    interrupt: Interrupt,
    reason: OnceLock<Reason>,
    transports: Mutex<Vec<Arc<dyn Transport>>>,
    /// Reports that the process ends although the run has not.
    report: OnceLock<fn(Reason)>,
    /// Ends the processes that the run has started, when the process ends although the run has not.
    end_children: OnceLock<fn()>,
}

/// Why a run is stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// The process received a signal.
    Signal(Signal),
    /// The run reached `--max-runtime`.
    MaxRuntime,
    /// The run reached `--max-requests`.
    MaxRequests,
}

impl Reason {
    /// The exit code of the stopped run.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::Signal(signal) => Exit::Signal(signal),
            Self::MaxRuntime | Self::MaxRequests => Exit::TryLater,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signal(Signal::Hangup) => "terminal closed",
            Self::Signal(Signal::Interrupt) => "interrupted",
            Self::Signal(Signal::Quit) => "quit",
            Self::Signal(Signal::Terminate) => "terminated",
            Self::MaxRuntime => "--max-runtime reached",
            Self::MaxRequests => "--max-requests reached",
        })
    }
}

impl Stop {
    /// Starts to listen for signals. If the process has to end before the run does, `report` is called, and then
    /// `end_children`.
    pub(crate) fn on_signals(report: fn(Reason), end_children: fn()) -> io::Result<Self> {
        let stop = Self::default();
        let _ = stop.0.report.set(report);
        let _ = stop.0.end_children.set(end_children);
        // A file that reaches `ulimit -f` is an error of its write then, with a message.
        signal_hook::flag::register(SIGXFSZ, Arc::default())?;
        let mut signals = Signals::new([SIGINT, SIGQUIT, SIGTERM])?;
        if !ignores_hangup() {
            signals.add_signal(SIGHUP)?;
        }
        let listener = stop.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for number in &mut signals {
                let signal = match number {
                    SIGHUP => Signal::Hangup,
                    SIGQUIT => Signal::Quit,
                    SIGTERM => Signal::Terminate,
                    _ => Signal::Interrupt,
                };
                if listener.reason().is_some() {
                    listener.end(128 + number);
                }
                listener.stop(Reason::Signal(signal));
            }
        })?;
        Ok(stop)
    }

    /// Stops the run after `limit`, unless it has ended by then.
    pub(crate) fn after(&self, limit: Duration) -> io::Result<()> {
        let stop = self.clone();
        let timer = thread::Builder::new().name("max-runtime".to_owned());
        timer.spawn(move || {
            if SystemClock::new(stop.interrupt()).sleep(limit) == Wake::Elapsed {
                stop.stop(Reason::MaxRuntime);
            }
        })?;
        Ok(())
    }

    /// The interrupt that a clock waits on.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.0.interrupt.clone()
    }

    /// Why the run was stopped; `None` while it is not.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.0.reason.get().copied()
    }

    /// Interrupts the requests of `transport` when the run is stopped.
    pub(crate) fn add_transport(&self, transport: Arc<dyn Transport>) {
        self.0.transports.lock().unwrap_or_else(PoisonError::into_inner).push(transport);
    }

    /// Stops the run.
    pub(crate) fn stop(&self, reason: Reason) {
        // The first reason counts.
        let is_first = self.0.reason.set(reason).is_ok();
        // In any case: whoever stops the run must not find it going on afterwards.
        self.0.interrupt.raise();
        if !is_first {
            return;
        }
        self.0
            .transports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .for_each(|each| each.interrupt());
        let Some(report) = self.0.report.get().copied() else { return };
        let stop = self.clone();
        // If no thread can be started, the run has to end without a limit of time.
        let _ = thread::Builder::new()
            .name("grace".to_owned())
            .spawn(move || stop.end_after_grace(reason, report));
    }

    /// Ends the process after the grace period, unless it has ended by then.
    fn end_after_grace(&self, reason: Reason, report: fn(Reason)) {
        SystemClock::new(Interrupt::default()).sleep(GRACE);
        report(reason);
        self.end(reason.exit().code().into());
    }

    /// Ends the process, although the run has not ended.
    fn end(&self, code: i32) -> ! {
        if let Some(end_children) = self.0.end_children.get() {
            end_children();
        }
        std::process::exit(code);
    }
}

/// Whether the process was started to outlive its terminal, as by `nohup`. Linux tells which signals are ignored.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}
