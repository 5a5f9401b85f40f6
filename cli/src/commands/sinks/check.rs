//! `longhaul sinks check`: tests a plugin against the sink contract.

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
    terminal::{failure::Failure, numbers::counted},
};

/// Tests every case of the contract, each in its own folder and with its own stream, and prints the results.
pub(crate) fn check(arguments: &SinkCheckArguments) -> Result<Exit, Failure> {
    let sink_type = Plugins::load(&arguments.library).map_err(build::of_plugin)?;
    let sink =
        Reconfigured { options: options(&arguments.options, &sink_type)?, sink_type: Arc::new(sink_type) };
    let whole = tempfile::tempdir().map_err(Failure::usage)?;
    let folder = whole.path().canonicalize().map_err(Failure::usage)?;

    let reader = reader(arguments, &sink, &folder)?;
    let publishes = match (&reader, arguments.publishes) {
        (Reader::Nothing, _) => Publishes::Unseen,
        (_, Publishing::Finish) => Publishes::AtFinish,
        (_, Publishing::Commit) => Publishes::AtCommit,
        (_, Publishing::Write) => Publishes::AtWrite,
    };
    let mut outcomes = vec![sink.unknown_option()];
    let (name, library) = (sink.sink_type.name().to_owned(), sink.sink_type.library().to_owned());
    let title = format!("{name} {}, {}", sink.sink_type.version(), library.display());
    outcomes.extend(Suite::new(publishes, cases(sink, folder, reader)).run());
    print(&results(&title, &outcomes, publishes))?;

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

/// A sink that is configured again for each pull, as in a new process.
#[derive(Clone, Debug)]
struct Reconfigured {
    sink_type: Arc<PluginSinkType>,
    options: Options,
}

impl Reconfigured {
    /// A misspelt option must be an error.
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

impl OpenSink for Reconfigured {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.sink_type.configure(&self.options)?.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        self.sink_type.configure(&self.options)?.open(variables, from)
    }
}

/// How published records are read back.
#[derive(Clone, Debug)]
enum Reader {
    Lines,
    Command(String),
    Nothing,
}

impl Reader {
    /// The records published at this destination; `None` if nothing is published.
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

/// Chooses how to read, and makes sure that the sink can be configured.
fn reader(arguments: &SinkCheckArguments, sink: &Reconfigured, folder: &Path) -> Result<Reader, Failure> {
    let destination = sink.destination(&variables(0, folder)).map_err(|error| unusable(sink, error))?;
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

/// The sinks of the cases.
fn cases(sink: Reconfigured, folder: PathBuf, reader: Reader) -> impl Fn() -> Subject {
    let number = Cell::new(0_u32);
    move || {
        number.set(number.get() + 1);
        let folder = folder.join(number.get().to_string());
        // If the folder is missing, the sink reports it.
        let _ = fs::create_dir(&folder);
        let variables = variables(number.get(), &folder);
        let (opener, reader, same_variables) = (sink.clone(), reader.clone(), variables.clone());
        let published = move || reader.read(&folder, &opener.destination(&same_variables).ok()?);
        Subject { opener: Box::new(sink.clone()), variables, published: Box::new(published) }
    }
}

/// Each case has its own stream, so that sinks that are not files have a different destination for each case.
fn variables(number: u32, folder: &Path) -> Variables {
    Variables::new(format!("check_{number}"), folder).with("date", "2026-01-01")
}

/// The options of the command line. `path` has a default.
fn options(arguments: &[String], sink_type: &PluginSinkType) -> Result<Options, Failure> {
    let mut options = Options::new();
    if sink_type.options().iter().any(|option| option == "path") {
        options.insert("path".to_owned(), Value::from("{stream}.out"));
    }
    for text in arguments {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!("expected `--option KEY=VALUE`, found `--option {text}`"))
        })?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        options.insert(key.to_owned(), value);
    }
    Ok(options)
}

fn unusable(sink: &Reconfigured, error: SinkError) -> Failure {
    let exit = if error.kind() == SinkErrorKind::Config { Exit::Usage } else { Exit::Sink };
    let error = Unusable { name: sink.sink_type.name().to_owned(), source: error };
    Failure::new(exit, error).hint(match sink.sink_type.options().join("`, `") {
        none if none.is_empty() => "the sink takes no options".to_owned(),
        names => format!("set its options with `--option KEY=VALUE`: `{names}`"),
    })
}

/// Names the sink.
#[derive(Debug, thiserror::Error)]
#[error("the sink `{name}` cannot be checked with these options")]
struct Unusable {
    name: String,
    source: SinkError,
}

fn results(title: &str, outcomes: &[Outcome], publishes: Publishes) -> String {
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
