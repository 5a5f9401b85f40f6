//! `longhaul sinks check`: anybody's sink, held against the contract.

use std::{
    cell::Cell,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use longhaul_core::sink::{
    Destination, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkErrorKind, SinkType, Variables,
    conformance::{Outcome, Publishes, Subject, Suite},
};
use longhaul_plugin_host::{PluginSinkType, Plugins};
use serde_json::Value;

use crate::{
    args::{Publishing, Reading, SinkCheckArguments},
    build,
    commands::print,
    exit::Exit,
    terminal::{failure::Failure, progress::counted},
};

/// Runs every case of the contract on the sink in a library, each in a folder and for a stream of its own, and prints
/// the score.
pub(crate) fn check(arguments: &SinkCheckArguments) -> Result<Exit, Failure> {
    let sink_type = Plugins::load(&arguments.library).map_err(build::of_plugin)?;
    let fresh = Fresh { options: options(&arguments.options, &sink_type)?, sink_type: Arc::new(sink_type) };
    let whole = tempfile::tempdir().map_err(Failure::usage)?;
    let folder = whole.path().canonicalize().map_err(Failure::usage)?;

    let reader = reader(arguments, &fresh, &folder)?;
    let publishes = match (&reader, arguments.publishes) {
        (Reader::Nothing, _) => Publishes::Unseen,
        (_, Publishing::Finish) => Publishes::AtFinish,
        (_, Publishing::Commit) => Publishes::AtCommit,
        (_, Publishing::Write) => Publishes::AtWrite,
    };
    let mut outcomes = vec![fresh.unknown_option()];
    let (name, library) = (fresh.sink_type.name().to_owned(), fresh.sink_type.library().to_owned());
    let title = format!("{name} {}, {}", fresh.sink_type.version(), library.display());
    outcomes.extend(Suite::new(publishes, cases(fresh, folder, reader)).run());
    print(&score(&title, &outcomes, publishes))?;

    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    if failed == 0 {
        return Ok(Exit::Complete);
    }
    let cases = counted(outcomes.len() as u64, "case");
    let error = format!("the sink `{name}` breaks its contract in {failed} of {cases}");
    Err(Failure::new(Exit::Sink, error).hint(
        "the contract is the documentation of `Sink` in `longhaul-plugin`; if the file does not have one record per line, use `--read-with` or `--read nothing`",
    ))
}

/// The sink as an engine finds it that was just started: it is configured anew for each pull.
#[derive(Clone, Debug)]
struct Fresh {
    sink_type: Arc<PluginSinkType>,
    options: Options,
}

impl Fresh {
    /// No option may be misspelt unnoticed.
    fn unknown_option(&self) -> Outcome {
        const UNKNOWN: &str = "no_such_option";

        let mut options = self.options.clone();
        options.insert(UNKNOWN.to_owned(), Value::from("x"));
        let failure = match self.sink_type.configure(&options) {
            Err(error) if error.kind() == SinkErrorKind::Config => None,
            Err(error) => Some(format!("`{UNKNOWN}` is rejected, but not as a configuration error: {error}")),
            Ok(_) => Some(format!("`{UNKNOWN}` is accepted")),
        };
        Outcome { case: "an unknown option is rejected", failure }
    }
}

impl OpenSink for Fresh {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.sink_type.configure(&self.options)?.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        self.sink_type.configure(&self.options)?.open(variables, from)
    }
}

/// How what a sink published is read back.
#[derive(Clone, Debug)]
enum Reader {
    Lines,
    Command(String),
    Nothing,
}

impl Reader {
    /// The records that are published at this destination; none where there is no result.
    fn read(&self, folder: &Path, destination: &Destination) -> Option<Vec<String>> {
        let text = match (self, destination) {
            (Self::Lines, Destination::File(path)) => fs::read(path).ok()?,
            (Self::Command(command), _) => {
                let place = match destination {
                    Destination::File(path) => path.clone().into_os_string(),
                    Destination::Elsewhere(words) => words.into(),
                    Destination::Stdout => "stdout".into(),
                };
                let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
                let mut command_line = Command::new(shell);
                command_line.arg(flag).arg(command).current_dir(folder).env("LONGHAUL_DESTINATION", place);
                let output = command_line.stdin(Stdio::null()).stderr(Stdio::inherit()).output().ok()?;
                output.status.success().then_some(output.stdout)?
            }
            _ => return None,
        };
        let text = String::from_utf8_lossy(&text);
        Some(text.split_terminator('\n').map(str::to_owned).collect())
    }
}

/// Finds out how to read, and that the sink can be used at all.
fn reader(arguments: &SinkCheckArguments, fresh: &Fresh, folder: &Path) -> Result<Reader, Failure> {
    let destination = fresh.destination(&variables(0, folder)).map_err(|error| unusable(fresh, error))?;
    let is_file = match &destination {
        Destination::File(path) if !path.starts_with(folder) => {
            let error = format!("`{}` would be shared by all cases", path.display());
            return Err(Failure::usage(error).hint("use a relative path: each case has its own folder"));
        }
        destination => matches!(destination, Destination::File(_)),
    };
    Ok(match (&arguments.read_with, arguments.read) {
        (Some(command), _) => Reader::Command(command.clone()),
        (None, Some(Reading::Lines)) if !is_file => {
            return Err(Failure::usage(
                "the sink does not write to a file, so its records cannot be read as lines",
            )
            .hint("use `--read-with` or `--read nothing`"));
        }
        (None, None | Some(Reading::Lines)) if is_file => Reader::Lines,
        (None, _) => Reader::Nothing,
    })
}

/// The subjects of the cases.
fn cases(fresh: Fresh, folder: PathBuf, reader: Reader) -> impl Fn() -> Subject {
    let number = Cell::new(0_u32);
    move || {
        number.set(number.get() + 1);
        let folder = folder.join(number.get().to_string());
        // A sink that lacks its folder says so.
        let _ = fs::create_dir(&folder);
        let variables = variables(number.get(), &folder);
        let (sink, reader, reads_at) = (fresh.clone(), reader.clone(), variables.clone());
        let published = move || reader.read(&folder, &sink.destination(&reads_at).ok()?);
        Subject { opener: Box::new(fresh.clone()), variables, published: Box::new(published) }
    }
}

/// A stream of its own, too, so that a sink that is no file has a place of its own for each case.
fn variables(number: u32, folder: &Path) -> Variables {
    Variables::new(format!("check_{number}"), folder).with("date", "2026-01-01")
}

/// The options as they were typed; a `path` may be left to the check.
fn options(typed: &[String], sink_type: &PluginSinkType) -> Result<Options, Failure> {
    let mut options = Options::new();
    if sink_type.options().iter().any(|option| option == "path") {
        options.insert("path".to_owned(), Value::from("{stream}.out"));
    }
    for text in typed {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!("expected `--option KEY=VALUE`, found `--option {text}`"))
        })?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        options.insert(key.to_owned(), value);
    }
    Ok(options)
}

fn unusable(fresh: &Fresh, error: SinkError) -> Failure {
    let exit = if error.kind() == SinkErrorKind::Config { Exit::Usage } else { Exit::Sink };
    let error = Unusable { name: fresh.sink_type.name().to_owned(), source: error };
    Failure::new(exit, error).hint(match fresh.sink_type.options().join("`, `") {
        none if none.is_empty() => "the sink takes no options".to_owned(),
        names => format!("set its options with `--option KEY=VALUE`: `{names}`"),
    })
}

/// Which sink it was.
#[derive(Debug, thiserror::Error)]
#[error("the sink `{name}` cannot be checked with these options")]
struct Unusable {
    name: String,
    source: SinkError,
}

fn score(title: &str, outcomes: &[Outcome], publishes: Publishes) -> String {
    let mut text = format!("{title}\n");
    for Outcome { case, failure } in outcomes {
        // Writing to a string does not fail.
        let _ = match failure {
            None => writeln!(text, "  ok      {case}"),
            Some(failure) => writeln!(text, "  FAILED  {case}\n          {failure}"),
        };
    }
    let passed = outcomes.iter().filter(|outcome| outcome.failure.is_none()).count();
    let _ = writeln!(text, "{passed} of {} passed", counted(outcomes.len() as u64, "case"));
    if publishes == Publishes::Unseen {
        text.push_str("published records were not read back: only the calls were tested\n");
    }
    text
}
