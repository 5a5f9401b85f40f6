//! Stopping on SIGINT and SIGTERM.
//!
//! Waits end and requests in flight break off at once. What cannot be broken off, such as a connection that is being
//! made, a name that is being looked up, or a command that gives a secret, has [`PATIENCE`] to end by itself.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use longhaul_core::{
    Clock,
    clock::{Interrupt, SystemClock},
    transport::Transport,
};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::{
    exit::{Exit, Signal},
    failure::Failure,
    report,
};

/// How long a stopped run may go on before its process ends with it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the signals of a process do to its run: the first ends every wait and breaks off what is in flight, the
/// second ends the process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    interrupt: Interrupt,
    received: OnceLock<Signal>,
    transports: Mutex<Vec<Arc<dyn Transport>>>,
}

impl Stop {
    /// Listens for signals from now on.
    pub(crate) fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let listener = stop.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for number in &mut signals {
                let signal = if number == SIGTERM { Signal::Terminate } else { Signal::Interrupt };
                if listener.received().is_some() {
                    std::process::exit(128 + number);
                }
                listener.stop(signal);
                // A machine without a thread to spare leaves the run to end by itself.
                let _ = thread::Builder::new().name("patience".to_owned()).spawn(move || end_soon(signal));
            }
        })?;
        Ok(stop)
    }

    /// The interrupt that a clock waits on.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.0.interrupt.clone()
    }

    /// The signal that was received.
    pub(crate) fn received(&self) -> Option<Signal> {
        self.0.received.get().copied()
    }

    /// Has `transport` broken off when a signal comes.
    pub(crate) fn breaks_off(&self, transport: Arc<dyn Transport>) {
        self.0.transports.lock().unwrap_or_else(PoisonError::into_inner).push(transport);
    }

    fn stop(&self, signal: Signal) {
        // A second signal may come meanwhile; the first one counts.
        let _ = self.0.received.set(signal);
        self.0.interrupt.raise();
        self.0
            .transports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .for_each(|each| each.interrupt());
    }
}

/// Ends the process once patience is over, unless it has ended before.
fn end_soon(signal: Signal) {
    SystemClock::new(Interrupt::default()).sleep(PATIENCE);
    let exit = Exit::Signal(signal);
    let failure =
        Failure::new(exit, "the run was stopped in the middle of something that cannot be broken off");
    report::print(&failure.hint("run the same command again"), &mut io::stderr().lock());
    std::process::exit(exit.code().into());
}
