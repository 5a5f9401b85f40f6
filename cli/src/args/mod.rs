//! The command line.

mod machines;
mod range;
mod run;
mod sinks;
mod status;

use std::{num::NonZeroU32, path::PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::civil::Date;

use self::run::positive;
pub(crate) use self::{
    machines::{Engine, PlanArguments, VerifyArguments},
    range::RangeArguments,
    run::{Part, RunArguments},
    sinks::{NewSinkArguments, Publishing, Reading, SinkCheckArguments, SinksCommand},
    status::{StatusArguments, StatusFormat},
};

/// Pull all the records of a paginated, OAuth2-protected HTTP API into files or databases, in runs that keep going after
/// the access token expires.
#[derive(Debug, Parser)]
#[command(name = "longhaul", version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 complete, 1 internal error, 2 usage or configuration, 3 authentication,\n\
                  4 the API refused a request, 5 a sink failed, 6 saved state unusable, 75 temporary fault or limit reached\n\
                  (run again to resume), 129, 130, 131 and 143 stopped by a signal."
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
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Work as if started in this folder
    #[arg(short = 'C', long, global = true, value_name = "FOLDER")]
    pub(crate) directory: Option<PathBuf>,
    /// Config file to use instead of ./longhaul.toml (repeatable; later files win)
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(crate) config: Vec<PathBuf>,
    /// Built-in preset to use, such as genesys, or the file of another one
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) system: Option<String>,
    /// Set a configuration key, for example api.timeout=5m (repeatable)
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Log more to stderr; -vv logs every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print only errors to stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Format of the log lines on stderr
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// When to use colour on stderr
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Plain text.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// When to use colour.
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
    Run(Box<RunArguments>),
    /// Write a first configuration: for any API from one of its pages, or for Genesys Cloud from your answers
    Init(InitArguments),
    /// Divide streams into partitions, for many machines
    Plan(PlanArguments),
    /// Check that the partitions of a plan are complete and intact
    Verify(VerifyArguments),
    /// Print the driver of a plan for an engine such as Ray, Spark or Kubernetes
    Engine {
        /// Engine to print a driver for
        engine: Engine,
    },
    /// Run a pull against a fake API that causes faults
    Demo(DemoArguments),
    /// Try everything except the pull: build every component, get a token, fetch two pages of each stream
    Check {
        /// Streams to check [default: all configured streams]
        #[arg(value_name = "STREAM")]
        streams: Vec<String>,
        /// Send nothing: check only the configuration. Credentials are not needed
        #[arg(long)]
        offline: bool,
        /// The range of time.
        #[command(flatten)]
        range: RangeArguments,
    },
    /// Show the first page of a stream as a table; nothing is saved
    Preview(PreviewArguments),
    /// Show the configuration and where each value comes from
    Config,
    /// Print the JSON Schema of configuration files, for editors
    Schema,
    /// List the sinks: built-in ones and plugins
    Sinks {
        /// What to do instead of listing them.
        #[command(subcommand)]
        command: Option<SinksCommand>,
    },
    /// Generate a working plugin crate to start from
    NewSink(NewSinkArguments),
    /// Show which streams are complete and where the others stopped
    Status(StatusArguments),
    /// List the configured streams
    Streams,
    /// List the built-in presets: their streams, and what to set
    Systems,
    /// Print a valid access token, for use with curl
    Token,
    /// Print shell completions
    Completions {
        /// Shell to print completions for
        shell: Shell,
    },
}

/// Arguments of `preview`.
#[derive(Args, Debug)]
pub(crate) struct PreviewArguments {
    /// Stream to show
    #[arg(value_name = "STREAM")]
    pub(crate) stream: String,
    /// Format of the records
    #[arg(long, value_name = "FORMAT", default_value = "table", conflicts_with = "columns")]
    pub(crate) format: PreviewFormat,
    /// Print every JSON pointer of the page instead, as a table to add to the configuration
    #[arg(long)]
    pub(crate) columns: bool,
    /// Show the page of this recording instead of asking the API
    #[arg(long, value_name = "FOLDER")]
    pub(crate) replay: Option<PathBuf>,
    /// The range of time.
    #[command(flatten)]
    pub(crate) range: RangeArguments,
}

/// The format of a preview.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum PreviewFormat {
    /// A table, cut to the width of the terminal.
    #[default]
    Table,
    /// One record per line, as the server wrote it.
    Ndjson,
    /// CSV, in full.
    Csv,
}

/// Arguments of `init`.
#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    /// URL of a listing of the API, or `genesys` for Genesys Cloud
    #[arg(value_name = "URL|genesys")]
    pub(crate) target: String,
    /// Environment variable that holds the token of the API
    #[arg(long, value_name = "NAME")]
    pub(crate) token_env: Option<String>,
    /// Send the token in this header, such as X-Api-Key [default: Authorization, as a bearer token]
    #[arg(long, value_name = "HEADER", requires = "token_env")]
    pub(crate) token_header: Option<String>,
    /// Send the token in this parameter of the query
    #[arg(long, value_name = "PARAMETER", requires = "token_env", conflicts_with = "token_header")]
    pub(crate) token_query: Option<String>,
    /// Add a header to every request, for example 'X-Tenant: 7' (repeatable); not for secrets
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,
    /// Name of the stream [default: the last part of the path]
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,
}

impl InitArguments {
    /// Whether there is any option.
    pub(crate) fn has_options(&self) -> bool {
        let Self { target: _, token_env, token_header, token_query, header, stream } = self;
        [token_env, token_header, token_query, stream].iter().any(|option| option.is_some())
            || !header.is_empty()
    }
}

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Only serve the API, and print a configuration to use with it
    #[arg(long)]
    pub(crate) serve: bool,
    /// Port to listen on [default: any free port]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// Number of conversations
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER")]
    pub(crate) records: usize,
    /// How long a token is valid, in seconds
    #[arg(long, default_value_t = 3, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) token_life: u32,
    /// Share of requests that meet a fault: 401, 429, 503, an error with the status 200, or a dropped connection
    #[arg(long, default_value_t = 0.1, value_name = "0..1", value_parser = fraction)]
    pub(crate) faults: f64,
    /// Seed of the random data and faults
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub(crate) seed: u64,
    /// First day of the data, which covers seven days, in UTC [default: seven days ago]
    #[arg(long, value_name = "DATE")]
    pub(crate) start: Option<Date>,
    /// Folder for the files
    #[arg(long, default_value = "longhaul-demo", value_name = "FOLDER")]
    pub(crate) out: PathBuf,
}

fn seconds(text: &str) -> Result<u32, String> {
    positive::<NonZeroU32>(text).map(NonZeroU32::get)
}

fn fraction(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(fraction) if (0.0..=1.0).contains(&fraction) => Ok(fraction),
        _ => Err("expected a number between 0 and 1, such as 0.1".to_owned()),
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
