//! Measures the cost of a command.
//!
//! The operating system reports the total CPU time of all children of a process, and only the largest peak of their memory.
//! So this program starts itself for each command, and the child runs only that command and prints its cost.

use std::{
    env,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use longhaul_core::{
    Clock,
    clock::{Interrupt, SystemClock},
};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

/// The first argument of this program if it should run and measure a command.
pub(crate) const FLAG: &str = "--child";

/// The size of 100 compact pages, and a little more.
const WARM_UP: usize = 512 << 20;

/// The cost of one run of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// The CPU time in user and in system mode.
    pub(crate) cpu: Duration,
    /// The part of it in user mode.
    pub(crate) user: Duration,
    /// The elapsed time.
    pub(crate) wall: Duration,
    /// The peak of its memory, in KiB.
    pub(crate) peak: u64,
}

impl Cost {
    /// The peak of its memory, in bytes.
    pub(crate) fn peak_bytes(&self) -> usize {
        usize::try_from(self.peak).unwrap() << 10
    }
}

/// Runs a command in `folder`, which is also its home directory, and returns its cost. The command must succeed.
pub(crate) fn cost(folder: &Path, program: &str, arguments: &[&str]) -> Cost {
    try_cost(folder, program, arguments).unwrap_or_else(|| panic!("`{program}` failed"))
}

/// Does the same with a command that may fail.
pub(crate) fn try_cost(folder: &Path, program: &str, arguments: &[&str]) -> Option<Cost> {
    warm_up(folder);
    let output = Command::new(env::current_exe().unwrap())
        .args([FLAG, program])
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap());
    let mut next = || numbers.next().unwrap();
    let [cpu, user, wall] = [(); 3].map(|()| Duration::from_micros(next()));
    Some(Cost { cpu, user, wall, peak: next() })
}

/// Writes a file and removes it, so that every command writes into memory that was just used. A virtual machine gets other
/// memory from its host page by page: there, the kernel copies 0.5 instead of 5 GB into files per second. So the command
/// before would decide how fast this one is.
fn warm_up(folder: &Path) {
    let mut file = tempfile::tempfile_in(folder).unwrap();
    let chunk = vec![1; 1 << 20];
    for _ in 0..WARM_UP / chunk.len() {
        file.write_all(&chunk).unwrap();
    }
}

/// In the child process: runs the command and prints its CPU time, the part of it in user mode and its elapsed time in
/// microseconds, and its memory in KiB.
pub(crate) fn run(command: &[String]) {
    let (program, arguments) = command.split_first().unwrap();
    let clock = SystemClock::new(Interrupt::default());
    let started = clock.elapsed();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status();
    let wall = clock.elapsed().saturating_sub(started).as_micros();
    if !status.is_ok_and(|status| status.success()) {
        std::process::exit(1);
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let user = usage.user_time();
    let cpu = (user + usage.system_time()).num_microseconds();
    println!("{cpu} {} {wall} {}", user.num_microseconds(), usage.max_rss());
}
