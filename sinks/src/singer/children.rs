//! The processes that sinks have started.

use std::{
    io,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::target_lock::TargetLock;

/// The running processes of sinks, so that a program that ends at once can end them, too. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Children(Arc<Mutex<Vec<Weak<Mutex<Child>>>>>);

/// A process and everything that it has started. Dropping it ends them, and then releases the lock.
#[derive(Debug)]
pub(crate) struct Process {
    child: Arc<Mutex<Child>>,
    _lock: TargetLock,
}

impl Children {
    /// The processes that this process has started.
    pub fn of_process() -> Self {
        static CHILDREN: Mutex<Option<Children>> = Mutex::new(None);
        lock(&CHILDREN).get_or_insert_default().clone()
    }

    /// Ends all processes.
    pub fn kill_all(&self) {
        for child in lock(&self.0).drain(..).filter_map(|child| child.upgrade()) {
            kill(&mut lock(&child));
        }
    }

    /// Starts the process of a target, which keeps `target_lock`. Returns it with its standard streams, as far as they are
    /// pipes.
    pub(super) fn start(&self, command: &mut Command, mut target_lock: TargetLock) -> io::Result<Started> {
        let mut children = lock(&self.0);
        let mut child = target_lock.inherited(|| command.spawn())?;
        target_lock.note(child.id());
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let child = Arc::new(Mutex::new(child));
        children.retain(|child| child.strong_count() > 0);
        children.push(Arc::downgrade(&child));
        Ok(Started { process: Process { child, _lock: target_lock }, stdin, stdout, stderr })
    }

    /// Calls `open` while no process is being started. Until it runs its program, a new process has every open file, so the
    /// lock of a file that was just closed would still be held.
    pub(super) fn while_none_starts<T>(&self, open: impl FnOnce() -> T) -> T {
        let _children = lock(&self.0);
        open()
    }
}

/// A process that was started.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) process: Process,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Process {
    /// Whether it has ended, and with which status in words; `None` while it runs.
    pub(super) fn ended(&self) -> io::Result<Option<Ended>> {
        let status = lock(&self.child).try_wait()?;
        Ok(status.map(|status| Ended { is_success: status.success(), words: status.to_string() }))
    }
}

/// How a process ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) is_success: bool,
    /// The status in words: `exit status: 1`.
    pub(super) words: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        kill(&mut lock(&self.child));
    }
}

/// Ends the process and what it has started. It does nothing if the process has ended.
fn kill(child: &mut Child) {
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    // Errors are ignored: what is gone need not be ended.
    #[cfg(unix)]
    if let Some(group) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        // A target may be a script that waits for another process.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    drop(child.kill());
    drop(child.wait());
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
