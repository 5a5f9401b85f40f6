//! What a process costs.
//!
//! The system adds up the children that a process has waited for, and remembers only the largest. So each command is
//! run by a process of its own: this program again, which then says what it saw.

use std::{
    env,
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

/// The first argument of this program when it is to run a command.
pub(crate) const MARK: &str = "--child";

/// What one run of a command took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// In user and in system mode.
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// The most memory it ever had, in KiB.
    pub(crate) peak: u64,
}

/// Runs a command in `folder`, which is all the home it has, and says what it cost. It must succeed.
pub(crate) fn cost(folder: &Path, program: &str, arguments: &[&str]) -> Cost {
    let output = Command::new(env::current_exe().unwrap())
        .args([MARK, program])
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "`{program}` failed");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap());
    let mut next = || numbers.next().unwrap();
    Cost { cpu: Duration::from_micros(next()), wall: Duration::from_micros(next()), peak: next() }
}

/// The process in between: runs the command and prints its microseconds of CPU and of time, and its KiB.
pub(crate) fn run(command: &[String]) {
    let (program, arguments) = command.split_first().unwrap();
    let clock = SystemClock::new(Interrupt::default());
    let started = clock.elapsed();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status().unwrap();
    let wall = clock.elapsed().saturating_sub(started).as_micros();
    assert!(status.success(), "{program} ended with {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds();
    println!("{cpu} {wall} {}", usage.max_rss());
}
