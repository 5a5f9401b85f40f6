//! The side of the parent.

use std::{
    collections::HashMap,
    io::{self, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use nix::{
    errno::Errno,
    sys::{
        ptrace::{self, Options},
        signal::Signal,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::{
    call::{self, Call},
    child::CHECKPOINT,
    files::{Files, Syncing, identity, mapped_inodes, syncs_each_write},
    report::{Report, TraceError},
};

/// Runs `command` until it ends, and reports what it did. It must call [`begin`](crate::begin) and print little, because its
/// output is read at the end.
///
/// # Errors
/// The child cannot be traced, or writes in a way that cannot be followed.
pub fn trace(command: &mut Command) -> Result<Report, TraceError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Only the thread that starts a process may trace it. A thread of its own has no other children, and what it traces is
    // killed when it ends.
    let traced = thread::scope(|scope| {
        let traced = scope.spawn(|| {
            let child = command.spawn().map_err(TraceError::Start)?;
            let mut tracer = Tracer::new(&child);
            let code = tracer.run()?;
            Ok((child, tracer, code))
        });
        traced.join().unwrap_or_else(|_| Err(TraceError::Failed(io::Error::other("the tracer panicked"))))
    });
    let (mut child, tracer, code) = traced?;
    let mut output = Vec::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_end(&mut output).map_err(TraceError::Failed)?;
    }
    Ok(Report { unsynced: tracer.unsynced, wrote: tracer.files.any(), code, output })
}

struct Tracer {
    main: Pid,
    has_begun: bool,
    files: Files,
    /// The call that each thread is in.
    calls: HashMap<Pid, Entered>,
    unsynced: Vec<Vec<PathBuf>>,
}

/// A call that has not returned yet.
#[derive(Clone, Copy)]
enum Entered {
    Sync(Syncing),
    Other(Call),
}

impl Tracer {
    fn new(child: &Child) -> Self {
        let main = Pid::from_raw(child.id().cast_signed());
        Self { main, has_begun: false, files: Files::default(), calls: HashMap::new(), unsynced: Vec::new() }
    }

    /// Follows all threads until the child ends, and returns its exit code.
    fn run(&mut self) -> Result<Option<i32>, TraceError> {
        loop {
            let stop = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD));
            let signal = match stop.map_err(|error| TraceError::Failed(error.into()))? {
                WaitStatus::Exited(thread, code) if thread == self.main => {
                    return if self.has_begun { Ok(Some(code)) } else { Err(TraceError::Forbidden) };
                }
                WaitStatus::Signaled(thread, ..) if thread == self.main => return Ok(None),
                WaitStatus::PtraceSyscall(thread) => {
                    self.call(thread)?;
                    (thread, None)
                }
                WaitStatus::Stopped(thread, Signal::SIGSTOP) => {
                    self.begin(thread)?;
                    (thread, None)
                }
                WaitStatus::Stopped(thread, CHECKPOINT) if thread == self.main => {
                    self.unsynced.push(self.files.unsynced().map_err(TraceError::Failed)?);
                    (thread, None)
                }
                WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
                WaitStatus::PtraceEvent(thread, ..) => (thread, None),
                _ => continue,
            };
            let (thread, signal) = signal;
            match ptrace::syscall(thread, signal) {
                // Another thread has ended the process since.
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(TraceError::Failed(error.into())),
            }
        }
    }

    /// Every traced thread stops once before its first instruction, the main thread in [`begin`](crate::begin).
    fn begin(&mut self, thread: Pid) -> Result<(), TraceError> {
        if thread == self.main && !self.has_begun {
            self.has_begun = true;
            let options = Options::PTRACE_O_EXITKILL
                | Options::PTRACE_O_TRACECLONE
                | Options::PTRACE_O_TRACEFORK
                | Options::PTRACE_O_TRACEVFORK
                | Options::PTRACE_O_TRACEEXEC
                | Options::PTRACE_O_TRACESYSGOOD;
            ptrace::setoptions(thread, options).map_err(|error| TraceError::Failed(error.into()))?;
        }
        Ok(())
    }

    /// A thread enters or leaves a system call.
    fn call(&mut self, thread: Pid) -> Result<(), TraceError> {
        let followed = match self.calls.remove(&thread) {
            Some(entered) => self.leave(thread, entered),
            None => match call::current(thread) {
                Ok(Call::Hidden(method)) => return Err(TraceError::Hidden(method)),
                Ok(call) => self.enter(thread, call),
                Err(error) => Err(error),
            },
        };
        match followed {
            // Another thread has ended the process since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            followed => followed.map_err(TraceError::Failed),
        }
    }

    fn enter(&mut self, thread: Pid, call: Call) -> io::Result<()> {
        let entered = match call {
            Call::Sync { file } => match identity(thread, file) {
                Some(file) => Entered::Sync(self.files.sync(Some(file))?),
                None => Entered::Other(call),
            },
            Call::SyncAll => Entered::Sync(self.files.sync(None)?),
            Call::SyncMemory { address, length } => {
                let inodes = mapped_inodes(thread, address, length)?;
                match inodes.into_iter().find_map(|inode| self.files.mapped(inode)) {
                    Some(file) => Entered::Sync(self.files.sync(Some(file))?),
                    None => Entered::Other(call),
                }
            }
            call => {
                self.change(thread, call)?;
                Entered::Other(call)
            }
        };
        self.calls.insert(thread, entered);
        Ok(())
    }

    fn leave(&mut self, thread: Pid, entered: Entered) -> io::Result<()> {
        match entered {
            Entered::Sync(syncing) => {
                self.files.synced(syncing);
                Ok(())
            }
            // Again, because a sync in another thread may have returned while this thread was writing.
            Entered::Other(call) => self.change(thread, call),
        }
    }

    fn change(&mut self, thread: Pid, call: Call) -> io::Result<()> {
        match call {
            Call::Write { file, syncs } if !syncs && !syncs_each_write(thread, file) => {
                self.files.write(thread, file)
            }
            Call::Resize { file } => self.files.write(thread, file),
            Call::Map { file } => self.files.map(thread, file),
            _ => Ok(()),
        }
    }
}
