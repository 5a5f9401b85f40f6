//! `longhaul sinks check`: tests a plugin against the sink contract.

mod leftovers;
mod outcome;
mod reader;
mod sink;
mod subject;
mod synced;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use longhaul_core::sink::conformance::{self, Publishes, Suite};
use longhaul_plugin_host::Plugins;

use self::{
    outcome::{Outcome, Verdict, checked, failed, table},
    reader::Reader,
    sink::{Reconfigured, options},
    subject::numbered,
};
use crate::{
    args::{Publishing, SinkCheckArguments},
    build,
    commands::print,
    exit::Exit,
    terminal::{failure::Failure, numbers::counted},
};

const UNKNOWN_OPTION: &str = "an unknown option is rejected";
const LEFTOVERS: &str = "a pull leaves only its result";
const SYNCED: &str = "what was committed is synced";

/// Tests every case of the contract, each in its own folder and with its own stream, and prints the results.
pub(crate) fn check(arguments: &SinkCheckArguments) -> Result<Exit, Failure> {
    let sink_type = Plugins::load(&arguments.library).map_err(build::of_plugin)?;
    let sink =
        Reconfigured { options: options(&arguments.options, &sink_type)?, sink_type: Arc::new(sink_type) };
    if let Some(folder) = &arguments.traced {
        return synced::pull(sink, folder);
    }
    let whole = tempfile::tempdir().map_err(Failure::usage)?;
    let folder = whole.path().canonicalize().map_err(Failure::usage)?;
    let reader = Reader::choose(arguments, &sink, &folder)?;
    let publishes = match (&reader, arguments.publishes) {
        (Reader::Nothing, _) => Publishes::Unseen,
        (_, Publishing::Finish) => Publishes::AtFinish,
        (_, Publishing::Commit) => Publishes::AtCommit,
        (_, Publishing::Write) => Publishes::AtWrite,
    };
    let (name, library) = (sink.sink_type.name().to_owned(), sink.sink_type.library().to_owned());
    let title = format!("{name} {}, {}", sink.sink_type.version(), library.display());
    let run = Run { arguments: arguments.clone(), sink, folder, reader, publishes };
    let outcomes = run.in_time(arguments.timeout)?;
    print(&table(&title, &outcomes, publishes))?;

    let failed = failed(&outcomes);
    if failed == 0 {
        return Ok(Exit::Complete);
    }
    let cases = counted(checked(&outcomes), "case");
    let error = format!("the sink `{name}` breaks its contract in {failed} of {cases}");
    Err(Failure::new(Exit::Sink, error).hint(
        "the contract is the documentation of `Sink` in `longhaul-plugin`; if the file does not have one record per line, use `--read-with` or `--read nothing`",
    ))
}

/// All cases for one sink.
struct Run {
    arguments: SinkCheckArguments,
    sink: Reconfigured,
    folder: PathBuf,
    reader: Reader,
    publishes: Publishes,
}

impl Run {
    /// The names of all cases, in order.
    fn cases() -> impl Iterator<Item = &'static str> {
        [UNKNOWN_OPTION].into_iter().chain(Suite::cases()).chain([LEFTOVERS, SYNCED])
    }

    /// Runs the cases until one takes longer than `limit`. A sink that blocks cannot be stopped, so the cases after it are
    /// not run.
    fn in_time(self, limit: Duration) -> Result<Vec<Outcome>, Failure> {
        let (sender, receiver) = channel();
        let reader = self.reader.clone();
        thread::spawn(move || self.send(&sender));
        let mut outcomes = Vec::new();
        for case in Self::cases() {
            let verdict = match receiver.recv_timeout(limit) {
                Ok(outcome) => {
                    outcomes.push(outcome);
                    continue;
                }
                Err(_) if reader.is_binary() => {
                    let error =
                        "the sink writes a file that is not text, so its records cannot be read as lines";
                    return Err(Failure::usage(error).hint("use `--read-with` with a command that prints the records, one per line, or `--read nothing`"));
                }
                Err(RecvTimeoutError::Timeout) => Verdict::Failed(format!(
                    "it did not end within {}; the cases after it were not run",
                    counted(limit.as_secs(), "second")
                )),
                Err(RecvTimeoutError::Disconnected) => Verdict::Failed("the check itself failed".into()),
            };
            outcomes.push(Outcome { case, verdict });
            break;
        }
        Ok(outcomes)
    }

    /// Sends the outcome of each case. Stops when nobody receives them any more, or when it turns out that the records
    /// cannot be read.
    fn send(self, to: &Sender<Outcome>) -> Option<()> {
        let send = |case, verdict| to.send(Outcome { case, verdict }).ok();
        send(UNKNOWN_OPTION, self.sink.unknown_option())?;
        let fresh = numbered(self.sink.clone(), self.folder.clone(), self.reader.clone());
        for conformance::Outcome { case, failure } in Suite::new(self.publishes, fresh).run() {
            if self.reader.is_binary() {
                return None;
            }
            send(case, failure.into())?;
        }
        send(LEFTOVERS, leftovers::check(self.sink, &self.folder.join("leftovers")))?;
        send(SYNCED, synced::check(&self.arguments, &self.folder.join("synced")))
    }
}
