//! The case of a sink that does not sync what it commits. Its system calls show it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use longhaul_core::sink::conformance::{Publishes, Suite};
use longhaul_trace::{Report, TraceError, begin, checkpoint, trace};

use super::{outcome::Verdict, reader::Reader, sink::Reconfigured, subject::numbered};
use crate::{args::SinkCheckArguments, commands::print, exit::Exit, terminal::failure::Failure};

/// Runs a pull in another process with the same program, and follows it.
pub(super) fn check(arguments: &SinkCheckArguments, folder: &Path) -> Verdict {
    let not_checked = |error: TraceError| Verdict::NotChecked(error.to_string());
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return not_checked(TraceError::Start(error)),
    };
    let mut command = Command::new(program);
    command.args(["sinks", "check", "--traced"]).arg(folder).arg(&arguments.library);
    command.args(arguments.options.iter().flat_map(|option| ["--option", option]));
    trace(&mut command).map_or_else(not_checked, |report| judge(report, folder))
}

/// The side of the other process.
pub(super) fn pull(sink: Reconfigured, folder: &Path) -> Result<Exit, Failure> {
    begin().map_err(|error| Failure::new(Exit::Fault, error))?;
    let mut signalled = Ok(());
    let pulled =
        Suite::new(Publishes::Unseen, numbered(sink, folder.to_owned(), Reader::Nothing)).observe(|| {
            if signalled.is_ok() {
                signalled = checkpoint();
            }
        });
    signalled.map_err(|error| Failure::new(Exit::Fault, error))?;
    match pulled {
        Ok(()) => Ok(Exit::Complete),
        Err(failure) => print(&failure).map(|_| Exit::Sink),
    }
}

fn judge(report: Report, folder: &Path) -> Verdict {
    let Report { unsynced, wrote, code, output } = report;
    let commits = unsynced.len().saturating_sub(1);
    let lost = unsynced.into_iter().enumerate().find(|(_, files)| !files.is_empty());
    if let Some((commit, files)) = lost {
        let when = if commit < commits { format!("commit {}", commit + 1) } else { "the last call".into() };
        return Verdict::Failed(format!("{when} returned before {} synced", shown(&files, folder)));
    }
    match code {
        Some(0) if wrote => Verdict::Passed,
        Some(0) => Verdict::NotChecked("the sink wrote to no file of this machine".into()),
        Some(_) => Verdict::Failed(String::from_utf8_lossy(&output).into_owned()),
        None => Verdict::Failed("the sink ended the process".into()),
    }
}

fn shown(files: &[PathBuf], folder: &Path) -> String {
    let names = files.iter().map(|file| {
        let name = file.strip_prefix(folder).unwrap_or(file);
        // The folder of the case.
        let name = name.strip_prefix("1").unwrap_or(name);
        format!("`{}`", name.display())
    });
    let names = names.collect::<Vec<_>>().join(" and ");
    if files.len() == 1 { format!("{names} was") } else { format!("{names} were") }
}
