//! What was typed.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};
use clap_complete::Shell;
use jiff::SignedDuration;

/// Pulls everything out of a paginated, OAuth2-protected HTTP API and into files, in jobs that outlive their token.
#[derive(Debug, Parser)]
#[command(name = "longhaul", version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 complete, 2 usage or configuration, 3 authentication, 4 the API refused,\n\
                        5 a sink failed, 6 the state, 75 try again later, 130 and 143 stopped by a signal."
)]
pub(crate) struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The command.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Debug, Default)]
pub(crate) struct Global {
    /// Configuration file, instead of ./longhaul.toml; of several, a later one wins
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(crate) config: Vec<PathBuf>,
    /// Set a key of the configuration, for example api.timeout=5m
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Say more on stderr; twice for every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// How log lines on stderr look
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// When to use colour on stderr
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Pull streams into their sinks
    Run(RunArguments),
    /// Watch a pull survive its tokens, against an API that longhaul brings along
    Demo(DemoArguments),
    /// Try everything out: build every component, get a token, fetch one page of each stream
    Check {
        /// The streams; without any, all that are configured
        #[arg(value_name = "STREAM")]
        streams: Vec<String>,
    },
    /// Show the first page of a stream as a table; nothing is kept
    Preview(PreviewArguments),
    /// Show the effective configuration and where each value comes from
    Config,
    /// Print the JSON Schema of configuration files, for editors
    Schema,
    /// List the sinks: built-in ones and plugins
    Sinks {
        /// What else to do with them
        #[command(subcommand)]
        command: Option<SinksCommand>,
    },
    /// Write the crate of a sink of your own, which works as it stands
    NewSink(NewSinkArguments),
    /// Show of each stream whether it is complete, and where an unfinished run stopped
    Status {
        /// The streams; without any, all that are configured or were pulled
        #[arg(value_name = "STREAM")]
        streams: Vec<String>,
    },
    /// List the streams that are configured
    Streams,
    /// Print a valid access token, for use with curl
    Token,
    /// Print shell completions
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Arguments of `run`.
#[derive(Args, Debug, Default)]
pub(crate) struct RunArguments {
    /// The streams, in this order; without any, all that are configured
    #[arg(value_name = "STREAM")]
    pub(crate) streams: Vec<String>,
    /// Send the records to this sink instead of the configured ones; may be given several times
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) sink: Vec<String>,
    /// Drop what an unfinished run has pulled, and begin anew
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Stop after this long, to be taken up later: 90s, 45m or 8h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) max_runtime: Option<Duration>,
    /// Stop after so many requests, to be taken up later
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_requests: Option<u64>,
    /// Write the outcome to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) summary: Option<PathBuf>,
    /// Fail where fewer records come than the API says there are
    #[arg(long)]
    pub(crate) strict: bool,
    /// Stop at the first stream that fails
    #[arg(long)]
    pub(crate) fail_fast: bool,
}

/// Arguments of `preview`.
#[derive(Args, Debug)]
pub(crate) struct PreviewArguments {
    /// The stream
    #[arg(value_name = "STREAM")]
    pub(crate) stream: String,
    /// How records are shown
    #[arg(long, value_name = "FORMAT", default_value = "table", conflicts_with = "columns")]
    pub(crate) format: PreviewFormat,
    /// List every pointer that the page has instead, to be pasted into a sink's `columns`
    #[arg(long)]
    pub(crate) columns: bool,
}

/// How a preview shows records.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum PreviewFormat {
    /// In columns, cut to fit.
    #[default]
    Table,
    /// As they are.
    Ndjson,
    /// As a file would have them.
    Csv,
}

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Only serve the API, and print a configuration to use with it
    #[arg(long)]
    pub(crate) serve: bool,
    /// The port to serve on; any that is free unless given
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// How many conversations the API holds
    #[arg(long, default_value_t = 10_000)]
    pub(crate) records: usize,
    /// How long a token lives, in seconds
    #[arg(long, default_value_t = 3, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) token_life: u32,
    /// The share of requests that meet a fault: 401, 429, 503 or a cut connection
    #[arg(long, default_value_t = 0.1, value_name = "0..1", value_parser = share)]
    pub(crate) faults: f64,
    /// What the data and the faults are drawn from
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where the files go
    #[arg(long, default_value = "longhaul-demo", value_name = "FOLDER")]
    pub(crate) out: PathBuf,
}

/// What else `sinks` does.
#[derive(Debug, Subcommand)]
pub(crate) enum SinksCommand {
    /// Hold a plugin against the contract of a sink, and print the score
    Check(SinkCheckArguments),
}

/// Arguments of `sinks check`.
#[derive(Args, Debug)]
pub(crate) struct SinkCheckArguments {
    /// The shared library, as it was built
    #[arg(value_name = "LIBRARY")]
    pub(crate) library: PathBuf,
    /// An option of the sink, as JSON or as text; `path` is a file in the folder of each case unless given
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub(crate) options: Vec<String>,
    /// When readers can see the records
    #[arg(long, value_name = "WHEN", default_value = "finish")]
    pub(crate) publishes: Publishing,
    /// How to read back what is published; without it, a file is read as lines, and nothing else is read
    #[arg(long, value_name = "HOW")]
    pub(crate) read: Option<Reading>,
    /// A shell command that prints the published records, one a line, and fails where there is no result.
    /// `LONGHAUL_DESTINATION` says where they are
    #[arg(long, value_name = "COMMAND", conflicts_with = "read")]
    pub(crate) read_with: Option<String>,
}

/// Arguments of `new-sink`.
#[derive(Args, Debug)]
pub(crate) struct NewSinkArguments {
    /// The name that the configuration will know the sink by
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// A folder with longhaul's source, or the URL of its git; unless given, what this program was built from
    #[arg(long, value_name = "PLACE")]
    pub(crate) longhaul: Option<String>,
}

/// When readers can see the records of a sink.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Publishing {
    /// When the pull is complete.
    Finish,
    /// From each commit on.
    Commit,
    /// At once.
    Write,
}

/// How what a sink publishes is read back.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Reading {
    /// As a file with one record a line.
    Lines,
    /// Not at all.
    Nothing,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "it is a time such as 90s, 45m or 8h".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("it is a share between 0 and 1, such as 0.1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
