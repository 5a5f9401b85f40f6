//! `longhaul completions`: completions for a shell.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::{args::Arguments, commands::print, exit::Exit, terminal::failure::Failure};

/// Prints the completions of a shell.
pub(crate) fn execute(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "longhaul", &mut script);
    print(&String::from_utf8_lossy(&script))
}
